"""Declarations of ops that contradict themselves are refused, and leave no op behind."""

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


def test_a_declared_op_is_in_the_registry():
    record = declare(vjp={"x": lambda g, factor: g * factor}).op
    assert isinstance(record, Op)
    assert REGISTRY["twice_as_much"] is record


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="already an op called exp"):
        declare("exp")


def test_data_types_of_anything_but_operands_are_refused():
    with pytest.raises(TypeError, match="takes of twice_as_much names y, which is not an operand"):
        declare(takes={"y": "floating"})
    assert "twice_as_much" not in REGISTRY


def test_a_rule_that_takes_an_unknown_value_is_refused():
    with pytest.raises(TypeError, match=r"a rule of twice_as_much names scale; it can name factor, out, x, x_dtype"):
        declare(vjp={"x": lambda g, scale: g * scale})
    assert "twice_as_much" not in REGISTRY


def test_a_jvp_rule_that_takes_more_than_the_vjp_rules_is_refused():
    with pytest.raises(TypeError, match=r"a jvp rule of twice_as_much takes \('x',\); its vjp rules \('factor',\)"):
        declare(vjp={"x": lambda g, factor: g * factor}, jvp={"x": lambda t, x: t * x})
