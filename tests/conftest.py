"""The suite's settings: it runs on the backend that TENSORLAB_BACKEND names, ``strict`` among them."""

import os
from importlib.util import find_spec

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # read when SciPy is imported: its functions take tensors

import numpy as np
import pytest
from strict_backend import StrictBackend

import tensorlab as tl
from tensorlab.autodiff.graph import current_mode

tl.register_backend(StrictBackend)

# Modules for the public test suite of the Array API, whose import chooses a backend; a program for type checkers.
collect_ignore = ["conformance/strict_namespace.py", "conformance/traced_namespace.py", "typing/user_code.py"]


class Doctests:
    """A plugin rather than fixtures of this folder, so that it reaches the docstrings of the package as well."""

    @pytest.fixture(autouse=True)
    def doctest_names(self, request):
        if isinstance(request.node, pytest.DoctestItem):
            request.getfixturevalue("doctest_namespace")["tl"] = tl

    @staticmethod
    def pytest_ignore_collect(collection_path):
        """Leave out the adapter of a library that is not installed."""
        is_adapter = collection_path.parent.name == "interop" and collection_path.parent.parent.name == "tensorlab"
        return True if is_adapter and collection_path.stem == "torch" and find_spec("torch") is None else None

    @staticmethod
    def pytest_collection_modifyitems(items):
        if tl.active_backend().name != "numpy":
            skip = pytest.mark.skip(reason="the docstrings show tensors on the numpy backend")
            for item in items:
                if isinstance(item, pytest.DoctestItem):
                    item.add_marker(skip)


def pytest_configure(config):
    config.pluginmanager.register(Doctests(), "tensorlab-doctests")
    # Sets of data types hold those of all backends, and these two libraries' types have equal hashes.
    config.addinivalue_line("filterwarnings", "ignore:You are comparing a array_api_strict dtype:UserWarning")


@pytest.fixture(autouse=True)
def no_state_left_behind():
    """Fail a test that leaves the engine's mode or the active backend changed; begin each with the same numbers."""
    tl.manual_seed(0)
    mode, backend = current_mode.get(), tl.active_backend()
    yield
    assert current_mode.get() is mode
    assert tl.active_backend() is backend


@pytest.fixture
def rng():
    """NumPy's generator with a fixed seed, for test data."""
    return np.random.default_rng(0)


@pytest.fixture
def generator():
    """A generator of tensorlab with a fixed seed."""
    return tl.Generator(0)


@pytest.fixture
def other_backend():
    """The name of a backend that is not the active one and works on every machine."""
    return "numpy" if tl.active_backend().name == "strict" else "strict"


@pytest.fixture
def undrawn(monkeypatch):
    """Initialise parameters by zeros: drawing those of large models takes long."""
    for name in ("uniform", "normal", "truncated_normal"):
        monkeypatch.setattr(tl.Generator, name, lambda *args, **kwargs: 0.0)
