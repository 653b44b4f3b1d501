"""The functions of `tensorlab.random`: every distribution from the default generator, and PyTorch's functions."""

from __future__ import annotations

from typing import Any

from ..backend import DTypeLike, backend_of
from ..ops.creation import DeviceLike
from ..ops.declare import composite, require
from ..ops.shapes import from_arguments
from ..options import Count, Integers, ShapeLike
from ..tensor import Tensor
from .documented import by_default
from .generator import Generator, default_generator


def manual_seed(seed: int) -> Generator:
    """Start the default generator's stream of `seed`.

    Parameters
    ----------
    seed : int
        In ``[0, 2**128)``.

    Returns
    -------
    Generator
        The default generator.

    Examples
    --------
    >>> a = tl.manual_seed(1).uniform((2,))
    >>> tl.manual_seed(1).uniform((2,)) == a
    tensor([ True,  True])
    """
    return default_generator.manual_seed(seed)


seed = manual_seed

uniform = by_default(Generator.uniform, default_generator)
normal = by_default(Generator.normal, default_generator)
lognormal = by_default(Generator.lognormal, default_generator)
truncated_normal = by_default(Generator.truncated_normal, default_generator)
exponential = by_default(Generator.exponential, default_generator)
laplace = by_default(Generator.laplace, default_generator)
logistic = by_default(Generator.logistic, default_generator)
gumbel = by_default(Generator.gumbel, default_generator)
cauchy = by_default(Generator.cauchy, default_generator)
weibull = by_default(Generator.weibull, default_generator)
pareto = by_default(Generator.pareto, default_generator)
rayleigh = by_default(Generator.rayleigh, default_generator)
vonmises = by_default(Generator.vonmises, default_generator)
gamma = by_default(Generator.gamma, default_generator)
chisquare = by_default(Generator.chisquare, default_generator)
student_t = by_default(Generator.student_t, default_generator)
beta = by_default(Generator.beta, default_generator)
dirichlet = by_default(Generator.dirichlet, default_generator)
multivariate_normal = by_default(Generator.multivariate_normal, default_generator)
integers = by_default(Generator.integers, default_generator)
bernoulli = by_default(Generator.bernoulli, default_generator)
poisson = by_default(Generator.poisson, default_generator)
binomial = by_default(Generator.binomial, default_generator)
geometric = by_default(Generator.geometric, default_generator)
negative_binomial = by_default(Generator.negative_binomial, default_generator)
permutation = by_default(Generator.permutation, default_generator)
choice = by_default(Generator.choice, default_generator)
categorical = by_default(Generator.categorical, default_generator)
multinomial = by_default(Generator.multinomial, default_generator)


@composite()
def rand(
    *shape: Any,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the uniform distribution on [0, 1).

    Parameters
    ----------
    *shape : int or tuple of int
        The shape, as one tuple or several numbers.
    dtype : dtype, optional
        float32 by default.
    device : Device or str, optional
        The device of the result.
    requires_grad : bool
        Whether the result requires gradients.
    generator : Generator, optional
        The source of the numbers; the default generator if not given.

    Examples
    --------
    >>> tl.rand(2, 3).shape
    (2, 3)
    """
    drawn = (generator or default_generator).uniform(from_arguments(shape), dtype=dtype, device=device)
    return drawn.requires_grad_(requires_grad)


@composite()
def randn(
    *shape: Any,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the standard normal distribution; see `rand`.

    Examples
    --------
    >>> tl.randn(2, 3).shape
    (2, 3)
    """
    drawn = (generator or default_generator).normal(from_arguments(shape), dtype=dtype, device=device)
    return drawn.requires_grad_(requires_grad)


@composite()
def randint(
    low: int,
    high: Integers,
    size: ShapeLike | None = None,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw integers from ``[low, high)``; with two arguments, ``randint(high, size)``, from ``[0, high)``.

    Examples
    --------
    >>> tl.randint(0, 10, (2, 3)).dtype
    tensorlab.int64
    """
    if isinstance(high, int):
        if size is None:
            raise TypeError("randint: size must be given: randint(low, high, size), or randint(high, size)")
        start, stop, shape = low, high, size
    else:
        start, stop, shape = 0, low, high
    return (generator or default_generator).integers(start, stop, shape, dtype=dtype, device=device)


@composite()
def randperm(n: Count, *, device: DeviceLike = None, generator: Generator | None = None) -> Tensor:
    """Draw a permutation of the numbers 0 to ``n - 1``.

    Examples
    --------
    >>> sorted(tl.randperm(3).tolist())
    [0, 1, 2]
    """
    return (generator or default_generator).permutation(n, device=device)


# -- like another tensor -----------------------------------------------------------------------------------------------


def _like(function: str, x: Any, dtype: Any, device: DeviceLike) -> dict[str, Any]:
    """Return the shape, data type and device of `x`, with type and device replaced by those given."""
    require(function, x=x)
    array = x._array if isinstance(x, Tensor) else x
    backend = backend_of(array)
    found = Tensor(array).device if device is None else device
    return {"shape": tuple(array.shape), "dtype": backend.dtype_of(array) if dtype is None else dtype, "device": found}


@composite()
def rand_like(
    x: Any,
    /,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the uniform distribution on [0, 1), in the shape of another tensor.

    Parameters
    ----------
    x : tensor or array
        Any shape; real floating-point unless `dtype` is given.
    dtype : dtype, optional
        The default is that of `x`.
    device : Device or str, optional
        The default is that of `x`.
    requires_grad : bool
        Whether the result requires gradients.
    generator : Generator, optional
        The source of the numbers; the default generator if not given.

    Returns
    -------
    Tensor
        The shape of `x`.

    Examples
    --------
    >>> tl.rand_like(tl.zeros((2, 3))).shape
    (2, 3)
    """
    return (
        (generator or default_generator).uniform(**_like("rand_like", x, dtype, device)).requires_grad_(requires_grad)
    )


@composite()
def randn_like(
    x: Any,
    /,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the standard normal distribution, in the shape of another tensor; see `rand_like`.

    Examples
    --------
    >>> tl.randn_like(tl.zeros((2, 3), dtype="float64")).dtype
    tensorlab.float64
    """
    return (
        (generator or default_generator).normal(**_like("randn_like", x, dtype, device)).requires_grad_(requires_grad)
    )


@composite()
def randint_like(
    x: Any,
    /,
    low: int,
    high: int | None = None,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw integers from ``[low, high)``, or from ``[0, low)``, in the shape of another tensor; see `rand_like`.

    Examples
    --------
    >>> tl.randint_like(tl.zeros((2, 3)), 5).dtype
    tensorlab.float32
    """
    return (generator or default_generator).integers(low, high, **_like("randint_like", x, dtype, device))
