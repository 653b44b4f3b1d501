"""Layers that take their input size from the first batch."""

import copy

import numpy as np
import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import nn

LAYERS = [
    (nn.LazyLinear, (3,), {}, (2, 5), nn.Linear(5, 3)),
    (nn.LazyLinear, (3,), {"bias": False}, (2, 4, 5), nn.Linear(5, 3, bias=False)),
    (nn.LazyConv1d, (4, 3), {"stride": 2}, (2, 5, 8), nn.Conv1d(5, 4, 3, stride=2)),
    (nn.LazyConv1d, (4, 3), {}, (5, 8), nn.Conv1d(5, 4, 3)),
    (
        nn.LazyConv2d,
        (4, (3, 2)),
        {"groups": 2, "bias": False},
        (2, 6, 5, 5),
        nn.Conv2d(6, 4, (3, 2), 1, 0, 1, 2, False),
    ),
    (nn.LazyConv3d, (4, 2), {"padding": 1}, (1, 3, 4, 4, 4), nn.Conv3d(3, 4, 2, padding=1)),
    (nn.LazyConvTranspose1d, (4, 3), {}, (2, 5, 8), nn.ConvTranspose1d(5, 4, 3)),
    (nn.LazyConvTranspose2d, (4, 3), {"groups": 2}, (2, 6, 5, 5), nn.ConvTranspose2d(6, 4, 3, groups=2)),
    (nn.LazyConvTranspose3d, (4, 2), {}, (3, 4, 4, 4), nn.ConvTranspose3d(3, 4, 2)),
    (nn.LazyBatchNorm1d, (), {}, (4, 3), nn.BatchNorm1d(3)),
    (nn.LazyBatchNorm2d, (), {"momentum": None}, (4, 3, 2, 2), nn.BatchNorm2d(3, momentum=None)),
    (nn.LazyBatchNorm3d, (), {"affine": False}, (4, 3, 2, 2, 2), nn.BatchNorm3d(3, affine=False)),
    (nn.LazyBatchNorm1d, (), {"track_running_stats": False}, (4, 3), nn.BatchNorm1d(3, track_running_stats=False)),
    (nn.LazyInstanceNorm1d, (), {}, (3, 4), nn.InstanceNorm1d(3, affine=True, track_running_stats=True)),
    (nn.LazyInstanceNorm2d, (), {"affine": False}, (2, 3, 4, 4), nn.InstanceNorm2d(3, track_running_stats=True)),
    (nn.LazyInstanceNorm2d, (), {"track_running_stats": False}, (2, 3, 4, 4), nn.InstanceNorm2d(3, affine=True)),
    (nn.LazyInstanceNorm3d, (1e-3, 0.3, False, False), {}, (2, 3, 2, 2, 2), nn.InstanceNorm3d(3, 1e-3, 0.3)),
]


@pytest.mark.parametrize(("kind", "args", "options", "shape", "plain"), LAYERS)
class TestEveryLayer:
    def test_the_first_call_makes_it_the_plain_layer(self, kind, args, options, shape, plain):
        layer = kind(*args, **options)
        assert list(layer.state_dict()) == list(plain.state_dict())
        assert isinstance(layer, type(plain))
        held = list(layer.parameters())
        x = tl.randn(*shape)
        first = layer(x)
        assert type(layer) is type(plain)
        assert repr(layer) == repr(plain)
        assert [p is q for p, q in zip(layer.parameters(), held, strict=True)] == [True] * len(held)
        assert all(type(p) is nn.Parameter and p.requires_grad for p in held)
        assert {k: v.shape for k, v in layer.state_dict().items()} == {
            k: v.shape for k, v in plain.state_dict().items()
        }
        assert first.shape == plain(x).shape

    def test_loaded_from_a_state_dict(self, kind, args, options, shape, plain):
        layer = kind(*args, **options)
        layer.load_state_dict(plain.state_dict())
        loaded = copy.deepcopy(plain)
        x = tl.randn(*shape)
        assert_same(layer(x).detach(), host(loaded(x).detach()))
        assert repr(layer) == repr(plain)

    def test_cast_before(self, kind, args, options, shape, plain):
        layer = kind(*args, **options).double()
        assert layer(tl.randn(*shape, dtype=tl.float64)).dtype == tl.float64
        assert all(p.dtype == tl.float64 for p in layer.parameters())


