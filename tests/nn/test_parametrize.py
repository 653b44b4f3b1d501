"""Parametrised weights: how they sit in a module, and the ready ones against formulas."""

import copy
import pickle

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn.utils import parametrizations, parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return tl.triu(x) + tl.triu(x, k=1).mT

    def right_inverse(self, x):
        return tl.triu(x)


class Twice(nn.Module):
    def __init__(self):
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return 2 * x


class RankOne(nn.Module):
    def forward(self, x, y):
        return x[:, None] * y[None, :]

    def right_inverse(self, z):
        return z[:, 0], z[0] / z[0, 0]


def symmetric_layer(n=3):
    return parametrize.register_parametrization(nn.Linear(n, n, dtype=tl.float64), "weight", Symmetric())


class TestRegistering:
    def test_the_parameter_stays_the_same_object(self, rng):
        layer = nn.Linear(3, 3, dtype=tl.float64)
        weight, plain = layer.weight, host(layer.weight.detach()).copy()
        optimizer = tl.optim.SGD(layer.parameters(), lr=0.5)
        parametrize.register_parametrization(layer, "weight", Symmetric())
        assert layer.parametrizations.weight.original is weight
        assert isinstance(layer, nn.Linear)
        before = host(layer.weight.detach()).copy()
        assert_same(layer.weight.detach(), np.triu(plain) + np.triu(plain, 1).T)
        layer(tensor(np.eye(3))).sum().backward()
        optimizer.step()
        slope = np.triu(2 * np.ones((3, 3)), 1) + np.eye(3)
        assert_close(weight.grad, slope)
        assert_close(layer.weight.detach(), before - 0.5 * (np.triu(slope) + np.triu(slope, 1).T))

    def test_names(self):
        layer = symmetric_layer()
        names = ["bias", "parametrizations.weight.original"]
        assert list(layer.state_dict()) == names
        assert [name for name, _ in layer.named_parameters()] == names
        assert repr(layer) == (
            "ParametrizedLinear(\n  in_features=3, out_features=3, bias=True\n  (parametrizations): ModuleDict(\n"
            "    (weight): ParametrizationList(\n      (0): Symmetric()\n    )\n  )\n)"
        )

    def test_others_of_the_class_do_not_notice(self):
        plain = nn.Linear(3, 3)
        symmetric_layer()
        assert type(plain) is nn.Linear
        assert isinstance(plain.__dict__["weight"], nn.Parameter)
        assert "weight" not in vars(nn.Linear)

    def test_assignment(self, rng):
        layer = symmetric_layer()
        value = rng.standard_normal((3, 3))
        value = value + value.T
        given = tensor(value)
        layer.weight = given
        assert_close(layer.weight.detach(), value)
        given[...] = 0.0
        assert_close(layer.weight.detach(), value)
        with pytest.raises(TypeError, match="is parametrized and cannot become float"):
            layer.weight = 1.0
        parametrize.register_parametrization(layer, "weight", Twice())
        with pytest.raises(RuntimeError, match="Twice has no right_inverse"):
            layer.weight = given

    def test_one_after_the_other(self):
        layer = symmetric_layer()
        once = host(layer.weight.detach())
        parametrize.register_parametrization(layer, "weight", Twice())
        assert_close(layer.weight.detach(), 2 * once)
        assert len(layer.parametrizations.weight) == 2

    def test_several_originals(self, rng):
        layer = nn.Linear(3, 2, dtype=tl.float64)
        x, y = rng.standard_normal(2), rng.standard_normal(3)
        layer.weight.data = tensor(np.outer(x, y))
        parametrize.register_parametrization(layer, "weight", RankOne())
        keys = ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
        assert list(layer.state_dict()) == keys
        assert all(isinstance(p, nn.Parameter) for p in layer.parameters())
        assert_close(layer.weight.detach(), np.outer(x, y))
        layer.weight = tensor(np.outer(y[:2], y))
        assert_close(layer.weight.detach(), np.outer(y[:2], y))

    def test_buffers(self):
        for persistent in (True, False):
            module = nn.Module()
            module.register_buffer("counts", tl.ones(2), persistent)
            parametrize.register_parametrization(module, "counts", Twice())
            assert_same(module.counts, np.full(2, 2, "float32"))
            assert list(module.state_dict()) == ["parametrizations.counts.original"] * persistent
            parametrize.remove_parametrizations(module, "counts")
            assert_same(module.get_buffer("counts"), np.full(2, 2, "float32"))
            assert list(module.state_dict()) == ["counts"] * persistent

    def test_training_mode(self):
        layer = nn.Linear(2, 2).eval()
        parametrize.register_parametrization(layer, "weight", Twice())
        assert not layer.parametrizations.weight[0].training
        assert layer.train().parametrizations.weight[0].training

    def test_what_does_not_fit_changes_nothing(self):
        class Longer(nn.Module):
            def forward(self, x):
                return tl.concat([x, x])

        class Single(nn.Module):
            def forward(self, x):
                return x.to(tl.float32)

        layer = nn.Linear(2, 2, dtype=tl.float64)
        weight = layer.weight
        for wrong in (Longer(), Single()):
            with pytest.raises(ValueError, match=r"must keep the shape .* unsafe=True"):
                parametrize.register_parametrization(layer, "weight", wrong)
            assert type(layer) is nn.Linear
            assert layer.weight is weight
        with pytest.raises(ValueError, match=r"parameter or buffer of .*'wait'"):
            parametrize.register_parametrization(layer, "wait", Twice())
        parametrize.register_parametrization(layer, "weight", Longer(), unsafe=True)
        assert layer.weight.shape == (4, 2)
        with pytest.raises(ValueError, match="must keep the shape"):
            parametrize.register_parametrization(layer, "weight", Single())


