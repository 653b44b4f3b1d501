"""Declarations of ops that contradict themselves are refused, with the name of what is wrong."""

import pytest

from tensorlab.autodiff.op import op
from tensorlab.autodiff.record import REGISTRY, Op


@pytest.fixture(autouse=True)
def registry_as_before():
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def declare(name="twice_as_much", **record):
    """Declare an op of one operand and one parameter."""

    def compute(backend, x, /, factor=2.0):
        return backend.xp.multiply(x, factor)

    compute.__name__ = name
    return op(shape=lambda x, factor: x, **record)(compute)


def test_declared_op_is_in_the_registry():
    record = declare(vjp={"x": lambda g, factor: g * factor}).op
    assert isinstance(record, Op)
    assert REGISTRY["twice_as_much"] is record


def test_name_that_is_taken():
    with pytest.raises(ValueError, match="already an op called exp"):
        declare("exp")


def test_data_types_of_what_is_no_operand():
    with pytest.raises(TypeError, match="twice_as_much says what y takes, which is no operand"):
        declare(takes={"y": "floating"})


def test_rule_that_names_what_does_not_exist():
    with pytest.raises(TypeError, match=r"a rule of twice_as_much names scale; it can name factor, out, x, x_dtype"):
        declare(vjp={"x": lambda g, scale: g * scale})


def test_forward_rule_that_needs_more_than_is_kept():
    with pytest.raises(TypeError, match=r"a jvp rule of twice_as_much names \('x',\), more than the vjp rules keep"):
        declare(vjp={"x": lambda g, factor: g * factor}, jvp={"x": lambda t, x: t * x})
