"""Layers beside PyTorch's, where it is installed: outputs, gradients, state dicts."""

import numpy as np
import pytest
from helpers import assert_close, host, tensor

import tensorlab as tl

torch = pytest.importorskip("torch")

LAYERS = [
    ("Linear", (3, 4), {}, (5, 3)),
    ("Linear", (3, 4), {"bias": False}, (2, 5, 3)),
    ("Conv1d", (2, 4, 3), {"padding": "same", "dilation": 2}, (2, 2, 8)),
    ("Conv1d", (2, 4, 4), {"padding": "same"}, (2, 2, 8)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "groups": 2}, (2, 4, 7, 6)),
    ("Conv2d", (2, 3, 3), {"padding": (2, 1), "padding_mode": "reflect"}, (2, 2, 5, 6)),
    ("Conv2d", (2, 3, 3), {"padding": "same", "padding_mode": "circular"}, (2, 5, 6)),
    ("Conv2d", (2, 3, 3), {"padding": 2, "padding_mode": "replicate", "bias": False}, (1, 2, 5, 6)),
    ("Conv3d", (2, 2, 2), {"stride": 2, "padding": 1}, (1, 2, 4, 5, 3)),
    ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 8)),
    ("MaxPool2d", ((3, 2),), {"stride": (2, 3), "padding": 1, "dilation": (1, 2), "ceil_mode": True}, (2, 3, 9, 10)),
    ("MaxPool3d", (2,), {}, (1, 2, 4, 4, 5)),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 8)),
    ("AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, (2, 3, 8, 9)),
    ("AvgPool2d", (2,), {"divisor_override": 3}, (3, 8, 9)),
    ("AvgPool3d", (2,), {"stride": 1, "padding": 1}, (1, 2, 4, 4, 5)),
    ("BatchNorm1d", (3,), {"momentum": None}, (5, 3)),
    ("BatchNorm1d", (3,), {"affine": False}, (5, 3, 2)),
    ("BatchNorm1d", (3,), {"bias": False}, (5, 3, 2)),
    ("BatchNorm2d", (3,), {"eps": 1e-2, "momentum": 0.3}, (4, 3, 2, 5)),
    ("BatchNorm3d", (3,), {"track_running_stats": False}, (2, 3, 2, 2, 3)),
    ("Tanh", (), {}, (3, 4)),
    ("ReLU", (), {}, (3, 4)),
    ("Sigmoid", (), {}, (3, 4)),
    ("Flatten", (1, 2), {}, (2, 3, 4, 5)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # PyTorch's, of its own speed
@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
class TestLayers:
    def pair(self, name, args, options):
        theirs = getattr(torch.nn, name)(*args, **options).double()
        ours = getattr(tl.nn, name)(*args, **options).double()
        ours.load_state_dict(theirs.state_dict())
        assert list(ours.state_dict()) == list(theirs.state_dict())
        assert [k for k, _ in ours.named_parameters()] == [k for k, _ in theirs.named_parameters()]
        return ours, theirs

    def test_outputs_and_gradients(self, name, args, options, shape, rng):
        ours, theirs = self.pair(name, args, options)
        for training in (True, True, False):
            x = rng.standard_normal(shape)
            a, b = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
            y, z = ours.train(training)(a), theirs.train(training)(b)
            assert_close(y.detach(), z.detach().numpy(), rtol=1e-9)
            g = rng.standard_normal(z.shape)
            ours.zero_grad()
            theirs.zero_grad()
            y.backward(tensor(g))
            z.backward(torch.tensor(g))
            assert_close(a.grad, b.grad.numpy(), rtol=1e-9)
            for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
                assert_close(p.grad, q.grad.numpy(), rtol=1e-9)
        for p, q in zip(ours.buffers(), theirs.buffers(), strict=True):
            assert_close(p, q.numpy(), rtol=1e-9)

    def test_words(self, name, args, options, shape):
        ours, theirs = self.pair(name, args, options)
        if name != "AvgPool1d":  # PyTorch writes its numbers as tuples there, and only there
            assert repr(ours).replace("axis", "dim") == repr(theirs)


def test_indices_of_maxima(rng):
    x = rng.standard_normal((2, 3, 9, 10))
    options = {"stride": (2, 3), "padding": 1, "dilation": (1, 2), "ceil_mode": True, "return_indices": True}
    _, ours = tl.nn.MaxPool2d((3, 2), **options)(tensor(x))
    _, theirs = torch.nn.MaxPool2d((3, 2), **options)(torch.tensor(x))
    np.testing.assert_array_equal(host(ours), theirs.numpy())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("shape", [(5, 4), (2, 4, 3, 2), (4,)])
def test_cross_entropy(shape, probabilities, weighted, smoothing, reduction, rng):
    x, w = rng.standard_normal(shape), rng.uniform(0.5, 2, 4)
    if probabilities:
        target = rng.uniform(0, 1, shape)
    else:
        target = np.asarray(rng.integers(0, 4, shape[:1] + shape[2:] if len(shape) > 1 else ()))
        if len(shape) > 1:
            target[target == 2] = -100
    a, b = tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    y = tl.nn.CrossEntropyLoss(tensor(w) if weighted else None, **options)(a, tensor(target))
    z = torch.nn.CrossEntropyLoss(torch.tensor(w) if weighted else None, **options)(b, torch.tensor(target))
    assert_close(y.detach(), z.detach().numpy(), rtol=1e-9)
    y.sum().backward()
    z.sum().backward()
    assert_close(a.grad, b.grad.numpy(), rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_a_whole_networks_state_dict(dtype):
    def network(nn):
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Flatten(), nn.Linear(144, 5)))

    theirs, ours = network(torch.nn).to(getattr(torch, dtype)), network(tl.nn)
    ours.load_state_dict(theirs.state_dict(keep_vars=True))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[key], value.float().numpy(), rtol=1e-7)