class TestCopies:
    def test_deepcopy_is_independent(self):
        layer = symmetric_layer()
        other = copy.deepcopy(layer)
        original = other.parametrizations.weight.original
        assert original is not layer.parametrizations.weight.original
        parametrize.remove_parametrizations(other, "weight")
        assert type(other) is nn.Linear
        assert parametrize.is_parametrized(layer, "weight")
        assert_close(other.weight.detach(), host(layer.weight.detach()))
        nn.init.zeros_(other.weight)
        assert host(layer.weight.detach()).any()

    def test_pickle_is_refused_as_for_any_tensor(self):
        with pytest.raises(TypeError, match="tensors are not pickled"):
            pickle.dumps(symmetric_layer())

    def test_save_and_load(self, tmp_path):
        layer, other = (parametrizations.spectral_norm(nn.Linear(4, 3)) for _ in range(2))
        tl.save(layer.state_dict(), tmp_path / "layer.safetensors")
        other.load_state_dict(tl.load(tmp_path / "layer.safetensors"))
        assert_same(other.eval().weight.detach(), host(layer.eval().weight.detach()))

    def test_to(self):
        layer = parametrizations.spectral_norm(nn.Linear(4, 3)).to(tl.float64)
        assert layer.weight.dtype == layer(tl.ones(4, dtype=tl.float64)).dtype == tl.float64
        assert layer.parametrizations.weight[0]._u.dtype == tl.float64


class TestRemoving:
    @pytest.mark.parametrize("leave", [True, False])
    def test_the_parameter_stays_the_same_object(self, leave):
        layer = nn.Linear(3, 3)
        weight, plain = layer.weight, host(layer.weight.detach()).copy()
        parametrize.register_parametrization(layer, "weight", Twice())
        assert parametrize.remove_parametrizations(layer, "weight", leave) is layer
        assert type(layer) is nn.Linear
        assert layer.weight is weight
        assert not hasattr(layer, "parametrizations")
        assert_same(layer.weight.detach(), (1 + leave) * plain)
        assert sorted(layer.state_dict()) == ["bias", "weight"]

    def test_one_of_two(self):
        layer = symmetric_layer()
        parametrize.register_parametrization(layer, "bias", Twice())
        parametrize.remove_parametrizations(layer, "weight")
        assert not parametrize.is_parametrized(layer, "weight")
        assert parametrize.is_parametrized(layer, "bias")
        assert parametrize.is_parametrized(layer)
        assert parametrize.type_before_parametrizations(layer) is nn.Linear
        assert isinstance(layer.__dict__["weight"], nn.Parameter)
        parametrize.remove_parametrizations(layer, "bias")
        assert type(layer) is nn.Linear

    def test_several_originals(self):
        layer = parametrizations.weight_norm(nn.Linear(2, 3))
        weight = host(layer.weight.detach())
        with pytest.raises(ValueError, match="leave_parametrized must be True"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        parametrize.remove_parametrizations(layer, "weight")
        assert isinstance(layer.weight, nn.Parameter)
        assert_same(layer.weight.detach(), weight)

    def test_errors(self):
        with pytest.raises(ValueError, match="tensor_name must be that of a parametrization of Linear, not 'weight'"):
            parametrize.remove_parametrizations(nn.Linear(2, 2), "weight")


def test_cached():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Twice())
    counter = layer.parametrizations.weight[0]
    counter.calls = 0
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        assert layer.weight is first
        assert counter.calls == 1
    assert layer.weight is not first
    assert counter.calls == 2


