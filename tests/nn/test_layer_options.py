"""Layers that declare their options: what every one of them checks, documents and passes to its function."""

from __future__ import annotations

import inspect
import math
import re
from typing import get_type_hints

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn
from tensorlab.docstrings import entries_of, sections_of
from tensorlab.nn.layers.base import Layer, UnaryLayer
from tensorlab.options import NonNegative, declared

F = nn.functional
CLASSES = [value for value in (getattr(nn, name) for name in nn.__all__) if isinstance(value, type)]
LAYERS = [layer for layer in CLASSES if issubclass(layer, Layer)]
REQUIRED = {
    "threshold": 0.0,
    "value": 1.0,
    "kernel_size": 2,
    "output_size": 2,
    "norm_type": 2.0,
    "padding": 1,
    "p": 0.5,
    "upscale_factor": 2,
    "downscale_factor": 2,
    "groups": 2,
    "size": 2,
    "features": 4,
    "d_model": 4,
    "axis": 1,
    "unflattened_size": (2, 3),
}


def required_of(layer):
    """Return values for the options without a default, and for the one of two that must be given."""
    given = {
        name: REQUIRED[name]
        for name, parameter in inspect.signature(layer).parameters.items()
        if parameter.default is parameter.empty
    }
    return {**given, "output_size": 2} if layer.__name__.startswith("Fractional") else given


def options_of(layer):
    return [(layer, name) for name in inspect.signature(layer).parameters]


OPTIONS = [pair for layer in LAYERS for pair in options_of(layer)]


def test_there_are_many():
    assert len(LAYERS) > 110 and len(OPTIONS) > 200


@pytest.mark.parametrize("layer", LAYERS)
def test_help_is_complete(layer):
    sections = sections_of(layer.__doc__)
    described = entries_of(sections.get("Parameters", ""))
    for name in inspect.signature(layer).parameters:
        heading, _, meaning = described[name].partition("\n")
        assert " : " in heading and meaning.strip()
        assert "As for `" not in meaning and "See `" not in meaning
    assert "Examples" in sections


@pytest.mark.parametrize(("layer", "name"), OPTIONS)
def test_nonsense_is_refused_by_name(layer, name):
    for nonsense in (object(), {}, *(["nonsense"] if name != "device" else [])):  # a name may be a plugin's
        with pytest.raises((TypeError, ValueError), match=rf"^{layer.__name__}: {name} must be "):
            layer(**{**required_of(layer), name: nonsense})


@pytest.mark.parametrize(("layer", "name"), OPTIONS)
def test_numbers_are_no_nan_but_as_elements(layer, name):
    default = {**required_of(layer), **{p.name: p.default for p in inspect.signature(layer).parameters.values()}}[name]
    if name == "value":
        assert math.isnan(layer(**{**required_of(layer), name: math.nan}).value)
    elif isinstance(default, float):
        with pytest.raises(ValueError, match=rf"^{layer.__name__}: {name} must be .*, not nan"):
            layer(**{**required_of(layer), name: math.nan})


@pytest.mark.parametrize(("layer", "name"), OPTIONS)
def test_numbers_of_numpy_become_numbers_of_python(layer, name):
    given = required_of(layer)
    value = given.get(name, inspect.signature(layer).parameters[name].default)
    if type(value) not in (int, float):
        pytest.skip("no number")
    of_numpy = np.float64(value) if type(value) is float else np.int64(value)
    for number in (of_numpy, np.array(value), tl.asarray(np.array(value))):
        made, expected = layer(**{**given, name: number}), layer(**{**given, name: value})
        assert repr(made) == repr(expected)
        kept = vars(made).get(name, vars(made).get("norm", value))
        assert {type(part) for part in (kept if isinstance(kept, tuple) else (kept,))} <= {int, float}


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if issubclass(layer, UnaryLayer) and layer._function])
def test_every_option_reaches_the_function(layer):
    taken = inspect.signature(layer._function).parameters
    fixed = {"inplace"} if layer is not nn.ReLU6 else {"inplace", "min_val", "max_val"}
    assert set(layer._declared) - fixed <= set(taken)


@pytest.mark.parametrize(
    "layer",
    [nn.LeakyReLU, nn.ELU, nn.Softplus, nn.Hardtanh, nn.Hardshrink, nn.Softshrink, nn.RReLU, nn.Dropout, nn.Heaviside],
)
def test_numbers_of_numpy_leave_the_data_type_alone(layer):
    options = {p.name: p.default for p in inspect.signature(layer).parameters.values() if type(p.default) is float}
    made = layer(**{name: np.float64(value) for name, value in options.items()})
    assert made(tl.ones(3)).dtype == tl.float32


