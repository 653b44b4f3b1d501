"""Parametrised layers beside PyTorch's."""

import copy

import numpy as np
import pytest
from beside import torch
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab.nn.utils import parametrizations, parametrize

PARAMETRIZATIONS = [
    ("weight_norm", {}),
    ("weight_norm", {"axis": 1}),
    ("weight_norm", {"axis": None}),
    ("spectral_norm", {}),
    ("spectral_norm", {"n_power_iterations": 3, "eps": 1e-3, "axis": 1}),
    ("orthogonal", {}),
    ("orthogonal", {"orthogonal_map": "cayley"}),
    ("orthogonal", {"orthogonal_map": "matrix_exp"}),
    ("orthogonal", {"orthogonal_map": "householder", "use_trivialization": False}),
    ("orthogonal", {"orthogonal_map": "cayley", "use_trivialization": False}),
]

LAYERS = [("Linear", (4, 3), (5, 4)), ("Linear", (3, 4), (5, 3)), ("Linear", (3, 3), (5, 3))]
CONVOLUTIONS = [("Conv2d", (2, 3, 2), (1, 2, 4, 4)), ("ConvTranspose1d", (2, 3, 2), (1, 2, 4))]
CASES = [
    (name, options, *layer)
    for name, options in PARAMETRIZATIONS
    for layer in LAYERS + (CONVOLUTIONS if name != "orthogonal" else [])
]


def parametrized_pair(name, options, kind, args):
    """Return a layer of each library, parametrised, with PyTorch's state."""
    theirs = getattr(torch.nn, kind)(*args).double()
    ours = getattr(tl.nn, kind)(*args).double()
    ours.load_state_dict(theirs.state_dict())
    their_options = {{"axis": "dim"}.get(key, key): value for key, value in options.items()}
    getattr(torch.nn.utils.parametrizations, name)(theirs, **their_options)
    getattr(parametrizations, name)(ours, **options)
    return ours, theirs


@pytest.mark.parametrize(("name", "options", "kind", "args", "shape"), CASES)
def test_parametrized_layers(name, options, kind, args, shape):
    ours, theirs = parametrized_pair(name, options, kind, args)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [key for key, _ in ours.named_parameters()] == [key for key, _ in theirs.named_parameters()]
    ours.load_state_dict(theirs.state_dict())
    rng = seeded(name, kind)
    for training in (True, True, False):
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            if name == "orthogonal" and options.get("use_trivialization", True) and q.ndim > 1:
                values = q.detach().numpy() + np.tril(rng.normal(size=q.shape), -1)  # PyTorch truncates the diagonal
            else:
                values = q.detach().numpy()
            p.data, q.data = tensor(values), torch.tensor(values)
        x, g = rng.normal(size=shape), None
        ours.zero_grad()
        theirs.zero_grad()
        found, expected = ours.train(training)(tensor(x)), theirs.train(training)(torch.tensor(x))
        assert_close(found.detach(), expected.detach().numpy(), rtol=1e-9)
        g = rng.normal(size=tuple(expected.shape))
        found.backward(tensor(g))
        expected.backward(torch.tensor(g))
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert_close(p.grad, q.grad.numpy(), rtol=1e-8)
    for p, q in zip(ours.buffers(), theirs.buffers(), strict=True):
        assert_close(p, q.numpy(), rtol=1e-9)
    parametrize.remove_parametrizations(ours, "weight")
    torch.nn.utils.parametrize.remove_parametrizations(theirs, "weight")
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert_close(ours.weight.detach(), theirs.weight.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (2, 4, 3)])
def test_reflections_of_an_orthogonal_weight(shape):
    """LAPACK's reflections, as PyTorch has them without a base point."""
    weight = np.linalg.qr(seeded(shape).normal(size=shape))[0]
    ours, theirs = tl.nn.Module(), torch.nn.Module()
    ours.weight = tl.nn.Parameter(tensor(weight))
    theirs.weight = torch.nn.Parameter(torch.tensor(weight))
    options = {"orthogonal_map": "householder", "use_trivialization": False}
    parametrizations.orthogonal(ours, **options)
    torch.nn.utils.parametrizations.orthogonal(theirs, **options)
    below = np.tril(np.ones(shape))
    found = host(ours.parametrizations.weight.original.detach())
    expected = theirs.parametrizations.weight.original.detach().numpy()
    np.testing.assert_allclose(found * below, expected * below, rtol=1e-9, atol=1e-12)
    assert_close(ours.weight.detach(), weight, rtol=1e-12)


def test_two_parametrizations_and_a_copy():
    ours, theirs = parametrized_pair("weight_norm", {}, "Linear", (4, 3))
    parametrizations.spectral_norm(ours)
    torch.nn.utils.parametrizations.spectral_norm(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert repr(ours) == repr(theirs)
    assert_close(copy.deepcopy(ours).weight.detach(), copy.deepcopy(theirs).weight.detach().numpy(), rtol=1e-10)
