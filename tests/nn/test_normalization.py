"""Normalisation against formulas and plain loops in NumPy."""

import warnings

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def standard(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def learned(layer, rng):
    """Give a layer scales and shifts that are not one and zero; return them as host arrays, None where missing."""
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    return [None if p is None else host(p.detach()) for p in (layer.weight, layer.bias)]


class TestLayerNorm:
    @pytest.mark.parametrize(("lengths", "axes"), [(4, (-1,)), ((3, 4), (-2, -1)), ([2, 3, 4], (-3, -2, -1))])
    def test_value(self, lengths, axes, rng):
        x = 2 + 3 * rng.standard_normal((5, 2, 3, 4))
        layer = nn.LayerNorm(lengths, eps=1e-3, dtype=tl.float64)
        weight, bias = learned(layer, rng)
        assert_close(layer(tensor(x)).detach(), standard(x, axes, 1e-3) * weight + bias)

    @pytest.mark.parametrize("columns", [1, 7, 300, 1 << 17])
    @pytest.mark.parametrize("rows", [1, 3, 700])
    def test_blocks_of_rows(self, rows, columns, rng):
        """Sizes about that of a block, also rows that are longer than one; far from zero, in single precision."""
        if rows * columns > 1 << 20:
            rows = 2
        x = (10 + rng.standard_normal((rows, columns))).astype("float32")
        wide = x.astype("float64")
        found = F.layer_norm(tensor(x), (columns,))
        assert found.dtype == tl.float32
        assert_close(found, standard(wide, -1), rtol=0, atol=2e-5)
        root = np.sqrt((wide**2).mean(-1, keepdims=True))
        assert_close(F.rms_norm(tensor(x), (columns,)), wide / root, rtol=2e-6)

    def test_gradients_of_blocks_of_rows(self, rng):
        """More rows than a block has: each gradient beside what its rows give alone."""
        rows, columns = 2100, 100
        x, g = rng.standard_normal((2, rows, columns))
        w = rng.standard_normal(columns)
        for norm in (F.layer_norm, F.rms_norm):
            whole = [leaf(x), leaf(w)]
            norm(whole[0], (columns,), whole[1]).backward(tensor(g))
            total = np.zeros(columns)
            for part in np.array_split(np.arange(rows), 7):
                a, b = leaf(x[part]), leaf(w)
                norm(a, (columns,), b).backward(tensor(g[part]))
                assert_close(host(whole[0].grad)[part], host(a.grad))
                total += host(b.grad)
            assert_close(whole[1].grad, total, rtol=1e-11)

    def test_of_nothing(self):
        x = tl.ones(0, 3, requires_grad=True)
        layer = nn.LayerNorm(3)
        layer(x).sum().backward()
        assert x.grad.shape == (0, 3)
        assert_same(layer.weight.grad, np.zeros(3, "float32"))
        assert F.layer_norm(tl.ones(3, 0), (0,)).shape == (3, 0)

    def test_gradients(self, rng):
        x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((2, 3, 4), (3, 4), (3, 4)))
        tl.check_gradients(lambda x, w, b: F.layer_norm(x, (3, 4), w, b), (x, w, b))
        tl.check_gradients(lambda x, b: F.layer_norm(x, 4, None, b[0], eps=0.1), (x, b))

    def test_third_derivative(self, rng):
        """The rules of the fused ops go round in a circle: once more round it."""
        x, w = leaf(rng.standard_normal((2, 3))), leaf(rng.standard_normal(3))

        def slope(x, w):
            return tl.grad(lambda x: (F.layer_norm(x, 3, w, eps=0.1) ** 3).sum())(x)

        tl.check_gradients(slope, (x, w))

    def test_parameters(self):
        layer = nn.LayerNorm((2, 3))
        assert list(layer.state_dict()) == ["weight", "bias"]
        assert_same(layer.weight.detach(), np.ones((2, 3), "float32"))
        assert_same(layer.bias.detach(), np.zeros((2, 3), "float32"))
        assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
        assert not nn.LayerNorm(3, elementwise_affine=False).state_dict()
        assert repr(layer) == "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=True)"
        nn.init.zeros_(layer.weight)
        layer.reset_parameters()
        assert_same(layer.weight.detach(), np.ones((2, 3), "float32"))

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match=r"layer_norm: normalized_shape \(3,\) .* shape \(2, 3, 4\); to normal"):
            nn.LayerNorm(3)(tl.ones(2, 3, 4))
        with pytest.raises(tl.ShapeError, match=r"layer_norm: weight and bias must have the shape \(4,\).*not \(3,\)"):
            F.layer_norm(tl.ones(2, 4), (4,), tl.ones(3))
        with pytest.raises(tl.ShapeError, match="layer_norm"):
            F.layer_norm(tl.ones(4), (2, 4))
        with pytest.raises(ValueError, match="at least one length"):
            nn.LayerNorm(())
        with pytest.raises(TypeError, match="layer_norm: input is complex64"):
            F.layer_norm(tl.ones(2, dtype=tl.complex64), 2)


