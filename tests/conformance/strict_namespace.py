"""tensorlab on the strict backend as a module for the public test suite of the standard; see traced_namespace."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from strict_backend import StrictBackend

import tensorlab

tensorlab.register_backend(StrictBackend)
tensorlab.use_backend("strict")


def __getattr__(name):
    return getattr(tensorlab, name)
