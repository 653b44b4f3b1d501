"""Layers and functions beside PyTorch's: the same numbers go in, and what comes out, and every gradient, must agree."""

import numpy as np
import pytest
from helpers import assert_close, tensor

import tensorlab as tl

torch = pytest.importorskip("torch")


def floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def ours(x):
    """Return a host array as a leaf of tensorlab (floating ones require gradients); anything else as it is."""
    if isinstance(x, np.ndarray):
        return tensor(x, requires_grad=floating(x))
    return type(x)(map(ours, x)) if isinstance(x, list | tuple) else x


def theirs(x):
    """Return a host array as a leaf of PyTorch; anything else as it is."""
    if isinstance(x, np.ndarray):
        return torch.tensor(x, requires_grad=floating(x))
    return type(x)(map(theirs, x)) if isinstance(x, list | tuple) else x


def constant(x):
    """Return an option's tensor without gradient: PyTorch has none for some, and refuses to be asked."""
    return x.detach() if hasattr(x, "requires_grad") else x


def leaves(x):
    """Yield the tensors in nested sequences."""
    if isinstance(x, list | tuple):
        for part in x:
            yield from leaves(part)
    elif hasattr(x, "requires_grad"):
        yield x


def their_options(options):
    """Return options with PyTorch's names: `dim` for `axis`, `keepdim` for `keepdims`."""
    names = {"axis": "dim", "keepdims": "keepdim"}
    return {names.get(name, name): value for name, value in options.items()}


def assert_alike(found, expected, rtol=1e-9):
    """Assert that two nested results agree."""
    found, expected = list(leaves(found)), list(leaves(expected))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
        assert_close(a.detach(), b.detach().numpy(), rtol=rtol)


def assert_same_gradients(found, expected, our_leaves, their_leaves, rtol=1e-9):
    """Pull the same random cotangents through both and compare the gradients of all leaves."""
    rng = np.random.default_rng(1)
    pairs = [(a, b) for a, b in zip(leaves(found), leaves(expected), strict=True) if b.requires_grad]
    assert all(a.requires_grad for a, _ in pairs)
    cotangents = [rng.normal(size=tuple(b.shape)).astype(b.detach().numpy().dtype) for _, b in pairs]
    tl_total = sum((a * tensor(g)).sum() for (a, _), g in zip(pairs, cotangents, strict=True))
    torch_total = sum((b * torch.tensor(g)).sum() for (_, b), g in zip(pairs, cotangents, strict=True))
    tl_total.backward()
    torch_total.backward()
    for a, b in zip(our_leaves, their_leaves, strict=True):
        if b.grad is not None:
            assert a.grad is not None
            assert_close(a.grad, b.grad.numpy(), rtol=rtol)


def compare_functions(name, args, options=None, rtol=1e-9):
    """Compare ``nn.functional.<name>`` with PyTorch's: values, types and gradients."""
    options = options or {}
    a, b = ours(args), theirs(args)
    found = getattr(tl.nn.functional, name)(*a, **{k: constant(ours(v)) for k, v in options.items()})
    expected = getattr(torch.nn.functional, name)(
        *b, **{k: constant(theirs(v)) for k, v in their_options(options).items()}
    )
    assert_alike(found, expected, rtol)
    floats = [(x, y) for x, y in zip(leaves(a), leaves(b), strict=True) if y.requires_grad]
    if any(y.requires_grad for y in leaves(expected)):
        assert_same_gradients(found, expected, *zip(*floats, strict=True), rtol=rtol)


def layer_pair(name, args=(), options=None):
    """Return two layers of the same class name, double precision, with PyTorch's initial parameters."""
    options = options or {}
    b = getattr(torch.nn, name)(
        *map(constant, theirs(args)), **{k: constant(theirs(v)) for k, v in their_options(options).items()}
    ).double()
    a = getattr(tl.nn, name)(*map(constant, ours(args)), **{k: constant(ours(v)) for k, v in options.items()}).double()
    a.load_state_dict(b.state_dict())
    assert list(a.state_dict()) == list(b.state_dict())
    assert [key for key, _ in a.named_parameters()] == [key for key, _ in b.named_parameters()]
    return a, b


def compare_layers(name, args=(), options=None, inputs=(), modes=(True, True, False), rtol=1e-9, words=True):
    """Compare a layer with PyTorch's: state-dict keys, ``repr``, outputs, gradients of inputs and parameters, buffers.

    Parameters
    ----------
    name : str
        The class, in both ``nn`` namespaces.
    args, options
        What it is made with (`axis` becomes `dim`).
    inputs : tuple of host arrays, or nested sequences of them
        What it is called with.
    modes : tuple of bool
        Training or evaluation, one call after the other.
    words : bool
        Whether ``repr`` is PyTorch's (with `axis` for `dim`).
    """
    a, b = layer_pair(name, args, options)
    if words:
        assert repr(a).replace("axis", "dim") == repr(b)
    for training in modes:
        x, y = ours(inputs), theirs(inputs)
        a.zero_grad()
        b.zero_grad()
        found, expected = a.train(training)(*x), b.train(training)(*y)
        assert_alike(found, expected, rtol)
        pairs = [(p, q) for p, q in zip(leaves(x), leaves(y), strict=True) if q.requires_grad]
        pairs += list(zip(a.parameters(), b.parameters(), strict=True))
        if pairs and any(q.requires_grad for q in leaves(expected)):
            assert_same_gradients(found, expected, *zip(*pairs, strict=True), rtol=rtol)
    for p, q in zip(a.buffers(), b.buffers(), strict=True):
        assert_close(p, q.numpy(), rtol=rtol)
