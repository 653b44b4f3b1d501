"""The step with a surrogate gradient as a layer."""

from __future__ import annotations

from ...options import Finite, Positive, declared
from .. import functional as F
from ..functional.heaviside import Surrogate
from .base import UnaryLayer


@declared
class Heaviside(UnaryLayer, function=F.heaviside):
    """Step from 0 to 1 at zero, elementwise, with a surrogate gradient.

    Examples
    --------
    >>> tl.nn.Heaviside("arctan", scale=2.0)(tl.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """

    surrogate: Surrogate = "none"
    scale: Positive = 1.0
    at_zero: Finite = 0.0
