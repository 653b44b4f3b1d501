"""Docstrings that are completed by shared entries: `help` shows every parameter, in NumPy's order of sections."""

from inspect import getdoc, signature

import pytest

import tensorlab as tl
from tensorlab.autodiff import REGISTRY
from tensorlab.docstrings import ORDER, completed, entries_of, sections_of

ELEMENTWISE = [
    op
    for op in REGISTRY.values()
    if op.kind == "elementwise" and op.name in tl.__all__ and "; see `" not in op.public.__doc__
]
DISTRIBUTIONS = [name for name in tl.random.__all__ if hasattr(tl.Generator, name) and name != "manual_seed"]


def assert_complete(function, names):
    sections = sections_of(getdoc(function))
    assert list(sections) == ["", *(title for title in ORDER if title in sections)]
    assert "Examples" in sections
    assert set(entries_of(sections["Parameters"])) >= set(names)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_elementwise_ops_describe_operands_and_result(op):
    assert_complete(op.public, op.operands)
    assert sections_of(getdoc(op.public))["Returns"].startswith("Tensor\n    ")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions_describe_all_parameters(name):
    assert_complete(getattr(tl.Generator, name), list(signature(getattr(tl.Generator, name)).parameters)[1:])
    assert_complete(getattr(tl.random, name), signature(getattr(tl.random, name)).parameters)


def test_own_entries_and_sections_take_precedence():
    doc = "Add.\n\n    Parameters\n    ----------\n    y : int\n        Own.\n\n    Returns\n    -------\n    int\n    "
    shared = {"x": "x : float\n    Shared.", "y": "y : float\n    Shared."}
    assert completed(doc, ["x", "y"], shared, {"Returns": "float", "Notes": "Shared."}) == (
        "Add.\n\nParameters\n----------\nx : float\n    Shared.\ny : int\n    Own.\n\nReturns\n-------\nint\n\n"
        "Notes\n-----\nShared."
    )
