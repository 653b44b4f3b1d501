"""`check_gradients` accepts correct rules and finds wrong ones."""

import numpy as np
import pytest
from helpers import tensor

import tensorlab as tl


def wrong(gradient):
    @tl.custom_gradient
    def square(x):
        return x * x, lambda g: gradient(g, x)

    return square


def test_correct_rules_pass():
    tl.check_gradients(wrong(lambda g, x: 2 * g * x), (tensor([1.0, 2.0]),))


@pytest.mark.parametrize(
    "gradient",
    [
        lambda g, x: g * x, lambda g, x: -2 * g * x, lambda g, x: 2 * g, lambda g, x: 2.0001 * g * x,
        lambda g, x: 2 * g * tl.flip(x), lambda g, x: 2 * x, lambda g, x: g * 0,
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_wrong_rules_are_caught(gradient, mode):
    with pytest.raises(tl.GradientError, match=f"derivative of order [12], {mode} mode: .*, by finite differences"):
        tl.check_gradients(wrong(gradient), (tensor([1.0, 2.0]),), modes=(mode,))


def test_rules_wrong_in_second_order_only():
    """A rule that hides its dependence on x: right to first order, constant to second."""
    hidden = wrong(lambda g, x: 2 * g * x.detach())
    tl.check_gradients(hidden, (tensor([1.0, 2.0]),), order=1)
    with pytest.raises(tl.GradientError, match="derivative of order 2"):
        tl.check_gradients(hidden, (tensor([1.0, 2.0]),))


def test_wrong_conjugates_are_caught():
    z = tensor(np.array([1 + 2j]))
    with pytest.raises(tl.GradientError):
        tl.check_gradients(wrong(lambda g, x: 2 * g * x), (z,))
    tl.check_gradients(wrong(lambda g, x: 2 * g * tl.conj(x)), (z,))


def test_single_precision_is_refused():
    with pytest.raises(TypeError, match="check_gradients: args must be float64 or complex128, not float32"):
        tl.check_gradients(tl.sin, (tl.tensor([1.0]),))


def test_structures_are_checked():
    tl.check_gradients(
        lambda t: {"a": t["x"] * t["y"], "b": (t["x"] + 1,)}, ({"x": tensor([1.0]), "y": tensor([2.0])},)
    )


def test_random_directions_do_not_use_the_default_generator():
    tl.rand(3)
    state = tl.random.default_generator.get_state()
    tl.check_gradients(tl.sin, (tensor([1.0]),), seed=3)
    assert tl.random.default_generator.get_state() == state
