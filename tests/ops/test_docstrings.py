"""`help` of a public function of `tensorlab.ops` is complete, though its source leaves out what all functions share."""

import inspect

import pytest

import tensorlab as tl
from tensorlab.docstrings import PARAMETERS, documented, entries_of, sections_of

FUNCTIONS = {
    f"{space.__name__}.{name}": function
    for space in (tl, tl.linalg, tl.fft)
    for name in space.__all__
    if inspect.isfunction(function := getattr(space, name))
    and function.__module__.startswith(("tensorlab.ops", "tensorlab.fft"))
}


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
