"""Layers that leave out at random: which elements, how often, and how the others are scaled."""

from math import sqrt

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional

SATURATION = 1.6732632423543772 * 1.0507009873554805


class TestChannelDropout:
    @pytest.mark.parametrize(
        ("layer", "shape", "drawn"),
        [
            (nn.Dropout1d, (40, 50, 3), 2),
            (nn.Dropout1d, (2000, 3), 1),
            (nn.Dropout2d, (40, 50, 2, 3), 2),
            (nn.Dropout2d, (40, 50, 3), 2),
            (nn.Dropout3d, (40, 50, 2, 1, 3), 2),
            (nn.Dropout3d, (2000, 2, 1, 3), 1),
        ],
    )
    def test_whole_channels(self, layer, shape, drawn):
        y = host(layer(0.25)(tl.ones(*shape, dtype=tl.float64)))
        channels = y.reshape(*shape[:drawn], -1)
        assert_same(tensor(channels), np.broadcast_to(channels[..., :1], channels.shape))
        assert set(np.unique(y)) == {0.0, 1 / 0.75}
        assert (channels[..., 0] == 0).mean() == pytest.approx(0.25, abs=0.05)
        if drawn == 2:  # neither the same for all samples nor for all channels
            assert 0 < (channels[:, 0, 0] == 0).mean() < 1
            assert 0 < (channels[0, :, 0] == 0).mean() < 1

    @pytest.mark.parametrize(
        ("function", "shape", "message"),
        [
            (F.dropout1d, (3,), r"dropout1d: expects 2 axes, \(channels, length\), or 3, not an input of shape \(3,\)"),
            (F.dropout2d, (3, 4), r"dropout2d: expects 3 axes, \(batch, channels, length\), or 4, not .* \(3, 4\)"),
            (F.dropout3d, (3, 4, 5), r"dropout3d: expects 4 axes, .* or 5, not an input of shape \(3, 4, 5\)"),
            (F.feature_alpha_dropout, (3,), r"feature_alpha_dropout: expects \(batch, channels, ...\), not .* \(3,\)"),
        ],
    )
    def test_axes(self, function, shape, message):
        for training in (True, False):
            with pytest.raises(tl.ShapeError, match=message):
                function(tl.ones(*shape), 0.5, training)


class TestAlphaDropout:
    @pytest.mark.parametrize("p", [0.1, 0.5])
    def test_mean_and_variance_are_kept(self, p, rng):
        """Formula (8) of the paper: a (x d + alpha' (1 - d)) + b keeps mean 0 and variance 1."""
        x = rng.standard_normal(200_000)
        y = host(nn.AlphaDropout(p)(tensor(x)))
        a = 1 / sqrt((1 - p) * (1 + p * SATURATION**2))
        b = a * p * SATURATION
        dropped = np.isclose(y, -a * SATURATION + b)
        assert dropped.mean() == pytest.approx(p, abs=0.01)
        assert_close(tensor(y[~dropped]), a * x[~dropped] + b)
        assert y.mean() == pytest.approx(0, abs=0.01)
        assert y.var() == pytest.approx(1, abs=0.02)

    def test_channels(self, rng):
        x = rng.standard_normal((40, 50, 3))
        y = host(nn.FeatureAlphaDropout(0.4)(tensor(x)))
        a = 1 / sqrt(0.6 * (1 + 0.4 * SATURATION**2))
        b = a * 0.4 * SATURATION
        dropped = np.isclose(y, -a * SATURATION + b)
        assert_same(tensor(dropped.all(-1)), dropped.any(-1))
        assert dropped.mean() == pytest.approx(0.4, abs=0.05)
        assert_close(tensor(y[~dropped]), a * x[~dropped] + b)

    @pytest.mark.parametrize("function", [F.alpha_dropout, F.feature_alpha_dropout])
    def test_functions_default_to_evaluation(self, function):
        x = tl.ones(2, 3)
        assert function(x) is x
        assert not host(function(x, 1.0, True)).any()


class TestStochasticDepth:
    def test_rows(self):
        y = host(nn.StochasticDepth(0.25, "row")(tl.ones(5000, 2, 3, dtype=tl.float64))).reshape(5000, 6)
        assert_same(tensor(y), np.broadcast_to(y[:, :1], y.shape))
        assert set(np.unique(y)) == {0.0, 1 / 0.75}
        assert y.mean() == pytest.approx(1, abs=0.05)

    def test_batch(self):
        layer = nn.StochasticDepth(0.25, "batch")
        totals = [host(layer(tl.ones(4, 2, dtype=tl.float64))) for _ in range(400)]
        assert {tuple(np.unique(y)) for y in totals} == {(0.0,), (1 / 0.75,)}
        assert np.mean(totals) == pytest.approx(1, abs=0.15)

    def test_probabilities_of_zero_and_one(self):
        x = tl.ones(2, 3)
        assert not host(nn.StochasticDepth(1.0)(x)).any()
        assert nn.StochasticDepth(0.0)(x) is x
        assert nn.StochasticDepth(1.0).eval()(x) is x

    def test_errors(self):
        with pytest.raises(ValueError, match="StochasticDepth: mode must be 'row' or 'batch', not 'column'"):
            nn.StochasticDepth(0.5, "column")
        with pytest.raises(ValueError, match="stochastic_depth: mode must be"):
            F.stochastic_depth(tl.ones(1), 0.5, "column")
        with pytest.raises(tl.ShapeError, match="stochastic_depth: expects a batch axis"):
            F.stochastic_depth(tl.tensor(1.0), 0.5, "row")
        assert repr(nn.StochasticDepth(0.2)) == "StochasticDepth(p=0.2, mode='row')"


