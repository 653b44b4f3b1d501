"""einops on tensors: the same results as on NumPy's arrays, and gradients."""

import einops
import einops.array_api
import numpy as np
import pytest
from helpers import assert_same, seeded, tensor

import tensorlab as tl
import tensorlab.interop.einops  # registers the backend

REARRANGEMENTS = [
    ("b h w c -> b c h w", {}),
    ("b h w c -> b (c h w)", {}),
    ("b (h two) w c -> b h w (c two)", {"two": 2}),
    ("b h w c -> (b h) w c", {}),
    ("... c -> c ...", {}),
]
X = seeded("einops").normal(size=(2, 4, 3, 5))


@pytest.mark.parametrize(("pattern", "lengths"), REARRANGEMENTS, ids=[pattern for pattern, _ in REARRANGEMENTS])
def test_rearrange(pattern, lengths):
    expected = einops.rearrange(X, pattern, **lengths)
    assert_same(einops.rearrange(tensor(X), pattern, **lengths), expected)
    assert_same(einops.array_api.rearrange(tensor(X), pattern, **lengths), expected)
    tl.check_gradients(lambda x: einops.rearrange(x, pattern, **lengths), (tensor(X),))


@pytest.mark.parametrize("reduction", ["sum", "mean", "max", "min", "prod"])
def test_reduce(reduction):
    expected = einops.reduce(X, "b (h k) w c -> b h c", reduction, k=2)
    np.testing.assert_allclose(einops.reduce(tensor(X), "b (h k) w c -> b h c", reduction, k=2).numpy(), expected)
    tl.check_gradients(lambda x: einops.reduce(x, "b (h k) w c -> b h c", reduction, k=2), (tensor(X),))


def test_repeat_pack_unpack_einsum():
    x = tensor(X)
    assert_same(einops.repeat(x, "b h w c -> b h (w r) c", r=3), einops.repeat(X, "b h w c -> b h (w r) c", r=3))
    packed, shapes = einops.pack([x, x[:, 0]], "b * c")
    expected, _ = einops.pack([X, X[:, 0]], "b * c")
    assert_same(packed, expected)
    assert [part.shape for part in einops.unpack(packed, shapes, "b * c")] == [(2, 4, 3, 5), (2, 3, 5)]
    np.testing.assert_allclose(einops.einsum(x, x, "b h w c, b h w d -> c d").numpy(), np.einsum("bhwc,bhwd->cd", X, X))
    assert einops.parse_shape(x, "b _ w _") == {"b": 2, "w": 3}


def test_lists_are_stacked():
    x = tensor(X)
    assert_same(einops.rearrange([x, x], "n b h w c -> b n h w c"), np.stack([X, X], axis=1))
