"""Attributions against closed forms, formulas written in NumPy, brute force and finite differences."""

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.nn import functional as F
from tensorlab.viz import attribution
from tensorlab.viz.attribution import (
    LayerOutput,
    deconvolution,
    grad_cam,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
)

METHODS = {
    **{name: getattr(attribution, name) for name in attribution.__all__ if name != "LayerOutput"},
    "occlusion": lambda model, inputs, target=None: occlusion(model, inputs, 3, target),
    "grad_cam": lambda model, inputs, target=None: grad_cam(model, inputs, "conv", target),
    "guided_grad_cam": lambda model, inputs, target=None: guided_grad_cam(model, inputs, "conv", target),
    "smooth_grad": lambda model, inputs, target=None: smooth_grad(model, inputs, target, noise_level=0.0),
}


class Net(nn.Module):
    """A small convolutional network in float64, with batch normalisation, dropout and pooling."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1, dtype=tl.float64)
        self.norm = nn.BatchNorm2d(3, dtype=tl.float64)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(48, 4, dtype=tl.float64)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        return self.head(self.drop(x).flatten(1))


@pytest.fixture
def net():
    return Net()


@pytest.fixture
def images():
    return tl.randn(3, 2, 8, 8, dtype="float64")


@pytest.fixture
def linear():
    return nn.Linear(5, 3, dtype=tl.float64)


# -- gradients ---------------------------------------------------------------------------------------------------------


def test_gradients_of_a_linear_model_are_its_weights(linear):
    x = tl.randn(4, 5, dtype="float64")
    weight, classes = linear.weight.detach().numpy(), [2, 0, 1, 2]
    np.testing.assert_allclose(saliency(linear, x, classes).numpy(), abs(weight[classes]))
    np.testing.assert_allclose(saliency(linear, x, classes, abs=False).numpy(), weight[classes])
    np.testing.assert_allclose(smooth_grad(linear, x, classes, abs=False, n_samples=7).numpy(), weight[classes])
    predicted = linear(x).detach().numpy().argmax(axis=1)
    np.testing.assert_allclose(saliency(linear, x, abs=False).numpy(), weight[predicted])
    np.testing.assert_allclose(saliency(linear, x, target=-1, abs=False).numpy(), weight[[2] * 4])


def test_integrated_gradients_of_a_linear_model_are_weights_times_inputs(linear):
    x, weight = tl.randn(4, 5, dtype="float64"), linear.weight.detach().numpy()
    np.testing.assert_allclose(integrated_gradients(linear, x, 1, n_steps=1).numpy(), weight[1] * x.numpy())
    baseline = tl.randn(5, dtype="float64")
    found = integrated_gradients(linear, x, 1, baselines=baseline).numpy()
    np.testing.assert_allclose(found, weight[1] * (x - baseline).numpy())
    found = integrated_gradients(linear, x, 1, baselines=0.5).numpy()
    np.testing.assert_allclose(found, weight[1] * (x.numpy() - 0.5))


def test_integrated_gradients_of_a_polynomial_are_its_integral():
    x = tl.tensor([[1.0, 2.0], [-1.0, 3.0]], dtype="float64")
    # f = x y², for which the integral along the diagonal gives each variable its share of the degree.
    found = integrated_gradients(lambda x: x[:, 0] * x[:, 1] ** 2, x, n_steps=2000).numpy()
    f = (x[:, 0] * x[:, 1] ** 2).numpy()
    np.testing.assert_allclose(found, np.stack([f / 3, 2 * f / 3], axis=1), rtol=1e-6)


@pytest.mark.parametrize("target", [None, 2, [0, 1, 3]])
def test_integrated_gradients_are_complete(net, images, target):
    net.eval()
    coarse = integrated_gradients(net, images, target, n_steps=5, return_convergence_delta=True)[1]
    found, delta = integrated_gradients(net, images, target, n_steps=400, return_convergence_delta=True)
    with tl.no_grad():
        after, before = net(images).numpy(), net(tl.zeros_like(images)).numpy()
    classes = after.argmax(axis=1) if target is None else np.broadcast_to(target, 3)
    gained = (after - before)[np.arange(3), classes]
    np.testing.assert_allclose(found.numpy().sum(axis=(1, 2, 3)), gained, atol=0.01)
    assert abs(delta).max() < 0.01
    assert abs(delta).max() < abs(coarse).max()


def test_saliency_is_the_derivative_by_finite_differences(net, images):
    found, step = saliency(net, images, 1, abs=False).numpy(), 1e-6
    net.eval()
    for place in ((0, 1, 4, 4), (2, 0, 0, 7)):
        change = tl.zeros_like(images)
        change[place] = step
        with tl.no_grad():
            slope = (net(images + change) - net(images - change))[place[0], 1] / (2 * step)
        assert found[place] == pytest.approx(slope.item(), rel=1e-5, abs=1e-9)


def test_smooth_grad_is_the_mean_over_noise_of_the_range_of_each_sample(images):
    images, seen = images * tl.tensor([1.0, 10.0, 100.0], dtype="float64").reshape(3, 1, 1, 1), []

    def square(x):
        seen.append(x.detach())
        return (x**2).sum(axis=(1, 2, 3))

    options = {"n_samples": 20, "noise_level": 0.1, "abs": False}
    found = smooth_grad(square, images, batch_size=6, generator=tl.Generator(1), **options).numpy()
    noisy = tl.concat(seen[-10:]).numpy().reshape(20, *images.shape)
    np.testing.assert_allclose(found, 2 * noisy.mean(axis=0))
    deviations = (noisy - images.numpy()).std(axis=(0, 2, 3, 4))
    ranges = images.numpy().max(axis=(1, 2, 3)) - images.numpy().min(axis=(1, 2, 3))
    np.testing.assert_allclose(deviations, 0.1 * ranges, rtol=0.05)
    again = smooth_grad(square, images, batch_size=99, generator=tl.Generator(1), **options).numpy()
    np.testing.assert_allclose(again, found)


# -- ReLU with other rules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [F.relu, nn.ReLU(), lambda x: x.relu()])
def test_rules_by_hand(function):
    first, second = nn.Linear(6, 8, dtype=tl.float64), nn.Linear(8, 8, dtype=tl.float64)
    last = nn.Linear(8, 3, dtype=tl.float64)
    (w1, b1), (w2, b2), (w3, _) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in (first, second, last)
    )
    x = tl.randn(5, 6, dtype="float64")

    def model(x):
        return last(function(second(function(first(x)))))

    def positive(a):
        return np.maximum(a, 0)

    h1 = x.numpy() @ w1.T + b1
    h2 = positive(h1) @ w2.T + b2
    signal = np.broadcast_to(w3[1], h2.shape)
    guided = positive((positive(signal * (h2 > 0)) @ w2) * (h1 > 0)) @ w1
    transposed = positive(positive(signal) @ w2) @ w1
    gradient = ((signal * (h2 > 0)) @ w2 * (h1 > 0)) @ w1
    np.testing.assert_allclose(guided_backprop(model, x, 1).numpy(), guided)
    np.testing.assert_allclose(deconvolution(model, x, 1).numpy(), transposed)
    np.testing.assert_allclose(saliency(model, x, 1, abs=False).numpy(), gradient)


def test_deconvolution_unpools_with_switches_and_transposes_filters():
    weight, x = tl.randn(3, 1, 3, 3, dtype="float64"), tl.randn(2, 1, 10, 10, dtype="float64")
    features = F.relu(F.conv2d(x, weight))
    pooled, switches = F.max_pool2d(features, 2, return_indices=True)
    signal = tl.randn(*pooled.shape, dtype="float64")
    expected = F.conv_transpose2d(F.relu(F.max_unpool2d(signal, switches, 2)), weight)

    def score(x):
        return (signal * F.max_pool2d(F.relu(F.conv2d(x, weight)), 2)).sum(axis=(1, 2, 3))

    np.testing.assert_allclose(deconvolution(score, x).numpy(), expected.numpy(), atol=1e-15)


def test_a_model_without_relu_is_refused():
    layers = nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 2))
    with pytest.raises(ValueError, match="guided_backprop: model computes no ReLU"):
        guided_backprop(layers, tl.randn(2, 4), 0)
    with pytest.raises(ValueError, match="deconvolution: model computes no ReLU"):
        deconvolution(layers, tl.randn(2, 4), 0)


def test_graphs_of_other_passes_keep_their_rule():
    scale = nn.Parameter(tl.tensor([1.0, -1.0], dtype="float64"))
    rectified = F.relu(scale)  # part of both graphs
    guided_backprop(lambda x: (F.relu(-x) * rectified).sum(axis=1), -tl.ones(1, 2, dtype="float64"))
    (-rectified).sum().backward()
    assert scale.grad.tolist() == [-1.0, 0.0]


# -- class activation maps ---------------------------------------------------------------------------------------------


def test_grad_cam_is_the_formula(net, images):
    found = grad_cam(net, images, "conv", 2, interpolate=False).numpy()
    net.eval()
    features = net.conv(images).detach()
    features.requires_grad = True
    rest = F.max_pool2d(F.relu(net.norm(features)), 2).flatten(1)
    net.head(rest)[:, 2].sum().backward()
    a, alpha = features.detach().numpy(), features.grad.numpy().mean(axis=(2, 3))
    signed = np.einsum("nk,nkij->nij", alpha, a)
    np.testing.assert_allclose(found, np.maximum(signed, 0), atol=1e-15)
    unrectified = grad_cam(net, images, "conv", 2, interpolate=False, rectify=False).numpy()
    np.testing.assert_allclose(unrectified, signed, atol=1e-15)


def test_grad_cam_of_a_network_with_global_pooling_is_its_class_activation_map():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    x = tl.randn(2, 1, 8, 8)
    maps = net[1](net[0](x)).detach().numpy()
    cam = np.einsum("k,nkij->nij", net[4].weight.detach().numpy()[1], maps) / 36
    found = grad_cam(net, x, "1", 1, interpolate=False, rectify=False)
    np.testing.assert_allclose(found.numpy(), cam, rtol=1e-5, atol=1e-6)
    enlarged = grad_cam(net, x, "1", 1, rectify=False)
    expected = F.interpolate(found.unsqueeze(1), size=(8, 8), mode="bilinear")[:, 0]
    np.testing.assert_allclose(enlarged.numpy(), expected.numpy())


def test_grad_cam_of_frozen_networks_and_of_signals():
    net = nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(40, 3)).requires_grad_(False)
    assert grad_cam(net, tl.randn(2, 2, 12), "0").shape == (2, 12)


def test_guided_grad_cam_is_the_product(net, images):
    expected = guided_backprop(net, images, 1) * grad_cam(net, images, "conv", 1).unsqueeze(1)
    np.testing.assert_allclose(guided_grad_cam(net, images, "conv", 1).numpy(), expected.numpy())


# -- occlusion ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "stride"), [((2, 3), (1, 1)), (3, 2), ((8, 5), (3, 4)), (1, 1)])
def test_occlusion_is_brute_force(net, images, window, stride):
    found = occlusion(net, images, window, 1, stride=stride, baselines=0.25, batch_size=7).numpy()
    net.eval()
    (height, width), (down, right) = np.broadcast_to(window, 2), np.broadcast_to(stride, 2)
    tops, lefts = (
        sorted({*range(0, 8 - length + 1, step), 8 - length}) for length, step in ((height, down), (width, right))
    )
    total, count = np.zeros((3, 8, 8)), np.zeros((8, 8))
    with tl.no_grad():
        before = net(images)[:, 1].numpy()
        for top in tops:
            for left in lefts:
                hidden = images.numpy().copy()
                hidden[:, :, top : top + height, left : left + width] = 0.25
                fall = before - net(tl.asarray(hidden))[:, 1].numpy()
                total[:, top : top + height, left : left + width] += fall[:, None, None]
                count[top : top + height, left : left + width] += 1
    np.testing.assert_allclose(found, total / count, atol=1e-12)


def test_occlusion_needs_no_gradient_and_takes_signals_and_volumes():
    def mean(x):
        return tl.round(x).flatten(1).mean(axis=1)

    found = occlusion(mean, tl.ones(2, 1, 6), 2, stride=2).numpy()
    np.testing.assert_allclose(found, np.full((2, 6), 2 / 6), rtol=1e-6)
    assert occlusion(mean, tl.ones(1, 2, 4, 4, 4), (2, 2, 1), stride=(2, 2, 1)).shape == (1, 4, 4, 4)


# -- units inside ------------------------------------------------------------------------------------------------------


def test_deconvolution_of_a_feature_map_shows_the_filter_where_it_responds_most(net, images):
    part = LayerOutput(net, "conv")
    with tl.no_grad():
        maps = net.conv(images)[:, 1].numpy()

    def largest(maps):
        return maps[:, 1].relu().max(axis=(1, 2))

    found = deconvolution(part, images, largest).numpy()
    expected, weight = np.zeros((3, 2, 10, 10)), net.conv.weight.detach().numpy()[1]
    for number, channel in enumerate(maps):
        row, column = np.unravel_index(channel.argmax(), channel.shape)
        expected[number, :, row : row + 3, column : column + 3] = weight
    np.testing.assert_allclose(found, expected[:, :, 1:-1, 1:-1])
    assert part.training
    assert net.training


def test_layer_outputs_are_those_of_the_network(net, images):
    part = LayerOutput(net, "norm").eval()
    np.testing.assert_allclose(part(images).detach().numpy(), net.norm(net.conv(images)).detach().numpy())
    assert "layer='norm'" in repr(part)
    with pytest.raises(AttributeError, match="layer 'body'"):
        LayerOutput(net, "body")


# -- what all of them share --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
def test_models_stay_as_they_were(net, images, name):
    net.conv.weight.grad = tl.ones_like(net.conv.weight.detach())
    net.drop.eval()
    state = {key: value.tolist() for key, value in net.state_dict().items()}
    images.requires_grad = True
    with tl.no_grad():
        found = METHODS[name](net, images, target=1)
    assert not found.requires_grad
    assert images.grad is None
    assert {key: value.tolist() for key, value in net.state_dict().items()} == state
    assert (net.conv.weight.grad == 1).all()
    assert net.head.weight.grad is None
    assert [net.training, net.norm.training, net.drop.training] == [True, True, False]
    assert not any(module._hooks for module in net.modules())
    one_less = METHODS[name](net, images[1:], target=1)
    np.testing.assert_allclose(one_less.numpy(), found[1:].numpy(), atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_models_stay_as_they_were_after_an_error(net, images, name):
    def fail(module, args, output):
        raise RuntimeError("broken")

    with net.head.register_forward_hook(fail), pytest.raises(RuntimeError, match="broken"):
        METHODS[name](net, images, target=1)
    assert net.norm.training
    assert not any(module._hooks for module in net.modules())


@pytest.mark.parametrize("name", METHODS)
def test_targets_by_class_and_by_function_agree(net, images, name):
    by_class = METHODS[name](net, images, target=[2, 2, 2]).numpy()
    np.testing.assert_allclose(METHODS[name](net, images, target=lambda y: y[:, 2]).numpy(), by_class)
    np.testing.assert_allclose(METHODS[name](net, images, target=tl.tensor([2, 2, 2])).numpy(), by_class)


@pytest.mark.parametrize("name", METHODS)
def test_errors_name_the_method_and_the_target(net, images, name):
    with pytest.raises(IndexError, match=f"{name}: target 4 is out of range for outputs of 4 classes"):
        METHODS[name](net, images, target=[0, 4, 1])
    with pytest.raises(ShapeError, match=f"{name}: target must have one class for each of the 3 samples, not 2"):
        METHODS[name](net, images, target=[0, 1])
    with pytest.raises(TypeError, match=f"{name}: target must be"):
        METHODS[name](net, images, target="cat")
    with pytest.raises(ShapeError, match=f"{name}: inputs must be a batch"):
        METHODS[name](net, images[:0], target=0)


def test_errors_of_outputs_and_layers(net, images):
    with pytest.raises(ShapeError, match=r"saliency: a class as target needs outputs of shape \(batch, classes\)"):
        saliency(lambda x: x.unsqueeze(1), images, 0)
    with pytest.raises(TypeError, match="saliency: model must return a tensor, not tuple"):
        saliency(lambda x: (x, x), images, 0)
    with pytest.raises(ShapeError, match="target must return a tensor with one score"):
        saliency(net, images, lambda y: y)
    with pytest.raises(AttributeError, match="body"):
        grad_cam(net, images, "body")
    with pytest.raises(ShapeError, match="output of layer 'head'"):
        grad_cam(net, images, "head")
    relu = nn.ReLU()
    with pytest.raises(ValueError, match="grad_cam: layer '0' is called 2 times"):
        grad_cam(nn.Sequential(relu, relu, nn.Flatten()), images, "0", 0)
    with pytest.raises(ShapeError, match="does not fit"):
        occlusion(net, images, 9, 0)
    with pytest.raises(ValueError, match="leaves out pixels"):
        occlusion(net, images, 2, 0, stride=3)
    with pytest.raises(ShapeError, match="do not broadcast"):
        integrated_gradients(net, images, 0, baselines=tl.zeros(3, dtype="float64"))
    with pytest.raises(TypeError, match="saliency: inputs"):
        saliency(net, tl.ones(1, 2, 8, 8, dtype="int64"), 0)