def test_changes_of_an_option_take_effect():
    layer = nn.LeakyReLU(0.5)
    assert layer(tl.tensor([-1.0])).item() == -0.5
    layer.negative_slope = 0.25
    assert layer(tl.tensor([-1.0])).item() == -0.25


def test_forward_looks_hand_written():
    layer = nn.SmoothL1Loss(beta=2.0)
    layer(tl.ones(1), tl.ones(1))
    assert str(inspect.signature(layer.forward)) == "(input: 'Tensor', target: 'Tensor') -> 'Tensor'"
    assert inspect.getsource(nn.SmoothL1Loss.forward) == (
        "def forward(self, input, target):\n"
        "    return function(input, target, reduction=self.reduction, beta=self.beta)\n"
    )
    with pytest.raises(TypeError, match=r"forward\(\) missing 1 required positional argument: 'target'"):
        layer(tl.ones(1))


@pytest.mark.parametrize("called", [False, True])
def test_forward_is_presented_as_the_own_one_of_the_class(called):
    class Fresh(UnaryLayer, function=F.relu):
        """A class that has not been called."""

    if called:
        Fresh()(tl.ones(1))
    own = f"{Fresh.__qualname__}.forward"
    assert (Fresh.forward.__name__, Fresh.forward.__qualname__) == ("forward", own)
    assert Fresh.forward.__code__.co_qualname == own
    assert Fresh.forward.__module__ == __name__
    assert str(inspect.signature(Fresh.forward)) == "(self, input: 'Tensor') -> 'Tensor'"
    assert inspect.unwrap(Fresh.forward) is Fresh.forward
    assert inspect.getsource(Fresh.forward) == "def forward(self, input):\n    return function(input)\n"
    assert get_type_hints(Fresh.forward) == {"input": tl.Tensor, "return": tl.Tensor}
    with pytest.raises(TypeError, match=rf"^{re.escape(own)}\(\) missing 1 required positional argument: 'input'"):
        Fresh()()


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer._function])
def test_forward_bears_the_name_of_its_class(layer):
    if "forward" in vars(layer):
        assert layer.forward.__qualname__ == f"{layer.__name__}.forward"


def test_forward_can_be_replaced_before_the_first_call(monkeypatch):
    class Fresh(nn.ReLU, function=F.relu):
        """A class that has not been called."""

    original = Fresh.forward
    monkeypatch.setattr(Fresh, "forward", lambda self, x: 2 * original(self, x))
    assert [Fresh()(tl.ones(1)).item() for _ in range(2)] == [2, 2]


class TestSubclasses:
    def test_with_a_constructor_of_its_own(self):
        class Slow(nn.LeakyReLU):
            def __init__(self, by):
                super().__init__(negative_slope=1 / by)
                self.by = by

        layer = Slow(4)
        assert layer(tl.tensor([-1.0])).item() == -0.25
        assert repr(layer) == "Slow(negative_slope=0.25)"

    def test_with_a_forward_of_its_own(self):
        class Doubled(nn.ReLU):
            def forward(self, input):
                return 2 * super().forward(input)

        assert Doubled()(tl.ones(1)).item() == 2

    def test_with_more_options_and_a_function(self):
        def scaled(input, negative_slope=0.01, inplace=False, scale=1.0):
            """Scale."""
            return scale * F.leaky_relu(input, negative_slope)

        @declared
        class Scaled(nn.LeakyReLU, function=scaled):
            """Leaky and scaled."""

            scale: NonNegative = 1.0

        assert list(inspect.signature(Scaled).parameters) == ["negative_slope", "inplace", "scale"]
        assert Scaled(0.5, scale=3.0)(tl.tensor([-1.0])).item() == -1.5
        with pytest.raises(ValueError, match="Scaled: scale must be a non-negative number, not -1"):
            Scaled(scale=-1)

    def test_without_anything(self):
        class Plain(nn.GELU):
            pass

        assert repr(Plain("tanh")) == "Plain(approximate='tanh')"
        assert list(inspect.signature(Plain).parameters) == ["approximate"]


def test_options_of_windows_have_one_entry_or_one_per_axis():
    with pytest.raises(ValueError, match="MaxPool2d: stride must have 1 or 2 entries, one per spatial axis, not 3"):
        nn.MaxPool2d(2, (1, 2, 3))
    assert nn.MaxPool2d([2, 3]).stride == (2, 3)
    assert nn.AvgPool1d(np.int64(3)).kernel_size == (3,)
