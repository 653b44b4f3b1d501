"""Experiments of the playground, without a page."""

from math import tau

import numpy as np
import pytest

import tensorlab as tl
from tensorlab.playground import Experiment, Settings
from tensorlab.playground.data import FEATURES, SETS, features_of, grid, make_set

PAIRS = [(problem, name) for problem, names in SETS.items() for name in names]
WAYS = [("adam", "tanh"), ("momentum", "relu"), ("rmsprop", "gelu"), ("adagrad", "sigmoid"), ("sgd", "linear")]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise": 0.6}, r"Settings: noise must be a number in \[0, 0.5\], not 0.6"),
        ({"train_ratio": 1}, r"Settings: train_ratio must be a number in \[0.1, 0.9\], not 1"),
        ({"batch_size": 0}, "Settings: batch_size must be an integer from 1 to 500, not 0"),
        ({"learning_rate": 0}, r"Settings: learning_rate must be a number in \(0, 100\], not 0"),
        ({"layers": [9]}, "Settings: layers must be a tuple of integers from 1 to 8"),
        ({"layers": [1] * 7}, "Settings: layers must be at most 6, not 7"),
        ({"features": []}, "Settings: features must be different ones, at least one"),
        ({"features": ["x1", "x1"]}, "Settings: features must be different ones"),
        ({"features": ["__import__"]}, "Settings: features must be a tuple of 'x1'"),
        ({"dataset": "plane"}, "Settings: dataset of a classification must be one of 'circle', .*, not 'plane'"),
        ({"problem": "regression", "dataset": "xor"}, "Settings: dataset of a regression must be one of 'plane'"),
        ({"seed": 2**32}, "Settings: seed must be an integer from 0 to 4294967295"),
        ({"activation": "swish"}, "Settings: activation must be 'tanh', .*, not 'swish'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Settings(**settings)


@pytest.mark.parametrize("settings", [{"layers": 3}, {"layers": ["3"]}, {"noise": "0.1"}, {"batch_size": 1.5}])
def test_settings_of_other_types_are_refused(settings):
    with pytest.raises(TypeError, match=f"Settings: {next(iter(settings))} must be"):
        Settings(**settings)


def test_settings_have_one_order_of_features():
    assert Settings(features=["sin_x1", "x1"]).features == ("x1", "sin_x1")
    assert Settings(features=["x2", "x1"]).differences(Settings()) == set()


def test_settings_are_shown_as_they_are_written():
    settings = Settings(problem="regression", dataset="waves", layers=(), noise=0.1)
    assert eval(repr(settings)).differences(settings) == set()


# -- data --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("problem", "name"), PAIRS)
def test_data_sets(problem, name, generator):
    points, targets = make_set(problem, name, 400, 0.0, generator)
    assert points.shape == (400, 2)
    assert targets.shape == (400,)
    assert targets.dtype == tl.float32
    assert (points.abs() < 6).all()
    if problem == "classification":
        assert sorted(set(targets.tolist())) == [0, 1]
        assert 150 < targets.sum().item() < 250
    else:
        assert (targets.abs() <= 1).all()
        assert targets.max().item() - targets.min().item() > 0.5


def test_classes_and_values(generator):
    points, inside = make_set("classification", "circle", 300, 0.0, generator)
    radius = np.hypot(*points.numpy().T)
    np.testing.assert_array_equal(inside.numpy(), radius < 3)
    assert ((radius <= 2.5) | (radius >= 3.5)).all()
    points, differ = make_set("classification", "xor", 300, 0.0, generator)
    np.testing.assert_array_equal(differ.numpy(), np.prod(points.numpy(), axis=1) < 0)
    points, values = make_set("regression", "plane", 300, 0.0, generator)
    np.testing.assert_allclose(values.numpy(), points.numpy() @ [0.1, -0.05], atol=1e-6)


@pytest.mark.parametrize(("problem", "name"), PAIRS)
def test_noise_moves_points_or_values(problem, name):
    quiet, noisy = (make_set(problem, name, 200, noise, tl.Generator(1)) for noise in (0.0, 0.5))
    moved = [float(abs(a.numpy() - b.numpy()).mean()) for a, b in zip(quiet, noisy)]
    assert max(moved) > 0.1


def test_features():
    x = np.array([[0.5, -2.0], [3.0, 1.0]], dtype="float32")
    a, b = x.T
    expected = np.stack([a, b, a * a, b * b, a * b, np.sin(a), np.sin(b)], axis=1)
    np.testing.assert_allclose(features_of(tl.tensor(x), tuple(FEATURES)).numpy(), expected, rtol=1e-6)


def test_grid_goes_by_rows_from_the_top():
    np.testing.assert_allclose(grid(2).numpy(), [[-3, 3], [3, 3], [-3, -3], [3, -3]])


# -- training ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("regularization", "rate"), [("none", 0.5), ("l1", 0.1), ("l2", 0.1)])
def test_logistic_regression_is_that_of_the_textbook(regularization, rate):
    settings = Settings(
        dataset="gauss", noise=0.4, layers=(), batch_size=500, train_ratio=0.8, learning_rate=0.1,
        regularization=regularization, regularization_rate=rate,
    )  # fmt: skip
    experiment = Experiment(settings)
    w, b = np.array(experiment.weights()[0][0]), experiment.biases()[0][0]
    x, y = experiment.points.numpy().astype("float64"), experiment.targets.numpy()
    scores = experiment.step(5)
    for _ in range(5):
        error = sigmoid(x[:400] @ w + b) - y[:400]
        penalty = {"none": 0.0, "l1": rate * np.sign(w), "l2": rate * w}[regularization]
        w, b = w - 0.1 * (x[:400].T @ error / 400 + penalty), b - 0.1 * error.mean()
    np.testing.assert_allclose(experiment.weights()[0][0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(experiment.biases()[0][0], b, rtol=1e-4, atol=1e-6)
    p = sigmoid(x @ w + b)
    losses = -np.log(np.where(y == 1, p, 1 - p))
    right = (p > 0.5) == (y == 1)
    expected = [losses[:400].mean(), losses[400:].mean(), right[:400].mean(), right[400:].mean()]
    np.testing.assert_allclose(scores[-1], expected, rtol=1e-4)


@pytest.mark.parametrize(("optimizer", "activation"), WAYS)
def test_each_epoch_sees_every_training_point_once(optimizer, activation):
    settings = Settings(optimizer=optimizer, activation=activation, batch_size=60, train_ratio=0.4)
    experiment = Experiment(settings)
    seen = []
    experiment.model.register_forward_hook(lambda module, args, output: seen.append(args[0].tolist()))
    experiment.step()
    *batches, everything = seen  # the last call scores all points
    assert [len(batch) for batch in batches] == [60, 60, 60, 20]
    assert sorted(row for batch in batches for row in batch) == sorted(everything[:200])
    assert len(everything) == 500


@pytest.mark.parametrize(("problem", "name"), [("classification", "gauss"), ("regression", "plane")])
def test_easy_sets_are_learned(problem, name):
    experiment = Experiment(Settings(problem=problem, dataset=name, batch_size=50, optimizer="adam", layers=(3,)))
    before = experiment.scores()
    after = experiment.step(8)[-1]
    assert after.test_loss < 0.2 * before.test_loss
    if problem == "classification":
        assert after.test_accuracy > 0.98


def test_the_same_settings_give_the_same_numbers():
    settings = Settings(dataset="moons", noise=0.2, batch_size=100)
    first, second = Experiment(settings), Experiment(settings)
    tl.rand(7)  # the default generator is another one
    assert first.step(2) + first.step() == second.step(3)
    assert first.weights() == second.weights()
    other = Experiment(Settings(dataset="moons", noise=0.2, batch_size=100, seed=1))
    assert other.points.tolist() != first.points.tolist()
    assert other.weights() != Experiment(settings).weights()


def test_data_do_not_depend_on_the_network():
    assert Experiment(Settings(layers=(3, 3))).points.tolist() == Experiment(Settings()).points.tolist()


def test_step_ends_when_time_is_up():
    experiment = Experiment(Settings(batch_size=250))
    assert len(experiment.step(100, seconds=0)) == 1
    assert experiment.epoch == 1


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_step_ends_at_a_loss_that_is_not_finite():
    settings = Settings(
        problem="regression", dataset="waves", activation="linear", learning_rate=10, batch_size=100,
        features=("x1_squared", "x2_squared"),
    )  # fmt: skip
    scores = Experiment(settings).step(50)
    assert len(scores) < 50
    assert not np.isfinite(scores[-1].train_loss)
    assert np.isfinite([score.train_loss for score in scores[:-1]]).all()


def test_live_settings_change_without_a_new_beginning():
    experiment = Experiment(Settings(batch_size=125))
    experiment.step()
    weights = experiment.weights()
    changed = Settings(batch_size=50, optimizer="adam", learning_rate=0.01, regularization="l2", regularization_rate=1)
    experiment.change(changed)
    assert experiment.settings is changed
    assert experiment.weights() == weights
    experiment.step()
    assert experiment.epoch == 2
    with pytest.raises(ValueError, match="Experiment: another layers and seed needs a new experiment"):
        experiment.change(Settings(layers=(1,), seed=2))
    assert experiment.settings is changed


def test_a_new_learning_rate_keeps_the_state_of_the_optimizer():
    """The weights of two steps of SGD with momentum, of which the second has another rate."""
    settings = {"optimizer": "momentum", "layers": (), "batch_size": 500, "dataset": "gauss"}
    experiment = Experiment(Settings(learning_rate=0.1, **settings))
    weights, biases = [np.array(experiment.weights()[0][0])], []
    for rate in (0.1, 0.2):
        experiment.change(Settings(learning_rate=rate, **settings))
        experiment.step()
        weights.append(np.array(experiment.weights()[0][0]))
        biases.append(experiment.biases()[0][0])
    x, y = experiment.points.numpy()[:250], experiment.targets.numpy()[:250]
    gradient = x.T @ (sigmoid(x @ weights[1] + biases[0]) - y) / 250
    velocity = 0.9 * (weights[0] - weights[1]) / 0.1 + gradient
    np.testing.assert_allclose(weights[2], weights[1] - 0.2 * velocity, rtol=1e-4)


# -- what there is to see ----------------------------------------------------------------------------------------------


def test_responses_of_the_output():
    experiment = Experiment(Settings(layers=()))
    for source, weight in ((0, 0.5), (1, 2.0), (None, 1.0)):
        experiment.set_weight(0, 0, source, weight)
    x1, x2 = np.meshgrid([-4.0, 0.0, 4.0], [4.0, 0.0, -4.0])
    (output,) = experiment.responses(3)
    np.testing.assert_allclose(output.numpy()[0], np.tanh((0.5 * x1 + 2 * x2 + 1) / 2), rtol=1e-5)


def test_responses_of_hidden_units():
    settings = Settings(problem="regression", dataset="plane", layers=(2, 3), activation="relu", features=("x2",))
    experiment = Experiment(settings)
    x = np.array([[4.0], [4.0], [4.0], [0.0], [0.0], [0.0], [-4.0], [-4.0], [-4.0]])
    maps = experiment.responses(3)
    for layer, (weights, biases) in enumerate(zip(experiment.weights(), experiment.biases())):
        x = x @ np.array(weights).T + biases
        x = np.maximum(x, 0) if layer < 2 else x
        np.testing.assert_allclose(maps[layer].numpy(), x.T.reshape(-1, 3, 3), rtol=1e-5, atol=1e-6)


def test_weights_can_be_set_during_a_training():
    experiment = Experiment(Settings(layers=(2,), batch_size=125))
    experiment.step()
    before = experiment.weights()
    experiment.set_weight(1, 0, 1, -2.5)
    before[1][0][1] = -2.5
    assert experiment.weights() == before
    experiment.step()
    assert abs(experiment.weights()[1][0][1] + 2.5) < 0.5  # it went on from there
    for place in ((2, 0, 0), (0, 2, 0), (0, 0, 2)):
        with pytest.raises(IndexError, match=r"set_weight: (layer|unit|source) must be less than 2, not 2"):
            experiment.set_weight(*place, 1.0)


def test_experiments_stay_on_their_backend(other_backend):
    with tl.use_backend(other_backend):
        experiment = Experiment(Settings(batch_size=250))
    experiment.step()
    assert experiment.responses(4)[0].device == experiment.points.device


def test_circles_have_all_angles(generator):
    points, _ = make_set("classification", "circle", 400, 0.0, generator)
    angles = np.arctan2(*points.numpy().T) % tau
    assert (np.histogram(angles, bins=8, range=(0, tau))[0] > 20).all()
