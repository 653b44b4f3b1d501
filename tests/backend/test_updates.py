"""Update rules give the same values on every backend, however it executes them."""

import ctypes
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import host, native
from references.optimizers import ELEMENTWISE, WHOLE
from tensorlab_cupy.updates import source_of
from tensorlab_numpy.blas import axpby
from tensorlab_numpy.updates import planned

import tensorlab as tl
from tensorlab import optim
from tensorlab.backend.kernels import DefaultKernels
from tensorlab.backend.kernels.updates import Number, Step, Value, traced
from tensorlab.optim.elementwise import with_shared_options

BACKEND = tl.active_backend()
SIZES = [1, 1 << 14, (1 << 14) + 1, (1 << 19) + 12345]
"""Sizes below and above the limits of small arrays and of blocks, with a shorter last block."""


class Plain(type(BACKEND)):
    """The active backend's arrays with the default execution of rules."""


for name in ("update", "segment_norms", "_updater_for", "_update_real", "_update_narrow", "_update_complex"):
    setattr(Plain, name, getattr(DefaultKernels, name))
PLAIN = Plain()


def swap(xp, x, g, a, b):
    """The two arrays are exchanged."""
    return b, x, a


def shift(xp, x, g, a, b):
    """Old values are read after their arrays could have been overwritten."""
    return x + g, x - a, x * a


def remember(xp, x, g, a, b):
    """One array is unchanged, one becomes the gradient."""
    return xp.minimum(x, 0.5), a, g


def rest(xp, x, g, a, b):
    """The operators that the other rules do not use."""
    return xp.where(g == a, +x, abs(x) ** 1.5), xp.where(g != a, b**2, a), xp.log(1 + b * b)


def branch(xp, x, g, a, b):
    """Conditions and all functions."""
    far = xp.where(xp.abs(x) >= 1, xp.sign(x), xp.exp(-g))
    near = xp.where(g <= a, xp.maximum(far, b), xp.where(g < 0, xp.sqrt(a * a), 2 / (1 + b * b)))
    return 3 - near, -far, xp.where(b > x, a, b)


RULES = [swap, shift, remember, rest, branch]


