"""Options declared once: the constructor that declarations make, and what it refuses."""

from __future__ import annotations

import gc
import inspect
import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, InitVar
from enum import StrEnum
from typing import Any, Literal, Protocol

import numpy as np
import pytest

import tensorlab as tl
import tensorlab.nn.functional as F
from tensorlab.options import (
    BelowOne,
    Count,
    Counts,
    Fraction,
    NonNegative,
    Options,
    Positive,
    Scalar,
    Size,
    Sizes,
    checked,
    declared,
    fixed,
)


@declared
class Base(Options):
    _: KW_ONLY
    reduction: Literal["mean", "sum"] = "mean"


@declared
class Smooth(Base):
    beta: NonNegative = 1.0
    axis: int | None = None


@declared
class Rule(Options):
    target: InitVar[Any]
    rate: Positive = 0.1
    betas: tuple[BelowOne, BelowOne] = (0.9, 0.999)
    nesterov: bool = False

    def __post_init__(self, target: Any) -> None:
        self.seen = (target, self.rate)


class Sized:
    @checked
    def __init__(self, rows: Size, columns: Count = 1, *, activation: Callable[..., Any] | str = "relu") -> None:
        self.rows, self.columns, self.activation = rows, columns, activation


def test_base_options_come_first_and_keywords_last():
    parameters = inspect.signature(Smooth).parameters
    assert list(parameters) == ["beta", "axis", "reduction"]
    assert parameters["reduction"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["beta"].default == 1.0 and parameters["beta"].annotation is float


def test_options_become_attributes_and_defaults_leave_the_class():
    layer = Smooth(2.0, reduction="sum")
    assert vars(layer) == {"beta": 2.0, "axis": None, "reduction": "sum"}
    assert not hasattr(Smooth, "beta")


def test_init_vars_are_passed_on_and_not_kept():
    rule = Rule([1, 2], rate=1)
    assert rule.seen == ([1, 2], 1)
    assert not hasattr(rule, "target")


def test_a_fixed_option_is_no_argument():
    @declared
    class Doubled(Smooth):
        beta: NonNegative = fixed(2.0)

    assert list(inspect.signature(Doubled).parameters) == ["axis", "reduction"]
    assert vars(Doubled(1)) == {"beta": 2.0, "axis": 1, "reduction": "mean"}
    assert not hasattr(Doubled, "beta")
    with pytest.raises(TypeError, match="Doubled: got an unexpected keyword argument 'beta'"):
        Doubled(beta=1.0)
    with pytest.raises(ValueError, match="beta must be a non-negative number"):
        Doubled.read_option("beta", -1)


@declared
class HasSize(Protocol):
    size: int


def test_a_protocol_allows_everything():
    @declared
    class Holder(Options):
        held: HasSize

    assert Holder(3).held == 3


def test_a_constructor_of_ones_own_is_left_alone():
    class Own(Smooth):
        scale: float = 3.0

        def __init__(self, by: int) -> None:
            super().__init__(beta=by)

    assert list(inspect.signature(Own).parameters) == ["by"]
    assert (Own(2).beta, Own(2).scale) == (2, 3.0)


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), np.array(0.5), tl.tensor(0.5)])
def test_numbers_of_other_libraries_are_kept_as_python_numbers(number):
    assert type(Smooth(number).beta) is float and Smooth(number).beta == 0.5