class TestRMSNorm:
    @pytest.mark.parametrize(("lengths", "axes"), [(4, (-1,)), ((3, 4), (-2, -1))])
    def test_value(self, lengths, axes, rng):
        x = 2 + rng.standard_normal((5, 3, 4))
        layer = nn.RMSNorm(lengths, eps=0.1, dtype=tl.float64)
        nn.init.normal_(layer.weight)
        expected = x / np.sqrt((x**2).mean(axes, keepdims=True) + 0.1) * host(layer.weight.detach())
        assert_close(layer(tensor(x)).detach(), expected)

    @pytest.mark.parametrize(("dtype", "eps"), [("float32", np.finfo("float32").eps), ("float64", np.finfo(float).eps)])
    def test_default_eps(self, dtype, eps):
        x = 1e-8 * np.arange(1.0, 5)
        expected = x / np.sqrt((x**2).mean() + eps)
        assert_close(F.rms_norm(tensor(x, dtype=dtype), 4), expected, rtol=1e-5, atol=0)

    def test_gradients(self, rng):
        x, w = leaf(rng.standard_normal((2, 3, 4))), leaf(rng.standard_normal((3, 4)))
        tl.check_gradients(lambda x, w: F.rms_norm(x, (3, 4), w, eps=0.1), (x, w))

    def test_parameters_and_words(self):
        assert list(nn.RMSNorm(3).state_dict()) == ["weight"]
        assert not nn.RMSNorm(3, elementwise_affine=False).state_dict()
        assert repr(nn.RMSNorm([2, 3])) == "RMSNorm((2, 3), eps=None, elementwise_affine=True)"
        with pytest.raises(tl.ShapeError, match="rms_norm: normalized_shape"):
            nn.RMSNorm(3)(tl.ones(2, 4))


class TestGroupNorm:
    @pytest.mark.parametrize("groups", [1, 2, 3, 6])
    @pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (2, 6, 2, 3)])
    def test_value(self, groups, shape, rng):
        if groups == 6 and len(shape) == 2:
            shape = (4, 6, 2)
        x = rng.standard_normal(shape)
        layer = nn.GroupNorm(groups, 6, dtype=tl.float64)
        weight, bias = learned(layer, rng)
        per_channel = (-1,) + (1,) * (x.ndim - 2)
        parts = [standard(part, tuple(range(1, x.ndim))) for part in np.split(x, groups, axis=1)]
        expected = np.concatenate(parts, axis=1) * weight.reshape(per_channel) + bias.reshape(per_channel)
        assert_close(layer(tensor(x)).detach(), expected, rtol=1e-11)

    def test_gradients(self, rng):
        x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((2, 4, 3), 4, 4))
        tl.check_gradients(lambda x, w, b: F.group_norm(x, 2, w, b), (x, w, b))

    def test_words_and_errors(self):
        assert repr(nn.GroupNorm(2, 4, bias=False)) == "GroupNorm(2, 4, eps=1e-05, affine=True, bias=False)"
        with pytest.raises(ValueError, match="num_channels 5 does not divide into num_groups 2"):
            nn.GroupNorm(2, 5)
        with pytest.raises(tl.ShapeError, match="group_norm: the 5 channels on axis 1"):
            F.group_norm(tl.ones(2, 5), 2)
        with pytest.raises(tl.ShapeError, match=r"looks channels-last, which x.permute\(0, 3, 1, 2\)"):
            nn.GroupNorm(2, 4)(tl.ones(2, 8, 8, 4))
        with pytest.raises(tl.ShapeError, match="group_norm: the input must have a batch axis and a channel axis"):
            F.group_norm(tl.ones(2), 2)
        with pytest.raises(ValueError, match="more than one value per group"):
            nn.GroupNorm(4, 4)(tl.ones(1, 4))


