"""Automatic differentiation: op records, the graph, the sweeps through it, and the transforms."""

from ..errors import AnomalyError, GradientError, ShapeError
from .anomaly import detect_anomaly
from .backward import backward
from .check import check_gradients
from .custom import checkpoint, custom_gradient
from .graph import enable_grad, is_grad_enabled, no_grad
from .record import REGISTRY, Op
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [
    "REGISTRY", "AnomalyError", "GradientError", "Op", "ShapeError", "backward", "check_gradients", "checkpoint",
    "custom_gradient", "detect_anomaly", "enable_grad", "grad", "hessian", "hvp", "is_grad_enabled", "jacobian", "jvp",
    "no_grad", "value_and_grad", "vjp",
]  # fmt: skip
