"""Public functions that are made of ops: values against NumPy's, gradients against finite differences."""

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

import tensorlab as tl

A, B, M, V, T3 = "A", "B", "M", "V", "T3"
SHAPES = {A: (2, 3), B: (3, 4), M: (3, 3), V: (3,), T3: (2, 3, 4)}


def scatter_add(x, axis, indices, source):
    out = x.copy()
    for place in np.ndindex(*source.shape):
        out[(*place[:axis], indices[place], *place[axis + 1 :])] += source[place]
    return out


ROWS = np.array([[0, 1, 0], [1, 1, 0]])
CASES = {
    # name: (tensorlab's function, NumPy's, names of the operands)
    "var": (tl.var, np.var, (A,)),
    "var axis": (lambda x: tl.var(x, axis=1), lambda x: np.var(x, axis=1), (A,)),
    "var corrected": (
        lambda x: tl.var(x, axis=(0, 2), correction=1, keepdims=True),
        lambda x: np.var(x, axis=(0, 2), ddof=1, keepdims=True),
        (T3,),
    ),
    "std": (lambda x: tl.std(x, axis=0), lambda x: np.std(x, axis=0), (T3,)),
    "stack": (lambda x, y: tl.stack([x, y]), lambda x, y: np.stack([x, y]), (A, A)),
    "stack last": (lambda x, y: tl.stack([x, y], axis=-1), lambda x, y: np.stack([x, y], axis=-1), (A, A)),
    "stack middle": (lambda x, y: tl.stack([x, y], axis=1), lambda x, y: np.stack([x, y], axis=1), (A, A)),
    "concat": (lambda x, y: tl.concat([x, y], axis=1), lambda x, y: np.concatenate([x, y], axis=1), (A, A)),
    "concat one operand twice": (lambda x: tl.concat([x, x]), lambda x: np.concatenate([x, x]), (A,)),
    "roll": (lambda x: tl.roll(x, 2), lambda x: np.roll(x, 2), (A,)),
    "roll axis": (lambda x: tl.roll(x, -1, axis=-1), lambda x: np.roll(x, -1, axis=-1), (T3,)),
    "roll axes": (lambda x: tl.roll(x, (1, 5), axis=(0, 2)), lambda x: np.roll(x, (1, 5), axis=(0, 2)), (T3,)),
    "repeat": (lambda x: tl.repeat(x, 2, axis=1), lambda x: np.repeat(x, 2, axis=1), (A,)),
    "repeat by slice": (
        lambda x: tl.repeat(x, tl.tensor([2, 0]), axis=0),
        lambda x: np.repeat(x, [2, 0], axis=0),
        (A,),
    ),
    "repeat flat": (lambda x: tl.repeat(x, 3), lambda x: np.repeat(x, 3), (A,)),
    "tile": (lambda x: tl.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), (A,)),
    "tile fewer": (lambda x: tl.tile(x, (2,)), lambda x: np.tile(x, (2,)), (A,)),
    "split": (lambda x: tl.split(x, 2, axis=2), lambda x: tuple(np.split(x, 2, axis=2)), (T3,)),
    "split at": (lambda x: tl.split(x, (1, 3), axis=-1), lambda x: tuple(np.split(x, (1, 3), axis=-1)), (T3,)),
    "split beyond": (lambda x: tl.split(x, (1, 9)), lambda x: tuple(np.split(x, (1, 9))), (A,)),
    "unstack": (lambda x: tl.unstack(x, axis=1), lambda x: tuple(np.moveaxis(x, 1, 0)), (T3,)),
    "tensordot": (lambda x, y: tl.tensordot(x, y, axes=1), lambda x, y: np.tensordot(x, y, 1), (A, B)),
    "tensordot of none": (lambda x, y: tl.tensordot(x, y, axes=0), lambda x, y: np.tensordot(x, y, 0), (A, V)),
    "tensordot axes": (
        lambda x, y: tl.tensordot(x, y, axes=((1, 2), (0, 1))),
        lambda x, y: np.tensordot(x, y, ((1, 2), (0, 1))),
        (T3, B),
    ),
    "tensordot negative axes": (
        lambda x, y: tl.tensordot(x, y, axes=((-1,), (-1,))),
        lambda x, y: np.tensordot(x, y, ((-1,), (-1,))),
        (T3, B),
    ),
    "outer": (tl.outer, np.outer, (V, V)),
    "vecdot": (tl.vecdot, np.vecdot, (A, V)),
    "vecdot axis": (lambda x, y: tl.vecdot(x, y, axis=-2), lambda x, y: np.vecdot(x, y, axis=-2), (T3, T3)),
    "expand_dims": (lambda x: tl.expand_dims(x, axis=(0, -1)), lambda x: np.expand_dims(x, (0, -1)), (A,)),
    "squeeze": (lambda x: tl.squeeze(x[:, :1]), lambda x: np.squeeze(x[:, :1]), (A,)),
    "squeeze axis": (lambda x: tl.squeeze(x[:1, :1], axis=-1), lambda x: np.squeeze(x[:1, :1], -1), (A,)),
    "moveaxis": (lambda x: tl.moveaxis(x, (0, 1), (-1, 0)), lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (T3,)),
    "swapaxes": (lambda x: tl.swapaxes(x, 0, -1), lambda x: np.swapaxes(x, 0, -1), (T3,)),
    "matrix_transpose": (tl.matrix_transpose, np.matrix_transpose, (T3,)),
    "flatten": (lambda x: tl.flatten(x, 1), lambda x: x.reshape(2, -1), (T3,)),
    "flatten front": (lambda x: tl.flatten(x, 0, 1), lambda x: x.reshape(6, 4), (T3,)),
    "flip": (lambda x: tl.flip(x, axis=(0, -1)), lambda x: np.flip(x, (0, -1)), (T3,)),
    "broadcast_arrays": (
        lambda x, y: tuple(tl.broadcast_arrays(x, y)),
        lambda x, y: tuple(np.broadcast_arrays(x, y)),
        (A, V),
    ),
    "take": (
        lambda x: tl.take(x, tensor(ROWS), axis=1),
        lambda x: np.take(x, ROWS, axis=1),
        (T3,),
    ),
    "take of a vector": (lambda x: tl.take(x, tensor(ROWS[0])), lambda x: np.take(x, ROWS[0]), (V,)),
    "embedding": (lambda w: tl.embedding(tensor(ROWS), w), lambda w: w[ROWS], (B,)),
    "scatter_add": (
        lambda x, y: tl.scatter_add(x, 0, tensor(ROWS), y),
        lambda x, y: scatter_add(x, 0, ROWS, y),
        (M, A),
    ),
    "tril": (tl.tril, np.tril, (M,)),
    "tril off": (lambda x: tl.tril(x, k=-1), lambda x: np.tril(x, -1), (T3,)),
    "triu": (tl.triu, np.triu, (T3,)),
    "triu off": (lambda x: tl.triu(x, k=1), lambda x: np.triu(x, 1), (M,)),
    "meshgrid": (
        lambda x, y: tuple(tl.meshgrid(x, y[:2])),
        lambda x, y: tuple(np.meshgrid(x, y[:2])),
        (V, V),
    ),
    "meshgrid ij": (
        lambda x, y: tuple(tl.meshgrid(x, y[:2], x, indexing="ij")),
        lambda x, y: tuple(np.meshgrid(x, y[:2], x, indexing="ij")),
        (V, V),
    ),
    "clip": (lambda x: tl.clip(x, -0.5, 1), lambda x: np.clip(x, -0.5, 1), (A,)),
    "clip between arrays": (
        lambda x, y, z: tl.clip(x, y - 1, z + 1),
        lambda x, y, z: np.clip(x, y - 1, z + 1),
        (T3, (V4 := "V4"), V4),
    ),
    "clone": (lambda x: x.clone(), np.copy, (A,)),
    "T": (lambda x: x.T, lambda x: x.T, (A,)),
    "mT": (lambda x: x.mT, lambda x: x.mT, (T3,)),
    "expand": (lambda x: x[:, :1].expand(4, -1, 3), lambda x: np.broadcast_to(x[:, :1], (4, 2, 3)), (A,)),
    "unsqueeze": (lambda x: x.unsqueeze(-1), lambda x: x[..., None], (A,)),
    "permute": (lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1), (T3,)),
    "transpose": (lambda x: x.transpose(0, -1), lambda x: x.swapaxes(0, -1), (T3,)),
    "view": (lambda x: x.view(-1, 2), lambda x: x.reshape(-1, 2), (T3,)),
}

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
SHAPES |= {"V4": (4,), "K": (4, 2), "C": (4, 2), "D": (3, 3, 3)}


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
    if dtype == "complex128" and name.startswith("clip"):
        pytest.skip("complex numbers have no order")
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
        ("ij,jk->ik", [(2, 3)], "einsum 'ij,jk->ik' names 2 operands and was given 1"),
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