class TestInstanceNorm:
    @pytest.mark.parametrize(
        ("kind", "shape"),
        [(nn.InstanceNorm1d, (2, 3, 4)), (nn.InstanceNorm2d, (2, 3, 4, 2)), (nn.InstanceNorm3d, (2, 3, 2, 2, 3))],
    )
    def test_training_and_evaluation(self, kind, shape, rng):
        x = 2 + 3 * rng.standard_normal(shape)
        axes = tuple(range(2, x.ndim))
        per_channel = (-1,) + (1,) * (x.ndim - 2)
        layer = kind(3, momentum=0.25, affine=True, track_running_stats=True, dtype=tl.float64)
        weight, bias = (p.reshape(per_channel) for p in learned(layer, rng))
        expected = standard(x, axes) * weight + bias
        assert_close(layer(tensor(x)).detach(), expected, rtol=1e-11)
        assert_close(kind(3).double()(tensor(x)), standard(x, axes), rtol=1e-11)
        assert_close(kind(3).double().eval()(tensor(x[0])), standard(x, axes)[0], rtol=1e-11)

        mean, variance = 0.25 * x.mean(axes).mean(0), 0.75 + 0.25 * x.var(axes, ddof=1).mean(0)
        assert_close(layer.running_mean, mean)
        assert_close(layer.running_var, variance)
        mean, variance = mean.reshape(per_channel), variance.reshape(per_channel)
        expected = (x - mean) / np.sqrt(variance + layer.eps) * weight + bias
        assert_close(layer.eval()(tensor(x)).detach(), expected, rtol=1e-11)
        assert_close(layer(tensor(x[1])).detach(), expected[1], rtol=1e-11)
        assert layer.num_batches_tracked.item() == 0

    def test_of_nothing(self):
        layer = nn.InstanceNorm1d(3, track_running_stats=True)
        assert layer(tl.ones(0, 3, 4)).shape == (0, 3, 4)
        assert_same(layer.running_var, np.ones(3, "float32"))

    @pytest.mark.parametrize("use_input_stats", [True, False])
    def test_gradients(self, use_input_stats, rng):
        x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((2, 3, 4), 3, 3))
        mean, variance = tensor(rng.standard_normal(3)), tensor(rng.uniform(1, 2, 3))

        def normalised(x, w, b):
            return F.instance_norm(x, mean.clone(), variance.clone(), w, b, use_input_stats)

        tl.check_gradients(normalised, (x, w, b))
        tl.check_gradients(lambda x, w, b: F.instance_norm(x, None, None, w, b), (x, w, b))

    def test_state_dict_and_words(self):
        layer = nn.InstanceNorm2d(3)
        assert not layer.state_dict()
        assert repr(layer) == (
            "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)"
        )
        keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
        assert list(nn.InstanceNorm2d(3, affine=True, track_running_stats=True).state_dict()) == keys

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match="InstanceNorm2d expects 3 axes, or 4 with a batch, not shape"):
            nn.InstanceNorm2d(3)(tl.ones(2, 3))
        with pytest.raises(tl.ShapeError, match=r"channels-last, which x.permute\(0, 2, 1\) corrects"):
            nn.InstanceNorm1d(3, affine=True)(tl.ones(2, 5, 3))
        with pytest.raises(tl.ShapeError, match=r"axis 0, .* channels-last, which x.permute\(2, 0, 1\) corrects"):
            nn.InstanceNorm2d(3, affine=True)(tl.ones(5, 4, 3))
        with pytest.raises(tl.ShapeError, match="InstanceNorm1d expects 3 channels on axis 1"):
            nn.InstanceNorm1d(3, affine=True)(tl.ones(2, 4, 5))
        with pytest.warns(UserWarning, match="3 channels on axis 0"):
            nn.InstanceNorm1d(3)(tl.ones(4, 5))
        with pytest.raises(ValueError, match="more than one value per channel and sample"):
            nn.InstanceNorm1d(3)(tl.ones(2, 3, 1))
        with pytest.raises(ValueError, match="instance_norm needs running_mean"):
            F.instance_norm(tl.ones(2, 3, 4), use_input_stats=False)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*channels on axis")
            nn.InstanceNorm1d(3)(tl.ones(2, 3, 5))


