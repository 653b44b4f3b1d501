"""Values and gradients beside PyTorch's at infinities and for empty axes: equal wherever PyTorch's are numbers."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from helpers import host, tensor

import tensorlab as tl
from tensorlab.nn import functional as F

torch = pytest.importorskip("torch")

inf, nan = np.inf, np.nan


@pytest.fixture(autouse=True)
def quiet():
    """NumPy warns of infinities and NaN, which are what these tests are about."""
    with np.errstate(all="ignore"):
        yield


def with_gradients(library, function, *points):
    """Return the value of a function, and the gradients of its sum, as NumPy arrays."""
    make = tensor if library is tl else torch.tensor
    leaves = [make(np.array(x, "float64"), requires_grad=True) for x in points]
    out = function(*leaves)
    out.backward(library.ones_like(out))
    return [np.asarray(host(x) if library is tl else x) for x in (out.detach(), *(leaf.grad for leaf in leaves))]


def assert_numbers_equal(found, expected):
    """Assert that all elements are equal except those that PyTorch gives as NaN."""
    for part, wanted in zip(found, expected, strict=True):
        assert part.shape == wanted.shape
        np.testing.assert_allclose(np.where(np.isnan(wanted), nan, part), wanted, rtol=1e-13, atol=1e-15)


NUMBERS = (-inf, -1.0, 2.0, inf, nan)


@pytest.mark.parametrize("name", ["logsumexp", "logcumsumexp", "softmax", "log_softmax"])
def test_exponentials_along_an_axis(name):
    ours, theirs = getattr(tl, name), getattr(torch, name)
    for point in product(NUMBERS, repeat=3):
        found = with_gradients(tl, lambda x: ours(x, axis=0), point)
        assert_numbers_equal(found, with_gradients(torch, lambda x: theirs(x, 0), point))


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_exponentials_of_two(name):
    points = list(zip(*product(NUMBERS, repeat=2), strict=True))
    found = with_gradients(tl, getattr(tl, name), *points)
    assert_numbers_equal(found, with_gradients(torch, getattr(torch, name), *points))


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
@pytest.mark.parametrize("axis", [0, -1])
def test_empty_axes(shape, axis):
    x = np.zeros(shape)
    for name in ("softmax", "log_softmax", "softmin"):
        ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
        assert_numbers_equal(
            with_gradients(tl, partial(ours, axis=axis), x), with_gradients(torch, partial(theirs, dim=axis), x)
        )
    found = with_gradients(tl, partial(tl.logsumexp, axis=axis), x)
    assert_numbers_equal(found, with_gradients(torch, partial(torch.logsumexp, dim=axis), x))


@pytest.mark.parametrize("pos_weight", [None, 3.0])
def test_infinite_logits(pos_weight):
    logits, target = zip(*product((-inf, -2.0, 0.0, 2.0, inf), (0.0, 0.25, 1.0)), strict=True)
    found, wanted = (
        with_gradients(
            library,
            lambda x, t, f=functional: f.binary_cross_entropy_with_logits(
                x, t, reduction="none", pos_weight=None if pos_weight is None else 0 * t.detach() + pos_weight
            ),
            logits,
            target,
        )
        for library, functional in ((tl, F), (torch, torch.nn.functional))
    )
    assert_numbers_equal(found[:2], wanted[:2])
    certain = {(-inf, 0): 0, (inf, 1): 0, (inf, 0): inf, (-inf, 1): inf}
    losses = dict(zip(zip(logits, target, strict=True), found[0], strict=True))
    assert {pair: losses[pair] for pair in certain} == certain
    assert np.isfinite(found[1]).all()