def operands(rng, size, dtype="float64"):
    return [rng.standard_normal(size).astype(dtype) for _ in range(4)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rule", RULES)
def test_backend_and_default_give_the_values_of_the_rule(rule, size, rng):
    x, g, a, b = operands(rng, size)
    expected = rule(np, x, g, a, b)
    for backend in (BACKEND, PLAIN):
        arrays = [native(array.copy()) for array in (x, g, a, b)]
        backend.update(rule, [tuple(arrays)], ())
        for array, value in zip((arrays[0], *arrays[2:], arrays[1]), (*expected, g), strict=True):
            np.testing.assert_allclose(host(array), value, rtol=1e-14)


def rule_of(name, options):
    """Return an optimizer's rule, the arrays that are present, and the rule's numbers at a later step."""
    optimizer = getattr(optim, name)([tl.ones(1)], **options)
    group = optimizer.param_groups[0]
    kept = [optimizer._keeps(array, group) for array in optimizer.array_names] + [True] * len(optimizer.transient)
    numbers = {**dict.fromkeys(optimizer.numbers, 0.3), "step": 9}
    later = SimpleNamespace(numbers=numbers, is_new=False, constants=optimizer._constants(group))
    return with_shared_options(optimizer.rule), (True, True, *kept), optimizer._options(later)


def plausible(rng, present, size):
    """Return a parameter, a gradient and state arrays: squares first, which are larger than squared means."""
    scales = (1, 1, 1, 0.4, 0.4)
    return [rng.uniform(0.5, 1.5, size) * scale if here else None for here, scale in zip(present, scales, strict=False)]


CASES = [
    (name, options) for name, _, options in ELEMENTWISE + WHOLE if issubclass(getattr(optim, name), optim.Elementwise)
]


@pytest.fixture(params=["BLAS", "no BLAS"])
def blas(request, monkeypatch):
    """NumPy's wheels contain a BLAS with axpby; other builds may not."""
    if request.param == "no BLAS":
        if BACKEND.name != "numpy":
            pytest.skip("only for the numpy backend")
        monkeypatch.setattr("tensorlab_numpy.updates.axpby", lambda char: None)
        planned.cache_clear()
        request.addfinalizer(planned.cache_clear)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_optimizers_rules(name, options, blas, rng):
    """The values are those of the formula evaluated by NumPy, also in float32."""
    rule, present, numbers = rule_of(name, options)
    arrays = plausible(rng, present, SIZES[-1])
    expected = rule(np, *arrays, **dict(numbers))
    for dtype, rtol in (("float64", 1e-13), ("float32", 2e-5)):
        given = [None if x is None else native(x.astype(dtype)) for x in arrays]
        BACKEND.update(rule, [tuple(given)], numbers)
        for array, value in zip((given[0], *given[2:]), expected, strict=True):
            if array is not None:
                np.testing.assert_allclose(host(array), value, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("sizes", [(5,), (3, 1, 4), (2, 0, 3)])
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_segment_norms(sizes, dtype, rng):
    if BACKEND.native_dtype(dtype) is None:
        pytest.skip(f"this backend has no {dtype}")
    x = tl.tensor(rng.standard_normal(sum(sizes))).astype(dtype)
    values = host(x.astype("float64"))
    expected = [np.linalg.norm(part) for part in np.split(values, np.cumsum(sizes)[:-1])]
    for backend in (BACKEND, PLAIN):
        np.testing.assert_allclose(host(backend.segment_norms(x.array, sizes)), expected, rtol=1e-6)


def test_a_traced_rule():
    def momentum(xp, x, g, v, *, lr, beta):
        v = beta * v + g
        return x - lr * v, v

    program = traced(momentum, (True, True, True), (("lr", 0.5), ("beta", 0.9)))
    assert program.steps == (
        Step("multiply", (Number(0), Value(2))),
        Step("add", (Value(3), Value(1))),
        Step("multiply", (Number(1), Value(4))),
        Step("subtract", (Value(0), Value(5))),
    )
    assert program.results == {0: Value(6), 2: Value(4)}
    assert program.numbers == (0.9, 0.5)
    assert program == traced(momentum, (True, True, True), (("lr", 0.1), ("beta", 0.2)))


def test_different_programs_are_not_equal():
    """Plans and kernels are cached by program: arrays and numbers must be distinguished."""
    same = traced(lambda xp, x, g: (x * x,), (True, True), ())
    other = traced(lambda xp, x, g: (x * 0.5,), (True, True), ())
    third = traced(lambda xp, x, g: (x * g,), (True, True), ())
    assert len({same, other, third}) == 3


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (lambda xp, x, g: (xp.cumsum(x),), AttributeError, r"no xp\.cumsum; its functions are abs, exp"),
        (lambda xp, x, g: (x * xp.sqrt(4.0),), TypeError, "of numbers only"),
    ],
)
def test_small_arrays_refuse_rules_that_cannot_be_traced(rule, error, message):
    with pytest.raises(error, match=message):
        BACKEND.update(rule, [(native(np.ones(3)), native(np.ones(3)))], ())


def test_a_rule_cannot_branch_on_elements():
    with pytest.raises(TypeError, match=r"use xp\.where"):
        traced(lambda xp, x, g: (x if x > 0 else g,), (True, True), ())


@pytest.mark.skipif(BACKEND.name != "numpy", reason="only for the numpy backend")
def test_a_plan_needs_little_memory():
    """Adam takes one block of working memory and no copies at the end."""
    plan = planned(traced(*rule_of("Adam", {})), "f")
    assert plan.copies == ()
    assert len(plan.scratch) == 1


@pytest.mark.skipif(axpby("f") is None, reason="this NumPy has another BLAS than its wheels")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_axpby(dtype, rng):
    x, y = (rng.standard_normal(100_001).astype(dtype) for _ in range(2))
    expected = 0.3 * x - 2.0 * y
    axpby(x.dtype.char)(0.3, x, -2.0, y, out=y)
    np.testing.assert_allclose(y, expected, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-6)


