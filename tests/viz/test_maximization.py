"""Activation maximisation where the best input is known, and its regularisers one by one."""

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.viz import maximize_activation, maximized_inputs

PLAIN = {"l2_decay": 0.0, "blur": 0.0, "jitter": 0}


@pytest.fixture
def template():
    """A layer whose only unit measures the likeness to an image, and the image."""
    image = tl.randn(1, 6, 6, dtype="float64")
    layer = nn.Conv2d(1, 1, 6, bias=False, dtype=tl.float64)
    layer.weight.data = image.unsqueeze(0)
    return layer, image.numpy()[0]


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


def test_the_best_input_of_a_linear_unit_is_its_weight(template):
    layer, image = template
    found = maximize_activation(layer, 0, (1, 6, 6), steps=100, **PLAIN)
    assert found.inputs.shape == (1, 1, 6, 6)
    assert correlation(found.inputs.numpy(), image) > 0.999
    activations = found.activations.numpy()[:, 0]
    assert activations.shape == (101,)
    assert (np.diff(activations) > 0).all()
    assert activations[-1] == pytest.approx(float((found.inputs[0, 0].numpy() * image).sum()))


def test_a_step_moves_by_lr_in_root_mean_square_and_decay_bounds_the_input(template):
    layer, image = template
    start = tl.zeros(1, 6, 6, dtype="float64")
    found = maximize_activation(layer, 0, (1, 6, 6), steps=1, lr=0.3, start=start, **PLAIN)
    expected = 0.3 * image / np.sqrt((image**2).mean())
    np.testing.assert_allclose(found.inputs.numpy()[0, 0], expected, rtol=1e-9)
    # With decay d the input tends to the fixed point of x = (1 - d) (x + step).
    decayed = maximize_activation(layer, 0, (1, 6, 6), steps=160, lr=0.3, **{**PLAIN, "l2_decay": 0.1})
    np.testing.assert_allclose(decayed.inputs.numpy()[0, 0], 9 * expected, rtol=1e-6, atol=1e-6)


def test_several_units_are_found_independently():
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(100, 3))
    start = tl.randn(2, 5, 5)
    together = maximize_activation(net, [2, 0], (2, 5, 5), steps=5, start=start, **PLAIN)
    alone = maximize_activation(net, 2, (2, 5, 5), steps=5, start=start, **PLAIN)
    assert together.units == (2, 0)
    np.testing.assert_allclose(together.inputs[0].numpy(), alone.inputs[0].numpy(), rtol=1e-4, atol=1e-5)
    assert (together.activations[-1] > together.activations[0]).all()
    with tl.no_grad():
        outputs = net(together.inputs)
    np.testing.assert_allclose(
        together.activations[-1].numpy(), [float(outputs[0, 2]), float(outputs[1, 0])], rtol=1e-5
    )


def test_channels_of_layers_single_units_and_inputs_without_axes():
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 1, 3))
    whole = maximize_activation(net, 1, (1, 8, 8), layer="0", steps=40, **PLAIN)
    features = net[0](whole.inputs)[0, 1]
    assert float(whole.activations[-1, 0]) == pytest.approx(float(features.mean()), rel=1e-5)
    start = tl.zeros(1, 8, 8)
    single = maximize_activation(net, 1, (1, 8, 8), layer="0", position=(2, 4), steps=5, start=start, **PLAIN)
    changed = np.argwhere(single.inputs.numpy()[0, 0] != 0)
    assert changed.min(axis=0).tolist() == [2, 4]
    assert changed.max(axis=0).tolist() == [4, 6]
    assert maximize_activation(nn.Linear(4, 2), 1, (4,), steps=3).inputs.shape == (1, 4)


def test_blur_is_gaussian_and_keeps_borders(template):
    layer, _ = template
    start = tl.zeros(1, 6, 6, dtype="float64")
    start[0, 2, 3] = 1.0
    options = {"steps": 1, "blur_every": 1, "start": start, "lr": 1e-12, "l2_decay": 0.0, "jitter": 0}
    found = maximize_activation(layer, 0, (1, 6, 6), blur=0.8, **options)
    places = np.arange(6)
    kernel = np.exp(-0.5 * ((places[:, None] - places) / 0.8) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.inputs.numpy()[0, 0], np.outer(kernel[:, 2], kernel[:, 3]), atol=1e-9)
    options["start"] = tl.ones(1, 6, 6, dtype="float64")
    flat = maximize_activation(layer, 0, (1, 6, 6), blur=0.8, **options)
    np.testing.assert_allclose(flat.inputs.numpy(), np.ones((1, 1, 6, 6)))


def test_jitter_moves_the_input_before_the_gradient_and_back(template):
    layer, image = template
    options = {**PLAIN, "jitter": 2, "steps": 1, "start": tl.zeros(1, 6, 6, dtype="float64")}
    found = maximize_activation(layer, 0, (1, 6, 6), generator=tl.Generator(3), **options).inputs.numpy()[0, 0]
    shifted = [np.roll(image, (down, right), (0, 1)) for down in range(-2, 3) for right in range(-2, 3)]
    best = max(correlation(found, candidate) for candidate in shifted)
    assert best == pytest.approx(1.0)
    again = maximize_activation(layer, 0, (1, 6, 6), generator=tl.Generator(3), **options).inputs.numpy()[0, 0]
    np.testing.assert_array_equal(found, again)


def test_values_stay_in_range_and_the_network_as_it_was():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten(), nn.Linear(72, 2))
    state = {key: value.tolist() for key, value in net.state_dict().items()}
    with tl.no_grad():
        found = maximize_activation(net, 0, (1, 8, 8), steps=30, value_range=(0, 1))
    assert found.inputs.min() >= 0
    assert found.inputs.max() <= 1
    assert {key: value.tolist() for key, value in net.state_dict().items()} == state
    assert net.training
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not found.inputs.requires_grad


def test_errors_name_what_is_wrong():
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 3))
    with pytest.raises(ShapeError, match=r"start must have shape \(1, 1, 3, 3\) or \(1, 3, 3\)"):
        maximize_activation(net, 0, (1, 3, 3), start=tl.zeros(3, 3))
    with pytest.raises(IndexError, match=r"maximize_activation: unit \(3,\) lies outside the layer"):
        maximize_activation(net, 3, (1, 3, 3))
    with pytest.raises(ValueError, match="value_range must be"):
        maximize_activation(net, 0, (1, 3, 3), value_range=(1,))
    with pytest.raises(AttributeError, match="body"):
        maximize_activation(net, 0, (1, 3, 3), layer="body")
    with pytest.raises(TypeError, match="maximize_activation: units must be"):
        maximize_activation(net, 0.5, (1, 3, 3))
    with pytest.raises(ValueError, match="maximize_activation: lr must be a positive number"):
        maximize_activation(net, 0, (1, 3, 3), lr=0.0)


def test_pictures_hold_the_inputs_and_the_activations():
    net = nn.Sequential(nn.Flatten(), nn.Linear(25, 3))
    found = maximize_activation(net, [0, 2], (1, 5, 5), steps=4)
    figure = maximized_inputs(found, names=["T-shirt", "pullover"])
    np.testing.assert_allclose(figure.axes[0].images[1].get_array(), found.inputs[1, 0].numpy(), rtol=1e-6)
    assert figure.axes[0].texts[0].get_text() == f"T-shirt\n{float(found.activations[-1, 0]):.3g}"
    with pytest.raises(ShapeError, match="names must have 2 entries"):
        maximized_inputs(found, names=["one"])