class TestBatchNorm:
    def test_statistics_that_are_switched_off(self, rng):
        layer = nn.BatchNorm1d(2, dtype=tl.float64)
        layer.track_running_stats = False
        x = rng.standard_normal((5, 2))
        assert_close(layer(tensor(x)).detach(), standard(x, 0), rtol=1e-11)
        assert_same(layer.running_mean, np.zeros(2))
        assert layer.num_batches_tracked.item() == 0

    def test_of_nothing(self):
        layer = nn.BatchNorm1d(3)
        assert layer(tl.ones(0, 3, 4)).shape == (0, 3, 4)
        assert_same(layer.running_mean, np.zeros(3, "float32"))

    def test_without_shift(self, rng):
        layer = nn.BatchNorm2d(3, bias=False)
        assert list(layer.state_dict())[:2] == ["weight", "running_mean"]
        assert "bias=False" in repr(layer)

    def test_errors(self):
        with pytest.raises(ValueError, match="batch_norm: eps must be positive"):
            F.batch_norm(tl.ones(2, 2), None, None, training=True, eps=0.0)
        with pytest.raises(ValueError, match="batch_norm: eps"):
            F.batch_norm(tl.ones(2, 2), tl.ones(2), tl.ones(2), eps=-1.0)
        with pytest.raises(tl.ShapeError, match="batch_norm: running_mean must have one number for each of the 2 chan"):
            F.batch_norm(tl.ones(3, 2), tl.ones(3), tl.ones(2))
        with pytest.raises(tl.ShapeError, match=r"channels-last, which x.permute\(0, 3, 1, 2\) corrects"):
            nn.BatchNorm2d(3)(tl.ones(2, 8, 8, 3))
        with pytest.raises(ValueError, match="more than one value per channel"):
            nn.BatchNorm1d(2, track_running_stats=False).eval()(tl.ones(1, 2))


