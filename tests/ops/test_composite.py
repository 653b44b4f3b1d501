"""Public functions that are made of ops: values against NumPy's, gradients against finite differences."""

import numpy as np
import pytest
from composites import CASES, REAL_ONLY
from composites.operands import SHAPES, T3, A, B, M, V
from helpers import assert_close, seeded, tensor

import tensorlab as tl

EINSUMS = [
    ("ij,jk->ik", (A, B)),
    ("ij,jk", (A, B)),
    ("ij->ji", (A,)),
    ("ji", (A,)),
    ("ij->", (A,)),
    ("ij->j", (A,)),
    ("ii->i", (M,)),
    ("ii", (M,)),
    ("ij,ij->ij", (A, A)),
    ("i,j->ij", (V, V)),
    ("i,i", (V, V)),
    ("bij,jk->bik", (T3, B.replace("B", "K"))),
    ("bij,bij->b", (T3, T3)),
    ("...j,jk->...k", (A, B)),
    ("...ij->...ji", (T3,)),
    ("ij,j,jk->k", (A, V, B)),
    ("ij,jk,kl->il", (A, B, "C")),
    ("b...,b...->...", (T3, T3)),
    ("iij,j->i", ("D", V)),
    ("ij,kj,kl,l", (A, M, M, V)),
]


def operands(name, names, dtype="float64"):
    rng = seeded(name)
    drawn = [rng.normal(size=SHAPES[n]) for n in names]
    return [x + 1j * rng.normal(size=x.shape) for x in drawn] if dtype == "complex128" else drawn


def assert_all_close(found, expected):
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for part, wanted in zip(found, expected, strict=True):
            assert_close(part, wanted)
    else:
        assert_close(found, expected)


@pytest.mark.parametrize("name", CASES)
def test_value(name):
    ours, numpys, names = CASES[name]
    args = operands(name, names)
    assert_all_close(ours(*map(tensor, args)), numpys(*args))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("name", CASES)
def test_gradient(name, dtype):
    if dtype == "complex128" and name.split()[0] in REAL_ONLY:
        pytest.skip("takes no complex numbers")
    ours, numpys, names = CASES[name]
    args = operands(name, names, dtype)
    if dtype == "complex128":
        assert_all_close(ours(*map(tensor, args)), numpys(*args))
    tl.check_gradients(ours, list(map(tensor, args)))


@pytest.mark.parametrize(("subscripts", "names"), EINSUMS, ids=[s for s, _ in EINSUMS])
def test_einsum(subscripts, names):
    args = operands(subscripts, names)
    assert_close(tl.einsum(subscripts, *map(tensor, args)), np.einsum(subscripts, *args))
    tl.check_gradients(lambda *xs: tl.einsum(subscripts, *xs), list(map(tensor, args)))


def test_einsum_stretches_axes_of_length_one():
    x, y = seeded(1).normal(size=(1, 3)), seeded(2).normal(size=(4, 3))
    assert_close(tl.einsum("...j,...j->...", tensor(x), tensor(y)), np.einsum("...j,...j->...", x, y))
    # Letters too: a sum over an axis of length 1 against a longer one counts it each time.
    assert_close(tl.einsum("ij,ij->j", tensor(x), tensor(y)), (x * y).sum(0))


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk->ik", [(2, 3)], "einsum 'ij,jk->ik' names 2 operands, not the 1 given"),
        ("ij,jk->ik", [(2, 3), (4, 2)], "einsum 'ij,jk->ik': axis 'j' has lengths 3 and 4"),
        ("ijk->i", [(2, 3)], "einsum 'ijk->i': 'ijk' does not fit an operand of 2 axes"),
        ("i->i", [(2, 3)], "einsum 'i->i': 'i' does not fit an operand of 2 axes"),
        ("ij->ik", [(2, 3)], "einsum 'ij->ik': the result names a letter twice, or one that no operand has"),
        ("ij->ii", [(2, 3)], "einsum 'ij->ii': the result names a letter twice, or one that no operand has"),
    ],
)
def test_einsum_errors(subscripts, shapes, message):
    with pytest.raises(tl.ShapeError) as error:
        tl.einsum(subscripts, *(tl.zeros(shape) for shape in shapes))
    assert str(error.value) == message


def test_variance_of_too_few():
    """As NumPy: nothing left to divide by."""
    with np.errstate(all="ignore"):
        assert np.isnan(tl.var(tensor(np.array([1.0])), correction=1).item())


CHECKED_ELSEWHERE = set(
    """
    AnomalyError Backend BackendError BackendUnavailable DType Device Generator GradientError ShapeError Tensor
    active_backend arange argwhere asarray astype available_backends can_cast check_gradients checkpoint custom_gradient
    detect_anomaly empty empty_like enable_grad eye finfo flatnonzero from_dlpack from_numpy full full_like grad hessian
    hvp iinfo is_complex is_floating_point is_grad_enabled is_tensor isdtype isin jacobian jvp linspace load manual_seed
    no_grad nonzero numel ones ones_like rand rand_like randint randint_like randn randn_like randperm register_backend
    result_type save searchsorted seed_everything tensor use_backend value_and_grad vjp zeros zeros_like
    """.split()
)
"""The engine, backends, data types, creation, random numbers, files: they have tests of their own."""


def test_everything_public_is_checked():
    """A function that is added to the top level needs an op record, or a test that is named here."""
    from tensorlab.autodiff.record import REGISTRY

    checked = {name.split()[0] for name in CASES} | {"einsum"}
    functions = {name for name, value in vars(tl).items() if callable(value) and not isinstance(value, tl.DType)}
    functions = {name for name in functions if not name.startswith("_") and name not in ("Any", "elsewhere")}
    # A synonym is checked as the function that it stands for.
    own = {name: getattr(tl, name).__name__ for name in functions}
    functions = {own[name] if getattr(tl, own[name], None) is getattr(tl, name) else name for name in functions}
    assert functions - CHECKED_ELSEWHERE - checked - set(REGISTRY) == set()


@pytest.mark.parametrize("axis", [0, 1])
def test_split_of_nothing(axis):
    pieces = tl.split(tl.zeros((0, 4) if axis == 0 else (4, 0)), 2, axis=axis)
    assert [piece.shape for piece in pieces] == [(0, 4) if axis == 0 else (4, 0)] * 2


def test_shapes_as_one_number():
    assert tl.broadcast_to(tl.tensor(2.0), 3).tolist() == [2.0, 2.0, 2.0]
    assert tl.tile(tl.tensor([1.0, 2.0]), 2).tolist() == [1.0, 2.0, 1.0, 2.0]
