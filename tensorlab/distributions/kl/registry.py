"""Kullback-Leibler divergences, by the classes of the two distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...ops.declare import composite
from ...options import checked
from ...tensor import Tensor
from ..distribution import Distribution

Divergence = Callable[[Distribution, Distribution], Tensor]
F = TypeVar("F", bound=Callable[..., Tensor])

_REGISTERED: dict[tuple[type, type], Callable[..., Tensor]] = {}


@checked
def register_kl(type_p: type, type_q: type) -> Callable[[F], F]:
    """Decorate a function that computes the divergence of distributions of two classes.

    `kl_divergence` calls the function for instances of these classes and of their subclasses, unless one is registered
    for a closer base class: first of p, then of q.

    Parameters
    ----------
    type_p, type_q : type
        Subclasses of `Distribution`.

    Raises
    ------
    TypeError
        If one is not such a class.

    Examples
    --------
    >>> from tensorlab.distributions import Distribution, Normal, kl_divergence, register_kl
    >>> class Standard(Normal):
    ...     "A normal distribution with a divergence of its own."
    >>> @register_kl(Standard, Standard)
    ... def _kl_standard(p, q):
    ...     return 0.5 * (p.loc - q.loc) ** 2
    >>> kl_divergence(Standard(0.0, 1.0), Standard(2.0, 1.0))
    tensor(2.)
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not issubclass(cls, Distribution):
            raise TypeError(f"register_kl: {name} must be a subclass of Distribution, not {cls.__name__}")

    def decorate(function: F) -> F:
        _REGISTERED[type_p, type_q] = function
        return function

    return decorate


def _function_for(type_p: type, type_q: type) -> Callable[..., Tensor] | None:
    """Return the function of the closest base classes, those of p first."""
    pairs = ((base_p, base_q) for base_p in type_p.__mro__ for base_q in type_q.__mro__)
    return next((_REGISTERED[pair] for pair in pairs if pair in _REGISTERED), None)


@composite()
def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    r"""Return the Kullback-Leibler divergence of `p` from `q`, in closed form.

    .. math:: KL(p \| q) = \int p(x) \log \frac{p(x)}{q(x)} dx

    Parameters
    ----------
    p, q : Distribution
        Distributions whose batch shapes broadcast.

    Returns
    -------
    Tensor
        The broadcast batch shape; infinite where `p` has values outside the support of `q`.

    Raises
    ------
    NotImplementedError
        If no formula is known for the classes of `p` and `q`; see `register_kl`.

    Examples
    --------
    >>> from tensorlab.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(0.0, 1.0), Normal(2.0, 1.0))
    tensor(2.)
    """
    function = _function_for(type(p), type(q))
    if function is None:
        raise NotImplementedError(
            f"kl_divergence: no formula is known for {type(p).__name__} and {type(q).__name__}; register_kl adds one, "
            "and the mean of p.log_prob(x) - q.log_prob(x) over x = p.rsample((n,)) estimates it"
        )
    return function(p, q)