class TestDropConnect:
    def test_weights_are_left_out_and_scaled(self):
        layer = nn.DropConnectLinear(300, 200, p=0.2, dtype=tl.float64)
        weight, bias = host(layer.weight.detach()), host(layer.bias.detach())
        masked = host(layer(tl.eye(300, dtype=tl.float64)).detach()).T - bias[:, None]
        kept = masked != 0
        assert kept.mean() == pytest.approx(0.8, abs=0.01)
        assert_close(tensor(masked[kept]), weight[kept] / 0.8, rtol=1e-12)

    def test_one_mask_for_all_samples_and_another_for_each_call(self):
        layer = nn.DropConnectLinear(20, 30)
        y = host(layer(tl.ones(5, 20)).detach())
        assert_close(tensor(y), np.broadcast_to(y[:1], y.shape), rtol=1e-6)
        assert not np.allclose(host(layer(tl.ones(5, 20)).detach()), y)

    def test_evaluation_is_the_linear_map(self):
        layer = nn.DropConnectLinear(3, 2, p=0.9).eval()
        plain = nn.Linear(3, 2)
        plain.load_state_dict(layer.state_dict())
        assert_same(layer(tl.ones(4, 3)).detach(), host(plain(tl.ones(4, 3)).detach()))

    def test_gradient_is_masked(self):
        layer = nn.DropConnectLinear(40, 30, p=0.5, bias=False, dtype=tl.float64)
        layer(tl.ones(1, 40, dtype=tl.float64)).sum().backward()
        assert set(np.unique(host(layer.weight.grad))) == {0.0, 2.0}

    def test_repr(self):
        layer = nn.DropConnectLinear(3, 2, 0.1, bias=False)
        assert repr(layer) == "DropConnectLinear(in_features=3, out_features=2, bias=False, p=0.1)"
        assert list(layer.state_dict()) == ["weight"]


LAYERS = [
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout),
    nn.StochasticDepth,
]
SHAPES = {nn.Dropout3d: (2, 3, 1, 2, 2)}


@pytest.mark.parametrize("layer", LAYERS)
class TestEveryLayer:
    def test_probabilities_of_zero_and_one(self, layer):
        x = tl.ones(*SHAPES.get(layer, (2, 3, 4)))
        assert layer(0.5).eval()(x) is x
        assert layer(0.0)(x) is x
        y = layer(1.0)(x)
        assert y.shape == x.shape
        assert not host(y).any()

    @pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
    def test_probabilities_out_of_range(self, layer, p):
        with pytest.raises(ValueError, match=rf"{layer.__name__}: p must be a number in \[0, 1\], not"):
            layer(p)

    def test_empty_inputs(self, layer):
        shape = (0, *SHAPES.get(layer, (2, 3, 4))[1:])
        assert layer(0.5)(tl.ones(*shape)).shape == shape

    def test_derivatives(self, layer, rng):
        """With the same numbers drawn each time; those of second order are zero."""
        module = layer(0.4)
        shape = SHAPES.get(layer, (2, 3, 4))

        def squares(x):
            tl.manual_seed(1)
            return module(x) ** 2

        tl.check_gradients(squares, (leaf(rng.standard_normal(shape)),))

    def test_seed_and_type(self, layer):
        x = tl.ones(*SHAPES.get(layer, (2, 3, 4)), dtype=tl.float64)
        tl.manual_seed(3)
        first = layer(0.5)(x)
        assert first.dtype == tl.float64
        tl.manual_seed(3)
        assert_same(layer(0.5)(x), host(first))


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout"])
def test_functions_refuse_probabilities_out_of_range(name):
    with pytest.raises(ValueError, match=f"{name}: p must be a number in"):
        getattr(F, name)(tl.ones(2, 3, 4, 5), 1.5, False)


def test_integers_are_refused():
    with pytest.raises(TypeError, match="dropout: input is int64, but must be"):
        F.dropout(tl.ones(3, dtype=tl.int64))


class TestDropout:
    def test_fraction_and_scale(self):
        y = host(nn.Dropout(0.25)(tl.ones(100_000)))
        assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
        assert y.mean() == pytest.approx(1, abs=0.01)

    def test_gradient_is_the_mask(self):
        x = tl.ones(100, requires_grad=True)
        y = F.dropout(x, 0.5)
        y.sum().backward()
        assert_same(x.grad, host(y.detach()))

    def test_evaluation_returns_the_input(self):
        x = tl.ones(3)
        assert nn.Dropout().eval()(x) is x
        assert F.dropout(x, training=False) is x
        assert nn.Dropout(0.0)(x) is x

    def test_probability_of_one_gives_zeros(self):
        assert not host(F.dropout(tl.ones(3), 1.0)).any()

    def test_seed(self):
        tl.manual_seed(3)
        first = host(F.dropout(tl.ones(50)))
        tl.manual_seed(3)
        assert_same(F.dropout(tl.ones(50)), first)

    @pytest.mark.parametrize("p", [-0.1, 1.1])
    def test_probabilities_out_of_range(self, p):
        with pytest.raises(ValueError, match=r"must be a number in \[0, 1\]"):
            nn.Dropout(p)
        with pytest.raises(ValueError, match=r"must be a number in \[0, 1\]"):
            F.dropout(tl.ones(1), p)