class TestLocalResponseNorm:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
    @pytest.mark.parametrize("shape", [(2, 6, 3), (2, 6, 3, 2), (1, 6, 2, 2, 2)])
    def test_value(self, size, shape, rng):
        x = rng.standard_normal(shape)
        expected = np.empty_like(x)
        for c in range(6):
            near = x[:, max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
            expected[:, c] = x[:, c] / (2 + 0.5 * (near**2).sum(1) / size) ** 0.6
        assert_close(F.local_response_norm(tensor(x), size, 0.5, 0.6, 2.0), expected)
        assert_close(nn.LocalResponseNorm(size, 0.5, 0.6, 2.0)(tensor(x)), expected)

    @pytest.mark.parametrize("size", [1, 3, 4, 5])
    def test_cross_map(self, size, rng):
        x = rng.standard_normal((2, 7, 3, 2))
        expected = np.empty_like(x)
        reach = (size - 1) // 2
        for c in range(7):
            near = x[:, max(c - reach, 0) : c + reach + 1]
            expected[:, c] = x[:, c] / (1 + 0.5 * (near**2).sum(1) / size) ** 0.75
        assert_close(nn.CrossMapLRN2d(size, 0.5)(tensor(x)), expected)

    def test_gradients(self, rng):
        x = leaf(rng.standard_normal((2, 5, 3)))
        tl.check_gradients(lambda x: F.local_response_norm(x, 3, alpha=0.7), (x,))
        tl.check_gradients(nn.CrossMapLRN2d(4, alpha=0.7), (leaf(rng.standard_normal((1, 4, 2, 1))),))

    def test_of_nothing(self):
        assert F.local_response_norm(tl.ones(0, 3, 2), 2).shape == (0, 3, 2)

    def test_words_and_errors(self):
        assert repr(nn.LocalResponseNorm(2)) == "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"
        assert repr(nn.CrossMapLRN2d(2)) == "CrossMapLRN2d(2, alpha=0.0001, beta=0.75, k=1)"
        with pytest.raises(tl.ShapeError, match="local_response_norm: the input must have"):
            nn.LocalResponseNorm(2)(tl.ones(2, 3))
        with pytest.raises(tl.ShapeError, match="4 axes"):
            nn.CrossMapLRN2d(2)(tl.ones(2, 3, 4))
        with pytest.raises(ValueError, match="size must be a positive integer"):
            nn.LocalResponseNorm(0)


class TestNormalize:
    @pytest.mark.parametrize("p", [0.5, 1, 2, 3.0, np.inf, -np.inf])
    @pytest.mark.parametrize("axis", [0, 1, -1, (0, 2)])
    def test_value_and_gradient(self, p, axis, rng):
        x = rng.uniform(0.5, 2, (2, 3, 4)) * rng.choice([-1, 1], (2, 3, 4))
        size = np.abs(x)
        if np.isinf(p):
            norm = (size.max if p > 0 else size.min)(axis, keepdims=True)
        else:
            norm = (size**p).sum(axis, keepdims=True) ** (1 / p)
        assert_close(F.normalize(tensor(x), p, axis), x / norm)
        tl.check_gradients(lambda x: F.normalize(x, p, axis), (leaf(x),))

    def test_short_vectors(self):
        x = tl.tensor([[0.0, 0.0], [3e-13, 4e-13]], dtype=tl.float64, requires_grad=True)
        y = F.normalize(x)
        assert_close(y.detach(), [[0, 0], [0.3, 0.4]])
        y.sum().backward()
        assert_close(x.grad, np.full((2, 2), 1e12))

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match="normalize"):
            F.normalize(tl.ones(3))
        with pytest.raises(TypeError, match="normalize: input is int64"):
            F.normalize(tl.ones(3, 3, dtype=tl.int64))


