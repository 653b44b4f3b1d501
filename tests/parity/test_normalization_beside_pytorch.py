"""Normalisation beside PyTorch's."""

import numpy as np
import pytest
from beside import compare_functions, compare_layers, layer_pair, ours, theirs, torch
from helpers import assert_close, seeded, tensor

import tensorlab as tl

INF = float("inf")

LAYERS = [
    ("BatchNorm1d", (3,), {}, (5, 3)),
    ("BatchNorm1d", (3,), {"eps": 1e-2, "momentum": 0.3}, (5, 3, 4)),
    ("BatchNorm1d", (3,), {"momentum": None}, (5, 3)),
    ("BatchNorm1d", (3,), {"momentum": 0.0}, (5, 3)),
    ("BatchNorm1d", (3,), {"affine": False, "track_running_stats": False}, (5, 3, 2)),
    ("BatchNorm1d", (3,), {}, (0, 3, 4)),
    ("BatchNorm2d", (3,), {"bias": False}, (4, 3, 2, 5)),
    ("BatchNorm2d", (3,), {"affine": False}, (4, 3, 2, 5)),
    ("BatchNorm3d", (3,), {"track_running_stats": False}, (2, 3, 2, 2, 3)),
    ("InstanceNorm1d", (3,), {}, (5, 3, 4)),
    ("InstanceNorm1d", (3,), {"affine": True, "eps": 1e-2}, (3, 4)),
    ("InstanceNorm1d", (3,), {"track_running_stats": True, "momentum": 0.3}, (2, 3, 4)),
    ("InstanceNorm1d", (3,), {"track_running_stats": True, "momentum": None}, (2, 3, 4)),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, (2, 3, 4, 2)),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, (3, 4, 2)),
    ("InstanceNorm2d", (3,), {"affine": True, "bias": False}, (2, 3, 4, 2)),
    ("InstanceNorm3d", (3,), {"affine": True, "track_running_stats": True}, (2, 3, 2, 2, 2)),
    ("InstanceNorm3d", (3,), {}, (3, 2, 2, 2)),
    ("LayerNorm", (5,), {}, (4, 3, 5)),
    ("LayerNorm", (5,), {}, (5,)),
    ("LayerNorm", (5,), {"eps": 1e-1}, (4, 5)),
    ("LayerNorm", ((3, 5),), {}, (4, 3, 5)),
    ("LayerNorm", ([3, 5],), {"bias": False}, (4, 2, 3, 5)),
    ("LayerNorm", (5,), {"elementwise_affine": False}, (4, 3, 5)),
    ("LayerNorm", (5,), {}, (0, 5)),
    ("LayerNorm", (1,), {}, (3, 1)),
    ("RMSNorm", (5,), {}, (4, 3, 5)),
    ("RMSNorm", ((3, 5),), {"eps": 1e-1}, (4, 3, 5)),
    ("RMSNorm", (5,), {"elementwise_affine": False}, (5,)),
    ("RMSNorm", (5,), {}, (0, 5)),
    ("GroupNorm", (2, 6), {}, (3, 6, 4)),
    ("GroupNorm", (1, 6), {"eps": 1e-1}, (3, 6)),
    ("GroupNorm", (6, 6), {"affine": False}, (3, 6, 2, 3)),
    ("GroupNorm", (3, 6), {"bias": False}, (1, 6, 2, 1, 2)),
    ("GroupNorm", (2, 6), {}, (0, 6, 4)),
    ("LocalResponseNorm", (3,), {"alpha": 0.5}, (2, 6, 4)),
    ("LocalResponseNorm", (2,), {"alpha": 0.5, "beta": 0.3, "k": 2.0}, (2, 6, 4, 3)),
    ("LocalResponseNorm", (5,), {"alpha": 0.5}, (2, 3, 2, 2, 2)),
    ("LocalResponseNorm", (9,), {"alpha": 0.5}, (2, 3, 2)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers(name, args, options, shape):
    x = 0.5 + seeded(name, shape).normal(size=shape)
    compare_layers(name, args, options, (x,), rtol=1e-8)


def test_learned_numbers_in_use():
    """Scales and shifts that are not one and zero."""
    rng = seeded("learned")
    for name, args, options, shape in LAYERS:
        a, b = layer_pair(name, args, options)
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            values = rng.normal(size=p.shape)
            p.data = tensor(values)
            q.data = torch.tensor(values)
        x = rng.normal(size=shape)
        for training in (True, False):
            found, expected = a.train(training)(tensor(x)), b.train(training)(torch.tensor(x))
            assert_close(found.detach(), expected.detach().numpy(), rtol=1e-9)


VECTOR = np.array([0.5, -2.0, 1.5])
POSITIVE = np.array([0.5, 2.0, 1.5])

FUNCTIONS = [
    ("batch_norm", ((4, 3, 2), None, None, VECTOR, VECTOR), {"training": True}),
    ("batch_norm", ((4, 3, 2), VECTOR, POSITIVE, VECTOR), {"eps": 1e-1}),
    ("batch_norm", ((4, 3), VECTOR, POSITIVE, None, VECTOR), {"eps": 0.0}),
    ("batch_norm", ((4, 3), VECTOR, POSITIVE), {}),
    ("instance_norm", ((4, 3, 2),), {"eps": 1e-1}),
    ("instance_norm", ((4, 3, 2), VECTOR, POSITIVE, VECTOR, VECTOR), {"use_input_stats": False}),
    ("instance_norm", ((4, 3, 2, 2), None, None, VECTOR, VECTOR), {}),
    ("layer_norm", ((4, 2, 3), [3]), {}),
    ("layer_norm", ((4, 2, 3), (3,), VECTOR), {"eps": 1e-1}),
    ("layer_norm", ((4, 2, 3), [3], None, VECTOR), {}),
    ("rms_norm", ((4, 2, 3), [2, 3]), {}),
    ("rms_norm", ((4, 2, 3), [3], VECTOR, 1e-1), {}),
    ("group_norm", ((2, 3, 4), 3, VECTOR, VECTOR), {"eps": 1e-1}),
    ("group_norm", ((2, 3, 4), 1), {}),
    ("local_response_norm", ((2, 5, 3), 4), {"alpha": 0.5, "beta": 2.0, "k": 0.5}),
    *(
        ("normalize", ((2, 3, 4),), {"p": p, "axis": axis})
        for p in (2.0, 1.0, 3.0, 0.5, INF, -INF, -1.0, 2)
        for axis in (1, 0, -1, (0, 2))
    ),
    ("normalize", ((2, 3),), {"eps": 10.0}),
    ("normalize", ((0, 3),), {}),
]


@pytest.mark.parametrize(("name", "args", "options"), FUNCTIONS)
def test_functions(name, args, options):
    shape, *others = args
    x = seeded(name, shape, str(options)).normal(size=shape)
    fixed = name in ("batch_norm", "instance_norm")
    if fixed:  # PyTorch's running statistics carry no gradient
        statistics = [None if s is None else s.copy() for s in others[:2]]
        a, b = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        found = getattr(tl.nn.functional, name)(a, *map(_plain(tensor), statistics), *ours(others[2:]), **options)
        expected = getattr(torch.nn.functional, name)(
            b, *map(_plain(torch.tensor), statistics), *theirs(others[2:]), **options
        )
        assert_close(found.detach(), expected.detach().numpy(), rtol=1e-10)
        g = seeded("cotangent").normal(size=found.shape)
        found.backward(tensor(g))
        expected.backward(torch.tensor(g))
        assert_close(a.grad, b.grad.numpy(), rtol=1e-8)
        return
    compare_functions(name, (x, *others), options, rtol=1e-8)


def _plain(make):
    return lambda x: None if x is None else make(x)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_narrow_types(name, dtype):
    """RMSNorm's eps is that of the type in which PyTorch computes."""
    if tl.active_backend().native_dtype(dtype) is None:
        pytest.skip(f"the backend has no {dtype}")
    x = 1e-4 * seeded(name).normal(size=(4, 6))
    found = getattr(tl.nn.functional, name)(tensor(x, dtype=dtype), (6,))
    expected = getattr(torch.nn.functional, name)(torch.tensor(x, dtype=getattr(torch, dtype)), (6,))
    assert str(found.dtype) == "tensorlab." + dtype or str(found.dtype) == dtype
    assert_close(found.to(tl.float64), expected.double().numpy(), rtol={"float32": 1e-5, "float16": 2e-3}[dtype])


@pytest.mark.parametrize("size", [1, 3, 4, 5, 6])
def test_cross_map_of_few_channels(size):
    """PyTorch's sums are right as long as no channel leaves them, and its gradients hardly ever: values alone."""
    channels = (size - 1) // 2 + 1
    x = seeded(size).normal(size=(2, channels, 3, 2))
    options = {"alpha": 0.5, "beta": 0.6, "k": 2}
    a, b = tl.nn.CrossMapLRN2d(size, **options), torch.nn.CrossMapLRN2d(size, **options)
    assert repr(a) == repr(b)
    assert_close(a(tensor(x)), b(torch.tensor(x)).numpy(), rtol=1e-12)