@pytest.mark.skipif(axpby("f") is None, reason="this NumPy has another BLAS than its wheels")
def test_momentum_takes_two_passes():
    """``v = m v + g`` and ``x = x - lr v`` are one call each."""
    plan = planned(traced(*rule_of("SGD", {"momentum": 0.9})), "f")
    assert [function for function, *_ in plan.calls] == [axpby("f")] * 2
    assert plan.scratch == ()


def test_a_large_gradient_that_is_not_contiguous(rng):
    x, g = rng.standard_normal(1 << 17), rng.standard_normal((1 << 17, 2))
    w = tl.tensor(x, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.9)
    for _ in range(2):
        w.grad = tl.asarray(g)[:, 0] if BACKEND.name != "numpy" else tl.asarray(g[:, 0])
        optimizer.step()
    np.testing.assert_allclose(host(w.detach()), x - 0.5 * 2.9 * g[:, 0], rtol=1e-12, atol=1e-12)


# -- CUDA sources, without a GPU ---------------------------------------------------------------------------------------

compiler = shutil.which("g++") or shutil.which("clang++")


CUDA_CASES = [*[(rule, (True,) * 4, ()) for rule in RULES], *[rule_of(*case) for case in CASES]]


def source_for(case, dtype="float64", single=frozenset()):
    return source_of(traced(*case), dtype, single)


ON_THE_CPU = """
#include <cmath>
using namespace std;
#define __global__
static struct { unsigned x; } blockIdx{0}, threadIdx{0}, blockDim{1}, gridDim{1};
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """All kernels, compiled for the CPU as a grid of one thread."""
    path = tmp_path_factory.mktemp("kernels") / "kernels.cpp"
    texts = [
        f"namespace k{number} {{ {source_for(case).text.replace('tensorlab_update', f'run{number}')} }}"
        for number, case in enumerate(CUDA_CASES)
    ]
    path.write_text("\n".join([ON_THE_CPU, *texts]))
    library = path.with_suffix(".so")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, path], check=True, capture_output=True)
    return ctypes.CDLL(str(library))


@pytest.mark.skipif(compiler is None, reason="running CUDA sources on the CPU requires a C++ compiler")
@pytest.mark.skipif(BACKEND.name != "numpy", reason="independent of the backend")
@pytest.mark.parametrize("number", range(len(CUDA_CASES)))
def test_the_cuda_source_computes_the_rule(number, compiled, rng):
    rule, present, numbers = CUDA_CASES[number]
    arrays = plausible(rng, present, 50)
    arrays[0][:20] *= -1
    arrays[1][10:30] *= -1
    arrays[1][0] = 0.0
    expected = rule(np, *arrays, **dict(numbers))
    source = source_for(CUDA_CASES[number])
    given = [None if x is None else x.copy() for x in arrays]
    pointers = [given[place].ctypes.data_as(ctypes.c_void_p) for place in source.arrays]
    run = getattr(compiled, f"run{number}")
    run(ctypes.c_longlong(50), *pointers, *map(ctypes.c_double, traced(rule, present, numbers).numbers))
    for array, value in zip((given[0], *given[2:]), expected, strict=True):
        if array is not None:
            np.testing.assert_allclose(array, value, rtol=1e-13)


def test_kernels_with_other_numbers_are_the_same_text():
    """CUDA compiles one kernel for all steps."""
    first, second = (source_for(rule_of("Adam", {"lr": lr}), "float32") for lr in (0.1, 0.2))
    assert first is second
    assert first.arrays == (0, 1, 2, 3)


def test_data_types_and_single_elements():
    """float16 is computed in float; a 0-d array, as LARS has for each parameter, is read at one position."""
    lars = rule_of("LARS", {})
    assert "typedef __half T;\ntypedef float C;" in source_for(lars, "float16").text
    text = source_for(lars, "float32", frozenset({3})).text
    assert "a3[0]" in text and "a3[i]" not in text and "const T* a3" in text
