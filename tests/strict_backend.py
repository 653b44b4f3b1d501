"""A backend on array-api-strict, whose arrays refuse everything outside the Array API standard.

Code that would fail on a GPU fails here, on a machine without one. It is also how little a backend needs: the suite
runs on it with ``TENSORLAB_BACKEND=strict``, and every kernel is a default of the base class.
"""

import array_api_strict
import numpy as np

from tensorlab.backend import Backend

array_api_strict.set_array_api_strict_flags(api_version="2024.12")


class StrictBackend(Backend):
    name = "strict"
    array_package = "array_api_strict"
    xp = array_api_strict

    @property
    def array_types(self):
        return (type(array_api_strict.zeros(())),)

    def to_numpy(self, array):
        return np.asarray(array)
