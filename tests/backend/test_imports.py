"""Importing tensorlab is fast and imports no optional package."""

import os
import statistics
import subprocess
import sys
import time

import pytest

import tensorlab as tl

EXTRAS = (
    "cupy",
    "torch",
    "scipy",
    "matplotlib",
    "safetensors",
    "sklearn",
    "tqdm",
    "ml_dtypes",
    "llvmlite",
    "array_api_compat",
    "einops",
    "PIL",
    "optuna",
    "tensorboardX",
)


def python(code):
    env = {name: value for name, value in os.environ.items() if name != "TENSORLAB_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return done.stdout.strip()


def test_no_optional_package_is_imported():
    loaded = python(
        "import sys, tensorlab; tensorlab.__version__; print(*{m.partition('.')[0] for m in sys.modules})"
    ).split()
    assert "tensorlab" in loaded
    assert not set(EXTRAS) & set(loaded)


def test_no_optional_package_is_imported_by_computing():
    code = "import sys, tensorlab as tl; (tl.ones(2, requires_grad=True) * 2).sum().backward(); tl.available_backends()"
    loaded = python(code + "; print(*{m.partition('.')[0] for m in sys.modules})").split()
    # available_backends imports CuPy, if it is installed, to look for devices.
    assert not (set(EXTRAS) - {"cupy", "array_api_compat"}) & set(loaded)


@pytest.mark.slow
def test_import_time():
    """At most 60 ms more than NumPy: medians of alternating runs, so that a slow phase of the machine affects both.

    The best of three rounds counts, as other programs only add to the time.
    """

    def seconds(module):
        start = time.perf_counter()
        python(f"import {module}")
        return time.perf_counter() - start

    def difference():
        runs = [(seconds("numpy"), seconds("tensorlab")) for _ in range(7)]
        plain, ours = (statistics.median(column) for column in zip(*runs, strict=True))
        return ours - plain

    seconds("tensorlab")  # writes the bytecode
    assert min(difference() for _ in range(3)) < 0.060


def test_version_is_looked_up_when_needed():
    assert tl.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="module 'tensorlab' has no attribute 'nonsense'"):
        tl.nonsense  # noqa: B018


def test_public_names():
    assert all(hasattr(tl, name) for name in ("nn", "optim") if name in dir(tl))
    assert tl.newaxis is None
    assert tl.pi == pytest.approx(3.14159265)


@pytest.mark.parametrize("space", [tl, tl.fft, tl.linalg, tl.optim], ids=lambda space: space.__name__)
def test_namespaces_list_what_is_public(space):
    plain = {name for name in dir(space) if not name.startswith("__")}
    assert plain - {"io"} == {name for name in space.__all__ if not name.startswith("__")}
    assert all(hasattr(space, name) for name in dir(space))


def test_public_functions_have_documented_examples_that_run():
    """doctest finds the examples of functions that are generated from op records."""
    import doctest

    import tensorlab.ops.arithmetic as module

    found = {test.name.rpartition(".")[2] for test in doctest.DocTestFinder().find(module) if test.examples}
    assert {"add", "multiply", "sign"} <= found
