"""Backward hooks, functional calls, lazy layers, clipping and conversions beside PyTorch's."""

import numpy as np
import pytest
from beside import layer_pair, torch
from helpers import assert_close, leaf, tensor

import tensorlab as tl

RNG = np.random.default_rng(5)


def listed(gradients):
    return [[None if g is None else np.asarray(g.detach().numpy()) for g in part] for part in gradients]


def assert_all_close(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


class TestHooks:
    @pytest.mark.parametrize("requires_grad", [True, False])
    @pytest.mark.parametrize("replacing", [False, True])
    @pytest.mark.filterwarnings("ignore:Full backward hook is firing")
    def test_linear(self, requires_grad, replacing):
        if replacing and not requires_grad:
            pytest.skip("there is nothing to replace")
        a, b = layer_pair("Linear", (3, 2))
        x, g = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))
        seen = []
        for layer in (a, b):
            layer.register_full_backward_pre_hook(lambda _, out: (3 * out[0],) if replacing else None)
            layer.register_full_backward_hook(lambda _, into, out: seen.append(listed((into, out))))
            layer.register_full_backward_hook(lambda _, into, out: (2 * into[0],) if replacing else None)
        ours, theirs = tensor(x, requires_grad=requires_grad), torch.tensor(x, requires_grad=requires_grad)
        a(ours).backward(tensor(g))
        b(theirs).backward(torch.tensor(g))
        assert_all_close(seen[0], seen[1])
        if requires_grad:
            assert_close(ours.grad, theirs.grad.numpy())
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            assert_close(p.grad, q.grad.numpy())

    def test_several_arguments(self):
        seen = []
        a, b = layer_pair("Bilinear", (2, 3, 2))
        x, y = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 3))
        for layer in (a, b):
            layer.register_full_backward_hook(lambda _, into, out: seen.append(listed((into, out))))
        a(leaf(x), leaf(y)).sum().backward()
        b(torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)).sum().backward()
        assert_all_close(seen[0], seen[1])


@pytest.mark.parametrize("tied", [False, True])
def test_functional_call(tied):
    ours, theirs = [], []
    for nn, made in ((tl.nn, ours), (torch.nn, theirs)):
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).double()
        if tied:
            net[1].weight = net[0].weight
        made.append(net)
    ours[0].load_state_dict(theirs[0].state_dict())
    w, x = RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3))
    found = tl.nn.functional_call(ours[0], {"1.weight": tensor(w)}, tensor(x), tie_weights=tied)
    expected = torch.func.functional_call(theirs[0], {"1.weight": torch.tensor(w)}, torch.tensor(x), tie_weights=tied)
    assert_close(found.detach(), expected.detach().numpy())


@pytest.mark.parametrize(
    ("name", "args", "options", "shape"),
    [
        ("LazyLinear", (3,), {}, (2, 5)),
        ("LazyLinear", (3,), {"bias": False}, (5,)),
        ("LazyConv1d", (4, 3), {"padding": 1, "padding_mode": "circular"}, (2, 5, 8)),
        ("LazyConv2d", (4, 3), {"groups": 2}, (6, 5, 5)),
        ("LazyConv3d", (4, 2), {"bias": False}, (1, 3, 4, 4, 4)),
        ("LazyConvTranspose1d", (4, 3), {"stride": 2}, (2, 5, 8)),
        ("LazyConvTranspose2d", (4, 3), {"groups": 2}, (2, 6, 5, 5)),
        ("LazyConvTranspose3d", (4, 2), {}, (3, 4, 4, 4)),
        ("LazyBatchNorm1d", (), {}, (4, 3)),
        ("LazyBatchNorm2d", (), {"affine": False}, (4, 3, 2, 2)),
        ("LazyBatchNorm3d", (), {"momentum": 0.3}, (4, 3, 2, 2, 2)),
        ("LazyInstanceNorm1d", (), {"affine": False}, (4, 3, 5)),
        ("LazyInstanceNorm2d", (), {"track_running_stats": False}, (4, 3, 2, 2)),
        ("LazyInstanceNorm3d", (), {}, (4, 3, 2, 2, 2)),
    ],
)
def test_lazy_layers(name, args, options, shape):
    a, b = getattr(tl.nn, name)(*args, **options).double(), getattr(torch.nn, name)(*args, **options).double()
    assert repr(a) == repr(b)
    assert list(a.state_dict()) == list(b.state_dict())
    x = RNG.normal(size=shape)
    b(torch.tensor(x))
    a(tensor(x))
    assert repr(a) == repr(b)
    fresh = getattr(torch.nn, type(b).__name__)
    assert isinstance(b, fresh)
    assert type(a).__name__ == type(b).__name__
    a.load_state_dict(b.state_dict())
    assert_close(a(tensor(x)).detach(), b(torch.tensor(x)).detach().numpy(), rtol=1e-9)
    other = getattr(tl.nn, name)(*args, **options).double()
    other.load_state_dict(b.state_dict())
    assert_close(other.eval()(tensor(x)).detach(), b.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-9)


class TestGradients:
    arrays = (RNG.normal(size=(2, 3)), RNG.normal(size=4), RNG.normal(size=()))

    def pairs(self):
        ours = [leaf(np.zeros_like(g)) for g in self.arrays]
        theirs = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in self.arrays]
        for p, q, g in zip(ours, theirs, self.arrays, strict=True):
            p.grad, q.grad = tensor(g), torch.tensor(g)
        return [*ours, leaf(np.zeros(2))], [*theirs, torch.zeros(2, requires_grad=True)]

    def compare(self, ours, theirs):
        for p, q in zip(ours, theirs, strict=True):
            assert (p.grad is None) == (q.grad is None)
            if p.grad is not None:
                assert_close(p.grad, q.grad.numpy())

    @pytest.mark.parametrize("order", [0.5, 1.0, 2.0, float("inf"), "inf"])
    @pytest.mark.parametrize("bound", [0.3, 100.0])
    def test_clip_by_norm(self, order, bound):
        ours, theirs = self.pairs()
        found = tl.nn.utils.clip_grad_norm_(ours, bound, order)
        expected = torch.nn.utils.clip_grad_norm_(theirs, bound, order)
        assert_close(found, expected.numpy())
        self.compare(ours, theirs)

    def test_clip_by_value(self):
        ours, theirs = self.pairs()
        tl.nn.utils.clip_grad_value_(ours, 0.4)
        torch.nn.utils.clip_grad_value_(theirs, 0.4)
        self.compare(ours, theirs)

    def test_vector(self):
        a, b = layer_pair("Linear", (3, 2))
        ours, theirs = tl.nn.utils, torch.nn.utils
        vector = RNG.normal(size=8)
        ours.vector_to_parameters(tensor(vector), a.parameters())
        theirs.vector_to_parameters(torch.tensor(vector), b.parameters())
        assert_close(a.weight.detach(), b.weight.detach().numpy())
        expected = theirs.parameters_to_vector(b.parameters()).detach().numpy()
        assert_close(ours.parameters_to_vector(a.parameters()).detach(), expected)


def test_parameter_containers_have_the_same_keys():
    for nn, zeros in ((tl.nn, tl.zeros), (torch.nn, torch.zeros)):
        net = nn.Module()
        net.listed = nn.ParameterList([zeros(2), zeros(3)])
        net.named = nn.ParameterDict({"a": zeros(2), "b": zeros(3)})
        assert list(net.state_dict()) == ["listed.0", "listed.1", "named.a", "named.b"]