def test_transfer(rng):
    layer, other = symmetric_layer(), nn.Linear(3, 3, dtype=tl.float64)
    parametrize.transfer_parametrizations_and_params(layer, other)
    assert_same(other.weight.detach(), host(layer.weight.detach()))
    assert other.parametrizations.weight[0] is layer.parametrizations.weight[0]
    assert other.parametrizations.weight.original is layer.parametrizations.weight.original


class TestWeightNorm:
    @pytest.mark.parametrize(("axis", "axes"), [(0, (1, 2)), (1, (0, 2)), (-1, (0, 1)), (None, (0, 1, 2))])
    def test_value_and_gradient(self, axis, axes, rng):
        layer = nn.Conv1d(2, 3, 4, dtype=tl.float64)
        weight = host(layer.weight.detach()).copy()
        parametrizations.weight_norm(layer, axis=axis)
        assert_close(layer.weight.detach(), weight)
        size = layer.parametrizations.weight.original0
        assert_close(size.detach(), np.sqrt((weight**2).sum(axes, keepdims=axis is not None)))
        size.data = 3.0 * size.detach()
        assert_close(layer.weight.detach(), 3 * weight)
        v = leaf(rng.standard_normal((3, 2, 4)))
        tl.check_gradients(layer.parametrizations.weight[0], (size.detach().clone(), v))


class TestSpectralNorm:
    @pytest.mark.parametrize(
        ("layer", "axis"), [(nn.Linear(5, 3), 0), (nn.Conv2d(2, 3, 2), 0), (nn.ConvTranspose2d(2, 3, 2), 1)]
    )
    def test_greatest_singular_value(self, layer, axis):
        layer.double()
        weight = np.moveaxis(host(layer.weight.detach()).copy(), axis, 0)
        parametrizations.spectral_norm(layer, n_power_iterations=500)
        u = layer.parametrizations.weight[0]._u
        assert u.shape == weight.shape[:1]
        matrix = weight.reshape(len(weight), -1)
        found = np.moveaxis(host(layer.weight.detach()), axis, 0)
        assert_close(found, weight / np.linalg.svd(matrix)[1][0], rtol=1e-7)

    def test_iterations_in_training_alone(self):
        layer = parametrizations.spectral_norm(nn.Linear(5, 4))
        buffers = layer.parametrizations.weight[0]
        before = host(buffers._u).copy()
        assert layer.eval().weight.shape == (4, 5)
        assert_same(buffers._u, before)
        assert layer.train().weight.shape == (4, 5)
        assert (host(buffers._u) != before).any()

    def test_two_passes_before_one_backward(self, rng):
        layer = parametrizations.spectral_norm(nn.Linear(5, 4, dtype=tl.float64))
        x = tensor(rng.standard_normal((2, 5)))
        first = layer(x).sum()
        with tl.no_grad():
            vectors = [host(b).copy() for b in layer.parametrizations.weight.buffers()]
        (first + layer(x).sum()).backward()
        assert layer.parametrizations.weight.original.grad.shape == (4, 5)
        assert (vectors[0] != host(layer.parametrizations.weight[0]._u)).any()

    def test_gradients(self, rng):
        layer = parametrizations.spectral_norm(nn.Linear(5, 4, dtype=tl.float64)).eval()
        tl.check_gradients(layer.parametrizations.weight[0], (leaf(rng.standard_normal((4, 5))),))

    def test_vectors(self):
        layer = parametrizations.spectral_norm(nn.Linear(2, 3), "bias")
        assert not list(layer.buffers())
        assert_close(tl.linalg.vector_norm(layer.bias.detach()), 1.0, rtol=1e-6)

    def test_errors(self):
        with pytest.raises(ValueError, match="n_power_iterations must be an integer from 1"):
            parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
        with pytest.raises(ValueError, match=r"parameter or buffer of .*'wait'"):
            parametrizations.spectral_norm(nn.Linear(2, 2), "wait")
        with pytest.raises(tl.ShapeError, match="axis 2"):
            parametrizations.spectral_norm(nn.Linear(2, 2), axis=2)