@pytest.mark.parametrize("number", [np.int64(3), np.uint8(3), np.array(3), tl.tensor(3)])
def test_integers_of_other_libraries_are_kept_as_python_integers(number):
    assert type(Sized(number).rows) is int and Sized(number).rows == 3


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Smooth(-1.0), ValueError, "Smooth: beta must be a non-negative number, not -1.0"),
        (lambda: Smooth(float("nan")), ValueError, "beta must be a non-negative number, not nan"),
        (lambda: Smooth(float("inf")), ValueError, "beta must be a non-negative number, not inf"),
        (lambda: Smooth("1"), TypeError, "beta must be a non-negative number, not '1'"),
        (lambda: Smooth(True), TypeError, "beta must be a non-negative number, not True"),
        (lambda: Smooth(object()), TypeError, "beta must be a non-negative number, not an object"),
        (lambda: Smooth(tl.tensor(1.0, requires_grad=True)), TypeError, "gradient would be lost"),
        (lambda: Smooth(axis=1.5), TypeError, "Smooth: axis must be an integer or None, not 1.5"),
        (lambda: Smooth(reduction="max"), ValueError, "Smooth: reduction must be 'mean' or 'sum', not 'max'"),
        (lambda: Smooth(bta=1), TypeError, "Smooth: got an unexpected keyword argument 'bta'"),
        (lambda: Smooth(1, 2, "sum"), TypeError, "Smooth: too many positional arguments"),
        (lambda: Rule(), TypeError, "Rule: missing a required argument: 'target'"),
        (lambda: Rule(0, rate=0), ValueError, "Rule: rate must be a positive number, not 0"),
        (
            lambda: Rule(0, betas=(0.9, 1.0)),
            ValueError,
            r"betas must be a tuple of 2 entries, each a number in \[0, 1\)",
        ),
        (lambda: Rule(0, betas=(0.9,)), ValueError, "betas must be a tuple of 2"),
        (lambda: Rule(0, betas=0.9), TypeError, "betas must be a tuple of 2"),
        (lambda: Rule(0, nesterov="no"), TypeError, "nesterov must be a bool, not 'no'"),
        (lambda: Sized(0), ValueError, "Sized: rows must be a positive integer, not 0"),
        (lambda: Sized(2.0), TypeError, "Sized: rows must be a positive integer, not 2.0"),
        (lambda: Sized(True), TypeError, "Sized: rows must be a positive integer, not True"),
        (lambda: Sized(1, -1), ValueError, "Sized: columns must be a non-negative integer, not -1"),
        (lambda: Sized(1, activation=3), TypeError, "Sized: activation must be callable or a str, not 3"),
    ],
)
def test_refusals_name_the_class_the_option_and_the_values(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_sequences_of_any_length():
    @declared
    class Padded(Options):
        padding: tuple[int, ...] | int = 0
        sizes: Sequence[int] = ()
        rate: Fraction = 1

    assert Padded([1, 2]).padding == (1, 2) and Padded(3).padding == 3
    assert Padded(sizes=range(3)).sizes == (0, 1, 2)
    with pytest.raises(TypeError, match="Padded: padding must be a tuple of integers or an integer"):
        Padded(["a"])
    with pytest.raises(ValueError, match=r"rate must be a number in \[0, 1\], not 2"):
        Padded(rate=2)


@declared
class Window(Options):
    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Counts = 0
    value: Scalar = 0.0


def test_one_number_for_all_axes_or_one_for_each():
    window = Window([np.int64(2), 3], padding=np.array(1))
    assert window.kernel_size == (2, 3) and type(window.kernel_size[0]) is int
    assert window.padding == 1 and type(window.padding) is int


def test_elements_of_tensors_are_numbers_of_any_type():
    assert np.isnan(Window(1, value=float("nan")).value)
    assert (Window(1, value=True).value, Window(1, value=2j).value) == (True, 2j)
    assert type(Window(1, value=np.float32(0.5)).value) is float


@pytest.mark.parametrize(
    "make, error, words",
    [
        (
            lambda: Window(-3),
            ValueError,
            "Window: kernel_size must be a positive integer, or one for each axis, not -3",
        ),
        (lambda: Window((2, 0)), ValueError, r"kernel_size must be .*, not \(2, 0\)"),
        (lambda: Window("ab"), TypeError, "kernel_size must be .*, not 'ab'"),
        (lambda: Window(2, 1.5), TypeError, "stride must be a positive integer, or one for each axis or None, not 1.5"),
        (lambda: Window(2, padding=-1), ValueError, "padding must be a non-negative integer, or one for each axis"),
        (lambda: Window(2, value="x"), TypeError, "value must be a number, not 'x'"),
    ],
)
def test_refusals_of_sizes_and_elements(make, error, words):
    with pytest.raises(error, match=words):
        make()


# -- subclasses of a user's own ----------------------------------------------------------------------------------------


def test_annotations_without_the_decorator_mean_nothing():
    class Watched(tl.nn.LeakyReLU):
        running: tl.Tensor
        names: tuple[str, ...] = ("a",)
        missing: NotThere  # noqa: F821

    class Watching(tl.optim.SGD):
        history: list[float]
        verbose: bool = False

    assert repr(Watched(0.5)) == "Watched(negative_slope=0.5)"
    assert Watched.names == ("a",)
    assert Watching([tl.ones(1, requires_grad=True)], 0.1).verbose is False
    assert list(inspect.signature(Watched).parameters) == list(inspect.signature(tl.nn.LeakyReLU).parameters)


def test_classes_are_not_kept_alive():
    class Local(tl.nn.ReLU):
        pass

    Local()(tl.ones(1))
    reference = weakref.ref(Local)
    del Local
    gc.collect()
    assert reference() is None


def test_a_default_that_can_be_changed_is_refused():
    with pytest.raises(ValueError, match="Listed: the default of names is a list"):

        @declared
        class Listed(Options):
            names: list[str] = []


@pytest.mark.parametrize("pair", [[0.5, 0.75], np.array([0.5, 0.75]), tl.tensor([0.5, 0.75])])
def test_lists_and_arrays_are_kept_as_tuples_of_numbers(pair):
    rule = Rule(0, betas=pair)
    assert rule.betas == (0.5, 0.75) and type(rule.betas[0]) is float


def test_flags_take_0_and_1():
    assert Rule(0, nesterov=1).nesterov is True
    assert Rule(0, nesterov=np.bool_(False)).nesterov is False


def test_choices_are_compared_by_value():
    class Reduction(StrEnum):
        SUM = "sum"

    assert type(Smooth(reduction=Reduction.SUM).reduction) is str


class TestFunctions:
    """Arguments of ops and of functions made of ops are read by their annotations, as options of layers are."""

    @pytest.mark.skipif(tl.active_backend().name != "numpy", reason="scalars of NumPy are arrays of its backend")
    def test_numpy_numbers_do_not_change_the_type_of_the_result(self):
        x = tl.tensor([[0.5, 1.0], [2.0, 3.0]])
        calls = [
            lambda v: F.softplus(x, v, 20 * v),
            lambda v: F.elu(x, v),
            lambda v: F.layer_norm(x, (2,), eps=v),
            lambda v: F.dropout(x, v, training=False),
            lambda v: F.huber_loss(x, x + 1, delta=v),
            lambda v: tl.var(x, correction=v),
            lambda v: tl.clip(x, -v, v),
            lambda v: tl.lerp(x, x + 1, v),
            lambda v: x * v - x / v + x**v * (x > v),
            lambda v: F.scaled_dot_product_attention(x, x, x, scale=v),
        ]
        for call in calls:
            for value in (np.float64(0.5), np.float16(0.5)):
                result = call(value)
                assert result.dtype == tl.float32
                np.testing.assert_array_equal(result.numpy(), call(0.5).numpy())

    @pytest.mark.parametrize(
        "number", [np.int64, np.uint8, np.array, tl.tensor], ids=["int64", "uint8", "0-d", "tensor"]
    )
    def test_integers_of_every_kind(self, number):
        x = tl.arange(24.0).reshape(1, 2, 3, 4)
        assert tl.sum(x, axis=number(1)).shape == (1, 3, 4)
        assert tl.sum(x, axis=(number(1), 2)).shape == (1, 4)
        assert F.max_pool2d(x, number(2), stride=number(1)).shape == (1, 2, 2, 3)
        assert F.one_hot(tl.tensor([0, 1]), number(3)).shape == (2, 3)
        assert tl.diff(x, n=number(2)).shape == (1, 2, 3, 2)
        assert tl.full((2,), number(7)).dtype == tl.full((2,), 7).dtype == tl.int64

    def test_large_integers_are_exact(self):
        assert tl.full((1,), np.int64(2**40 + 1)).tolist() == [2**40 + 1]

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (
                lambda x: tl.sum(x, axis=1.5),
                TypeError,
                "sum: axis must be an integer, a tuple of integers or None, not",
            ),
            (lambda x: tl.sum(x, axis=(0, 1.5)), TypeError, r"sum: axis must be .*, not \(0, 1.5\)"),
            (lambda x: tl.sum(x, keepdims="no"), TypeError, "sum: keepdims must be a bool, not 'no'"),
            (lambda x: tl.std(x, correction="x"), TypeError, "std: correction must be a number, not 'x'"),
            (lambda x: tl.std(x, axis=object()), TypeError, "std: axis must be .*, not an object"),
            (lambda x: F.conv2d(x, None), TypeError, "conv2d: weight must be a tensor or an array, not NoneType"),
            (lambda x: F.elu(x, float("nan")), ValueError, "elu: alpha must be a number, not nan"),
            (lambda x: F.gelu(x, "cubic"), ValueError, "gelu: approximate must be 'none' or 'tanh', not 'cubic'"),
        ],
    )
    def test_refused_by_name(self, call, error, message):
        with pytest.raises(error, match=f"^{message}"):
            call(tl.ones(1, 2, 3, 4))

    def test_a_gradient_is_not_lost(self):
        slope = tl.tensor(0.5, requires_grad=True)
        with pytest.raises(TypeError, match=r"elu: alpha must be a number, .*whose gradient would be lost"):
            F.elu(tl.ones(2), slope)


def test_a_number_that_no_array_can_hold_is_named():
    with pytest.raises(MemoryError, match=r"^one_hot: num_classes=1099511627776 is too large"):
        tl.nn.functional.one_hot(tl.tensor([1]), 1 << 40)
    with pytest.raises(tl.ShapeError, match=r"^max_pool2d: kernel_size=1099511627776 is too large: pooling: a window"):
        tl.nn.functional.max_pool2d(tl.ones(1, 1, 4, 4), 1 << 40)
    with pytest.raises(MemoryError, match=r"^Linear\(in_features=2, out_features=1180591620717411303424\)"):
        tl.nn.Linear(2, 1 << 70)


def test_paths_are_strings_or_path_objects(tmp_path):
    @checked
    def opened(path: str | os.PathLike[str] | None = None):
        return path

    assert opened(tmp_path) is tmp_path and opened("file") == "file"
    with pytest.raises(TypeError, match=r"^opened: path must be a str, a path or None, not 3"):
        opened(3)