def test_everything_public_is_checked():
    """A function that is added to the top level needs an op record, or a test that is named here."""
    from tensorlab.autodiff.op import REGISTRY

    elsewhere = {
        *[
            "AnomalyError",
            "Backend",
            "BackendError",
            "BackendUnavailable",
            "DType",
            "Device",
            "Generator",
            "GradientError",
            "Tensor",
        ],
        *["ShapeError", "active_backend", "available_backends", "check_gradients", "checkpoint", "custom_gradient"],
        *[
            "detect_anomaly",
            "enable_grad",
            "grad",
            "hessian",
            "hvp",
            "is_grad_enabled",
            "jacobian",
            "jvp",
            "manual_seed",
            "no_grad",
        ],
        *[
            "register_backend",
            "use_backend",
            "value_and_grad",
            "vjp",
            "rand",
            "randint",
            "randn",
            "randperm",
        ],  # engine, backend, random
        *[
            "arange",
            "asarray",
            "empty",
            "empty_like",
            "eye",
            "from_numpy",
            "full",
            "full_like",
            "linspace",
            "ones",
            "ones_like",
            "tensor",
            "zeros",
        ],
        *["save", "load"],  # tests of tensorlab.io
    }
    checked = {name.split()[0] for name in CASES} | {"einsum"}
    functions = {name for name, value in vars(tl).items() if callable(value) and not isinstance(value, tl.DType)}
    functions = {name for name in functions if not name.startswith("_") and name not in ("Any",)}
    assert functions - elsewhere - checked - set(REGISTRY) == set()
