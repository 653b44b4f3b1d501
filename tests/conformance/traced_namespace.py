"""tensorlab as an Array API namespace in which every floating-point array that is made requires a gradient.

The public test suite of the standard (data-apis/array-api-tests) runs on it with
``ARRAY_API_TESTS_MODULE=traced_namespace`` as it runs on ``tensorlab`` itself: recording must change no result.
"""

from functools import wraps

import tensorlab

MAKERS = (
    *("arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like"),
    *("linspace", "ones", "ones_like", "zeros", "zeros_like"),
)


def traced(make):
    @wraps(make)
    def made(*args, **kwargs):
        x = make(*args, **kwargs)
        if x.requires_grad or not x.dtype.is_floating:
            return x
        # Computed from a leaf, as leaves cannot be written in place.
        return tensorlab.positive(x.requires_grad_())

    return made


globals().update({name: traced(getattr(tensorlab, name)) for name in MAKERS})


def __getattr__(name):
    return getattr(tensorlab, name)