class TestBatchStatistics:
    @pytest.mark.parametrize(
        ("kind", "shape"),
        [
            (nn.BatchNorm1d, (5, 3)),
            (nn.BatchNorm1d, (5, 3, 4)),
            (nn.BatchNorm2d, (5, 3, 4, 2)),
            (nn.BatchNorm3d, (2, 3, 2, 2, 3)),
        ],
    )
    def test_training_and_evaluation(self, kind, shape, rng):
        x = 2 + 3 * rng.standard_normal(shape)
        layer = kind(3, dtype=tl.float64)
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
        axes = (0, *range(2, x.ndim))
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        weight, bias = (host(p.detach()).reshape(mean.shape[1:]) for p in (layer.weight, layer.bias))

        expected = (x - mean) / np.sqrt(variance + layer.eps) * weight + bias
        assert_close(layer(tensor(x)).detach(), expected, rtol=1e-10)
        unbiased = x.var(axes, ddof=1)
        assert_close(layer.running_mean, 0.1 * mean.ravel())
        assert_close(layer.running_var, 0.9 + 0.1 * unbiased)
        assert layer.num_batches_tracked.item() == 1

        running_mean, running_var = (host(b).reshape(mean.shape[1:]) for b in (layer.running_mean, layer.running_var))
        expected = (x - running_mean) / np.sqrt(running_var + layer.eps) * weight + bias
        assert_close(layer.eval()(tensor(x)).detach(), expected, rtol=1e-10)
        assert layer.num_batches_tracked.item() == 1

    def test_mean_of_all_batches(self, rng):
        layer = nn.BatchNorm1d(2, momentum=None, dtype=tl.float64)
        batches = rng.standard_normal((3, 4, 2))
        for batch in batches:
            layer(tensor(batch))
        assert_close(layer.running_mean, batches.mean((0, 1)))
        assert_close(layer.running_var, batches.var(1, ddof=1).mean(0))

    def test_without_statistics(self, rng):
        layer = nn.BatchNorm1d(2, track_running_stats=False, affine=False).eval()
        assert not layer.state_dict()
        y = host(layer(tensor(rng.standard_normal((50, 2)), dtype="float32")))
        assert y.mean(0) == pytest.approx(0, abs=1e-6)

    def test_state_dict(self):
        keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
        assert list(nn.BatchNorm2d(3).state_dict()) == keys
        assert nn.BatchNorm2d(3).num_batches_tracked.shape == ()

    def test_reset(self, rng):
        layer = nn.BatchNorm1d(2)
        layer(tensor(rng.standard_normal((5, 2)), dtype="float32"))
        layer.reset_parameters()
        assert_same(layer.running_mean, np.zeros(2, "float32"))
        assert_same(layer.running_var, np.ones(2, "float32"))
        assert layer.num_batches_tracked.item() == 0

    @pytest.mark.parametrize("training", [True, False])
    def test_gradients(self, training, rng):
        x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((4, 2, 3), 2, 2))
        mean, variance = tensor(rng.standard_normal(2)), tensor(rng.uniform(1, 2, 2))

        def normalised(x, w, b):
            return F.batch_norm(x, mean.clone(), variance.clone(), w, b, training=training)

        tl.check_gradients(normalised, (x, w, b))

    def test_an_evaluation_graph_survives_training(self, rng):
        layer = nn.BatchNorm1d(2, dtype=tl.float64)
        x = leaf(rng.standard_normal((4, 2)))
        y = layer.eval()(x)
        layer.train()(x.detach())
        y.sum().backward()
        assert_close(x.grad, np.full((4, 2), 1 / np.sqrt(1 + 1e-5)))

    def test_errors(self):
        with pytest.raises(ValueError, match="more than one value per channel"):
            nn.BatchNorm1d(2)(tl.ones(1, 2))
        with pytest.raises(tl.ShapeError, match="BatchNorm2d expects 4 axes with 3 channels"):
            nn.BatchNorm2d(3)(tl.ones(2, 3))
        with pytest.raises(ValueError, match="needs running_mean"):
            F.batch_norm(tl.ones(2, 2), None, None)


LARGE = {
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
    "layer_norm of short rows": lambda x: F.layer_norm(x, x.shape[-1:]),
    "rms_norm": lambda x: F.rms_norm(x, x.shape[-1:]),
    "group_norm": lambda x: F.group_norm(x, 2),
    "instance_norm": lambda x: F.instance_norm(x),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "normalize": lambda x: F.normalize(x),
    "std": lambda x: tl.std(x, axis=(0, 2)),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in divide")  # the variance itself, for the running one
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("size", [4, 40])
def test_numbers_whose_squares_overflow(name, mixed, size, rng):
    """In double precision nothing overflows. Ordinary samples beside large ones are not affected by them."""
    if mixed and name in ("batch_norm", "std"):
        pytest.skip("the samples are not normalised independently")
    x = rng.normal(size=(4, 6, size, size)).astype("float32")
    x[: 1 if mixed else None] *= np.float32(1e20)
    results = []
    for dtype in ("float32", "float64"):
        leaf = tensor(x, dtype=dtype, requires_grad=True)
        y = LARGE[name](leaf)
        y.backward(tensor(np.random.default_rng(1).normal(size=y.shape), dtype=dtype))
        results.append((host(y.detach()), host(leaf.grad)))
    for found, exact in zip(*results, strict=True):
        parts = [slice(0, 1), slice(1, None)] if mixed else [slice(None)]
        for part in parts:
            scale = np.abs(exact[part]).max()
            np.testing.assert_allclose(found[part] / scale, exact[part] / scale, atol=3e-5)