class TestUninitialized:
    def test_numbers_are_drawn_as_ever(self):
        layer = nn.LazyLinear(400)
        layer(tl.ones(1, 100))
        weight = host(layer.weight.detach())
        assert 0.099 < np.abs(weight).max() <= 0.1
        assert abs(weight.std() - 0.1 / np.sqrt(3)) < 0.001
        layer = nn.LazyBatchNorm1d()
        layer.eval()(tl.ones(2, 3))
        assert_same(layer.weight.detach(), [1, 1, 1])
        assert_same(layer.running_mean, [0, 0, 0])
        assert_same(layer.running_var, [1, 1, 1])

    @pytest.mark.parametrize(
        "use",
        [
            lambda p: p.shape,
            lambda p: p + 1,
            lambda p: tl.sum(p),
            lambda p: p.ndim,
            lambda p: nn.init.zeros_(p),
            lambda p: nn.utils.parameters_to_vector([p]),
        ],
    )
    def test_use_before_is_an_error(self, use):
        with pytest.raises(RuntimeError, match=r"parameter has no shape yet.*call the module once"):
            use(nn.LazyLinear(3).weight)

    def test_what_is_no_use(self):
        net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
        assert repr(net[0]) == "LazyLinear(in_features=0, out_features=3, bias=True)"
        assert repr(net[0].weight) == "<uninitialized parameter>"
        assert repr(net[1].running_var) == "<uninitialized buffer>"
        assert net.zero_grad() is None
        assert net[0].has_uninitialized_params()
        assert len(list(net.parameters())) == 4
        assert len(list(net.buffers())) == 3

    def test_frozen_before(self):
        layer = nn.LazyLinear(3).requires_grad_(False)
        layer(tl.ones(1, 2))
        assert not any(p.requires_grad for p in layer.parameters())
        layer.requires_grad_()
        layer(tl.ones(1, 2)).sum().backward()
        assert layer.weight.grad is not None

    def test_it_learns_like_any_other(self):
        layer = nn.LazyLinear(1)
        layer(tl.ones(4, 2)).sum().backward()
        assert_same(layer.weight.grad, [[4, 4]])

    def test_a_deep_copy_is_another_lazy_layer(self):
        layer = nn.LazyLinear(3)
        other = copy.deepcopy(layer)
        other(tl.ones(1, 2))
        assert other.weight.shape == (3, 2)
        assert layer.has_uninitialized_params()
        assert layer(tl.ones(1, 5)).shape == (1, 3)

    def test_a_lazy_state_dict_leaves_things_as_they_are(self):
        layer = nn.LazyLinear(3)
        layer.load_state_dict(nn.LazyLinear(3).state_dict())
        assert layer.has_uninitialized_params()

    def test_a_batch_that_does_not_fit(self):
        net = nn.Sequential(nn.LazyConv2d(4, 3, groups=2))
        with pytest.raises(tl.ShapeError, match=r"LazyConv2d expects .* 2 spatial axes") as caught:
            net(tl.ones(1, 2))
        assert "in 0 (LazyConv2d)" in caught.value.__notes__
        with pytest.raises(tl.ShapeError, match=r"3 channels of shape .* for 2 groups"):
            net(tl.ones(1, 3, 5, 5))
        assert net[0].has_uninitialized_params()
        assert net(tl.ones(1, 4, 5, 5)).shape == (1, 4, 3, 3)
        with pytest.raises(tl.ShapeError, match="LazyBatchNorm1d expects 2 or 3 axes"):
            nn.LazyBatchNorm1d()(tl.ones(2))
        with pytest.raises(tl.ShapeError, match="at least 1 axis"):
            nn.LazyLinear(3)(tl.ones(()))
        with pytest.raises(ValueError, match="groups"):
            nn.LazyConv2d(3, 3, groups=2)