class TestWeightStandardization:
    @pytest.mark.parametrize(
        ("layer", "axes"),
        [(nn.Conv2d(2, 3, 2), (1, 2, 3)), (nn.ConvTranspose1d(4, 3, 2), (0, 2)), (nn.Linear(5, 3), 1)],
    )
    def test_value_and_gradient(self, layer, axes, rng):
        layer.double()
        weight = host(layer.weight.detach()).copy()
        parametrizations.weight_standardization(layer, eps=1e-3)
        centred = weight - weight.mean(axes, keepdims=True)
        expected = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + 1e-3)
        assert_close(layer.weight.detach(), expected)
        tl.check_gradients(layer.parametrizations.weight[0], (leaf(rng.standard_normal(weight.shape)),))
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        assert_same(layer.weight.detach(), weight)

    def test_words_and_errors(self):
        layer = parametrizations.weight_standardization(nn.Linear(2, 2))
        assert repr(layer.parametrizations.weight[0]) == "_WeightStandardization(axis=0, eps=1e-05)"
        with pytest.raises(ValueError, match="at least 2 axes"):
            parametrizations.weight_standardization(nn.Linear(2, 2), "bias")


MAPS = ("matrix_exp", "cayley", "householder")


class TestOrthogonal:
    @pytest.mark.parametrize("orthogonal_map", MAPS)
    @pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
    @pytest.mark.parametrize("use_trivialization", [True, False])
    def test_stays_orthogonal(self, orthogonal_map, shape, use_trivialization, rng):
        module = nn.Module()
        module.weight = nn.Parameter(tensor(rng.standard_normal(shape)))
        options = {"orthogonal_map": orthogonal_map, "use_trivialization": use_trivialization}
        parametrizations.orthogonal(module, **options)
        for _ in range(2):
            weight = host(module.weight.detach())
            tall = np.swapaxes(weight, -1, -2) if shape[-1] > shape[-2] else weight
            gram = np.swapaxes(tall, -1, -2) @ tall
            assert_close(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape))
            module.weight.sum().backward()
            original = module.parametrizations.weight.original
            original.data = original.detach() - 0.3 * original.grad

    @pytest.mark.parametrize("orthogonal_map", MAPS)
    @pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
    def test_an_orthogonal_value_stays(self, orthogonal_map, shape, rng):
        value = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
        value = value[0] @ value[2]
        layer = nn.Linear(shape[1], shape[0], dtype=tl.float64)
        layer.weight.data = tensor(value)
        parametrizations.orthogonal(layer, orthogonal_map=orthogonal_map)
        assert_close(layer.weight.detach(), value)
        layer.weight = tensor(-value)
        assert_close(layer.weight.detach(), -value)
        assert list(layer.state_dict())[-1] == "parametrizations.weight.0.base"

    def test_other_values_are_made_orthogonal(self, rng):
        weight = rng.standard_normal((4, 4))
        q, r = np.linalg.qr(weight)
        layer = nn.Linear(4, 4, dtype=tl.float64)
        layer.weight.data = tensor(weight)
        parametrizations.orthogonal(layer)
        assert_close(layer.weight.detach(), q * np.sign(np.diag(r)))

    @pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley"])
    def test_unitary(self, orthogonal_map, rng):
        module = nn.Module()
        value = rng.standard_normal((4, 3)) + 1j * rng.standard_normal((4, 3))
        module.weight = nn.Parameter(tensor(value))
        parametrizations.orthogonal(module, orthogonal_map=orthogonal_map)
        original = module.parametrizations.weight.original
        original.data = tensor(value)
        weight = host(module.weight.detach())
        assert_close(weight.conj().T @ weight, np.eye(3))

    @pytest.mark.parametrize("orthogonal_map", MAPS)
    def test_gradients(self, orthogonal_map, rng):
        layer = nn.Linear(3, 4, dtype=tl.float64)
        parametrizations.orthogonal(layer, orthogonal_map=orthogonal_map)
        x = rng.standard_normal((4, 3))
        np.fill_diagonal(x, 1.5 if orthogonal_map == "householder" else x.diagonal())
        tl.check_gradients(layer.parametrizations.weight[0], (leaf(x),))

    def test_errors(self):
        with pytest.raises(ValueError, match="orthogonal_map must be 'matrix_exp', 'cayley', 'householder' or None"):
            parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr")
        with pytest.raises(ValueError, match="a matrix or a batch"):
            parametrizations.orthogonal(nn.Linear(2, 2), "bias")
        with pytest.raises(ValueError, match="complex"):
            module = nn.Module()
            module.weight = nn.Parameter(tl.ones(2, 2, dtype=tl.complex64))
            parametrizations.orthogonal(module, orthogonal_map="householder")
        layer = parametrizations.orthogonal(nn.Linear(2, 2), use_trivialization=False)
        with pytest.raises(NotImplementedError, match="assign to the originals"):
            layer.weight = tl.eye(2)
