"""float16 and bfloat16: every op takes them, computes in float32 on NumPy, rounds once, and gives no wider type."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from helpers import drawn, host, seeded
from references import reference_of

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.autodiff.record import REGISTRY
from tensorlab.backend import dtypes

NARROW = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
CASES = [(op, i) for op in REGISTRY.values() for i in range(len(op.samples))]
OF_THEIR_OWN = {
    "cast": "its type is what is asked for",
    "nextafter": "it depends on the type: tested below",
}
"""Ops that the table says too little about, each with the reason."""

pytestmark = pytest.mark.skipif(
    tl.active_backend().name != "numpy", reason="the strict backend holds the standard's data types only"
)


def narrow_operands(op, number, dtype):
    """Return a sample's operands with floating ones rounded to `dtype`."""
    rng = seeded("narrow", op.name, number)
    drawn_ones = [None if draw is None else drawn(rng, draw, "float32") for draw in op.samples[number].draws()]
    return [x if x is None or x.dtype.kind != "f" else x.astype(NARROW[dtype]) for x in drawn_ones]


def widened(x):
    return x.astype("float64") if x is not None and str(x.dtype) in NARROW else x


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize(("op", "number"), CASES, ids=[f"{op.name}-{i}" for op, i in CASES])
def test_op(op, number, dtype):
    if op.name in OF_THEIR_OWN:
        pytest.skip(OF_THEIR_OWN[op.name])
    if op.dtype == "complex":
        pytest.skip("there are no complex numbers of half precision")
    operands, params = narrow_operands(op, number, dtype), op.samples[number].params
    args = [None if x is None else tl.tensor(x) for x in operands]
    found = op.public(*args, **params)
    expected = reference_of(op.name)(*map(widened, operands), **params)
    if op.results == 1:
        found, expected = (found,), (expected,)
    for part, wanted in zip(found, expected, strict=True):
        wanted = np.asarray(wanted)
        if wanted.dtype.kind == "f" and params.get("dtype") is None and op.dtype not in ("bool", "int64"):
            assert part.dtype == dtype or not any(x.dtype == dtype for x in args if x is not None)
        # One rounding of each result, and what float32 leaves.
        np.testing.assert_allclose(
            host(part).astype(wanted.dtype),
            wanted,
            rtol=float(tl.finfo(dtype).eps),
            atol=float(tl.finfo(dtype).eps) / 8,
        )


DIFFERENTIABLE = [(op, i) for op, i in CASES if op.differentiable and op.dtype not in ("complex", "param")]


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize(("op", "number"), DIFFERENTIABLE, ids=[f"{op.name}-{i}" for op, i in DIFFERENTIABLE])
def test_gradients_are_of_the_operands_type(op, number, dtype):
    operands, params = narrow_operands(op, number, dtype), op.samples[number].params
    args = [
        None if x is None else tl.tensor(x, requires_grad=str(x.dtype) in NARROW and name in op.vjp)
        for name, x in zip(op.operands * len(operands) if op.variadic else op.operands, operands, strict=False)
    ]
    results = op.public(*args, **params)
    result = results if op.results == 1 else results[(op.differentiable_results or (0,))[0]]
    if result.requires_grad:
        result.backward(tl.ones_like(result))
    assert {str(x.grad.dtype) for x in args if x is not None and x.grad is not None} <= {dtype}


@pytest.mark.parametrize("dtype", NARROW)
def test_sums_are_exact_until_rounded(dtype):
    """Added up in the type itself, ones would stop at 2048 or 256."""
    assert tl.ones(10000, dtype=dtype).sum().item() == float(np.asarray(10000, NARROW[dtype]))
    assert tl.mean(tl.ones(10000, dtype=dtype)).item() == 1
    assert (tl.ones((1, 10000), dtype=dtype) @ tl.ones((10000, 1), dtype=dtype)).item() == float(
        np.asarray(10000, NARROW[dtype])
    )


@pytest.mark.parametrize("dtype", NARROW)
def test_kernel_with_a_result_type_of_its_own(dtype):
    backend = tl.active_backend()
    kernel = backend.kernel("sums", lambda backend, x, dtype=None: backend.xp.sum(x, dtype=dtype))
    ones = backend.asarray(np.ones(10000), dtype=backend.native(dtype))
    total = kernel(ones, dtype=backend.native("float64"))
    assert (str(total.dtype), float(total)) == ("float64", 10000)


@pytest.mark.parametrize("dtype", NARROW)
def test_numbers_and_other_types_beside_them(dtype):
    x = tl.ones(3, dtype=dtype)
    for result in (x + 1, 2.5 * x, x**2, 1 - x, x + tl.tensor([1, 2, 3]), x[0] * 2.5, x.sum() / 3):
        assert result.dtype == dtype
    assert (x + tl.ones(3)).dtype == tl.float32
    assert (x * 1j).dtype == tl.complex64
    assert (tl.ones(1, dtype="float16") + tl.ones(1, dtype="bfloat16")).dtype == tl.float32
    assert dtypes.promote(dtypes.named(dtype), dtypes.float64) == tl.float64


@pytest.mark.parametrize("dtype", NARROW)
def test_next_number(dtype):
    x = tl.ones(1, dtype=dtype)
    assert (tl.nextafter(x, 2 * x) - x).item() == tl.finfo(dtype).eps
    assert tl.nextafter(x, 2.5).dtype == dtype


@pytest.mark.parametrize("dtype", NARROW)
def test_to_python_and_back(dtype):
    x = tl.tensor([0.5, -1.25], dtype=dtype)
    assert x.tolist() == [0.5, -1.25]
    assert type(x[0].item()) is float
    assert x.numpy().dtype == NARROW[dtype]
    assert tl.asarray(np.asarray([0.5], NARROW[dtype])).dtype == dtype
    assert repr(x) == f"tensor([ 0.5 , -1.25], dtype={dtype})" or dtype == "bfloat16"


@pytest.mark.parametrize("dtype", NARROW)
def test_training(dtype):
    """A network in the narrow type learns what it learns in float32, to the type's precision."""

    def losses(dtype):
        tl.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        model = nn.Sequential(model, nn.Linear(36, 10))
        x, target = tl.randn(8, 1, 8, 8), tl.randint(0, 10, (8,))
        model, x = model.to(dtype), x.astype(dtype)
        optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        found = []
        for _ in range(5):
            loss = nn.functional.cross_entropy(model(x), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        assert {str(p.dtype) for p in model.parameters()} == {str(p.grad.dtype) for p in model.parameters()} == {dtype}
        return found

    narrow, wide = losses(dtype), losses("float32")
    assert narrow[-1] < 0.7 * narrow[0]
    np.testing.assert_allclose(narrow, wide, rtol=20 * tl.finfo(dtype).eps)


def test_nothing_is_imported_before_it_is_used():
    code = (
        "import sys, tensorlab as tl; tl.ones(2).sum(); print('ml_dtypes' in sys.modules); tl.ones(2, dtype='bfloat16')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
