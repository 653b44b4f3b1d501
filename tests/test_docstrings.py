"""Docstrings that share texts: `help` is complete, with every section in NumPy's order."""

import inspect

import pytest

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.autodiff import REGISTRY
from tensorlab.docstrings import ORDER, PARAMETERS, completed, documented, entries_of, sections_of

FUNCTIONS = {
    f"{space.__name__}.{name}": function
    for space in (tl, tl.linalg, tl.fft)
    for name in space.__all__
    if inspect.isfunction(function := getattr(space, name))
    and function.__module__.startswith(("tensorlab.ops", "tensorlab.fft"))
}
ELEMENTWISE = [
    op
    for op in REGISTRY.values()
    if op.kind == "elementwise" and op.name in tl.__all__ and "; see `" not in op.public.__doc__
]
DISTRIBUTIONS = [name for name in tl.random.__all__ if hasattr(tl.Generator, name) and name != "manual_seed"]
CLASSES = [value for space in (nn, optim) for name in space.__all__ if isinstance(value := getattr(space, name), type)]
DESCRIBED_ELSEWHERE = {
    optim.Elementwise,  # an abstract base class: `Optimizer` describes the arguments
    optim.L1Penalty,  # the summary refers to `ElasticPenalty`
    optim.L2Penalty,
    optim.MinimizeResult,  # a result: its fields are attributes
}


def assert_complete(function, names):
    sections = sections_of(inspect.getdoc(function))
    assert list(sections) == ["", *(title for title in ORDER if title in sections)]
    assert "Examples" in sections
    assert set(entries_of(sections["Parameters"])) >= set(names)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_elementwise_ops_describe_operands_and_result(op):
    assert_complete(op.public, op.operands)
    assert sections_of(inspect.getdoc(op.public))["Returns"].startswith("Tensor\n    ")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions_describe_all_parameters(name):
    assert_complete(getattr(tl.Generator, name), list(inspect.signature(getattr(tl.Generator, name)).parameters)[1:])
    assert_complete(getattr(tl.random, name), inspect.signature(getattr(tl.random, name)).parameters)


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls not in DESCRIBED_ELSEWHERE])
def test_layers_and_optimizers_describe_all_parameters(cls):
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    names = {p.name for p in inspect.signature(cls).parameters.values() if p.kind not in variadic}
    described = entries_of(sections_of(inspect.getdoc(cls)).get("Parameters", ""))
    assert names <= set(described)


def test_own_entries_and_sections_take_precedence():
    doc = "Add.\n\n    Parameters\n    ----------\n    y : int\n        Own.\n\n    Returns\n    -------\n    int\n    "
    shared = {"x": "x : float\n    Shared.", "y": "y : float\n    Shared."}
    assert completed(doc, ["x", "y"], shared, {"Returns": "float", "Notes": "Shared."}) == (
        "Add.\n\nParameters\n----------\nx : float\n    Shared.\ny : int\n    Own.\n\nReturns\n-------\nint\n\n"
        "Notes\n-----\nShared."
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_help_has_an_example_and_describes_shared_parameters(name):
    function = FUNCTIONS[name]
    sections = sections_of(function.__doc__)
    assert sections["Examples"].startswith(">>> ")
    assert ">>>" not in sections[""]
    described = entries_of(sections.get("Parameters", ""))
    for parameter, kind in function.__annotations__.items():
        if f"{parameter}: {kind}" in PARAMETERS and hasattr(function, "op"):
            assert parameter in described


def test_parameters_come_in_the_order_of_the_signature():
    @documented
    def spread(x, /, axis: "Axis" = None, *, correction: "float" = 0.0, keepdims: "bool" = False):  # noqa: F821
        """Spread.

        Parameters
        ----------
        correction : float
            Taken from the count.
        """

    sections = sections_of(spread.__doc__)
    assert list(entries_of(sections["Parameters"])) == ["axis", "correction", "keepdims"]
    assert sections["Raises"] == "ShapeError\n    If an axis does not exist or is named twice."


def test_own_descriptions_stay():
    @documented
    def stack(arrays, /, axis: "int" = 0):
        """Join.

        Parameters
        ----------
        axis : int
            Where the new axis stands.
        """

    assert entries_of(sections_of(stack.__doc__)["Parameters"]) == {
        "axis": "axis : int\n    Where the new axis stands."
    }


def test_docstrings_without_indentation_are_completed():
    """Python 3.13 strips the indentation of docstrings."""

    def pick(x, /, axis: "int" = 0):
        """Pick."""

    pick.__doc__ = "Pick.\n\nRaises\n------\nTypeError\n    For text.\n\nExamples\n--------\n>>> pick(1)"
    sections = sections_of(documented(pick).__doc__)
    assert list(sections) == ["", "Parameters", "Raises", "Examples"]
    assert list(entries_of(sections["Raises"])) == ["ShapeError", "TypeError"]
