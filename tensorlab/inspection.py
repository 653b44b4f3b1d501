"""Inspection of the namespace: the standard's ``__array_namespace_info__``, and where names of other libraries are."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .backend import Device, DType, active_backend, dtypes
from .ops.creation import backend_and_name
from .ops.datatypes import isdtype

OUTSIDE_THE_STANDARD = ("float16", "bfloat16")


class NamespaceInfo:
    """Devices, data types and capabilities of the active backend.

    Examples
    --------
    >>> tl.__array_namespace_info__().default_device()
    Device(backend='numpy', name='cpu')
    """

    def capabilities(self) -> dict[str, Any]:
        """Return the capabilities that the standard leaves to the library."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": active_backend().max_dimensions,
        }

    def default_device(self) -> Device:
        """Return the default device of new tensors."""
        backend = active_backend()
        return Device(backend.name, backend.devices()[0])

    def devices(self) -> list[Device]:
        """Return the devices of the active backend, the default one first."""
        backend = active_backend()
        return [Device(backend.name, name) for name in backend.devices()]

    def default_dtypes(self, *, device: Device | str | None = None) -> dict[str, DType]:
        """Return the default data types of new tensors.

        Raises
        ------
        BackendUnavailable
            If `device` does not exist.
        """
        if device is not None:
            backend_and_name(device)
        return {
            "real floating": dtypes.float32,
            "complex floating": dtypes.complex64,
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Device | str | None = None, kind: Any = None) -> dict[str, DType]:
        """Return the standard's data types that the backend has, by name, optionally of one kind (see `isdtype`).

        Raises
        ------
        ValueError
            If `kind` is not one of those of `isdtype`.
        BackendUnavailable
            If `device` does not exist.
        """
        backend = active_backend() if device is None else backend_and_name(device)[0]
        return {
            name: dtype
            for name, dtype in DType.registry.items()
            if name not in OUTSIDE_THE_STANDARD
            and backend.native_dtype(name) is not None
            and (kind is None or isdtype(dtype, kind))
        }


def array_namespace_info() -> NamespaceInfo:
    """Return devices, data types and capabilities, as the standard's ``__array_namespace_info__()``."""
    return NamespaceInfo()


REMARKS = {
    "append": "write concat([x, y])",
    "array": "write tensor(data), or asarray(data) to share memory",
    "ascontiguousarray": "write asarray(x).contiguous()",
    "autograd": "grad, vjp and jvp differentiate functions, and custom_gradient defines a gradient",
    "bucketize": "write searchsorted(boundaries, x)",
    "cuda": "available_backends() says what can be used, and x.to('cuda:0') moves a tensor",
    "degrees": "write rad2deg(x)",
    "delete": "write x[mask], or concat of the parts that stay",
    "device": "devices are named by strings such as 'cuda:0'; see Device",
    "dtype": "see DType",
    "fabs": "write abs(x)",
    "FloatTensor": "write tensor(data, dtype='float32')",
    "ger": "write outer(x, y)",
    "histc": "write histogram(x, bins)",
    "identity": "write eye(n)",
    "in1d": "write isin(x, y)",
    "inference_mode": "write no_grad()",
    "inner": "write vecdot(x, y)",
    "inverse": "write linalg.inv(x)",
    "logdet": "write linalg.slogdet(x)",
    "LongTensor": "write tensor(data, dtype='int64')",
    "mod": "write remainder(x, y)",
    "ndarray": "write Tensor",
    "pinverse": "write linalg.pinv(x)",
    "product": "write prod(x)",
    "radians": "write deg2rad(x)",
    "rint": "write round(x)",
    "rollaxis": "write moveaxis(x, source, destination)",
    "set_grad_enabled": "write no_grad() or enable_grad()",
    "std_mean": "write std(x) and mean(x)",
    "trapz": "write trapezoid(y, x)",
    "utils": "DataLoader and Dataset are in data, other tools in nn.utils",
    "var_mean": "write var(x) and mean(x)",
    "vdot": "write vecdot(x, y)",
}
"""What to write for names of PyTorch's and NumPy's that the namespace does not have."""

NAMESPACES = ("linalg", "fft", "random", "nn.functional", "nn.init", "nn.utils", "nn", "optim", "data", "distributions")


def elsewhere(name: str) -> str:
    """Return what to write for a name that the namespace does not have, to be added to an error; empty if unknown.

    Examples
    --------
    >>> from tensorlab.inspection import elsewhere
    >>> elsewhere("conv2d"), elsewhere("identity")
    ('; there is nn.functional.conv2d', '; write eye(n)')
    """
    if name in REMARKS:
        return f"; {REMARKS[name]}"
    package = __name__.partition(".")[0]
    for namespace in NAMESPACES if not name.startswith("_") else ():
        if name in import_module(f"{package}.{namespace}").__all__:
            return f"; there is {namespace}.{name}"
    return ""
