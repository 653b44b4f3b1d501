"""Distributions on the integers. Draws have no gradient."""

from __future__ import annotations

from collections.abc import Callable
from math import lgamma, log, pi
from typing import Any

from ..backend import DTypeLike, dtypes
from ..ops.creation import DeviceLike
from ..options import ShapeLike
from ..tensor import Tensor, array_of
from .arguments import COUNT_RANGE, POSITIVE, POSITIVE_PROBABILITY, PROBABILITY, WHOLE, Call, Params, checked
from .bit_stream import blocks_for
from .documented import count_distribution, distribution
from .multivariate import Multivariate
from .rejection import first_accepted, rejection_blocks

INVERSION_LIMIT = 10.0
"""Numbers with means below this are drawn by inversion: sequential search from zero."""
INVERSION_STEPS = 64
"""For a mean of 10, the probability of larger numbers is less than 2**-53."""
ROUNDS = 30
"""Rounds of rejection; a candidate is accepted with probability 0.7 or more."""
LARGEST = 2.0**63 - 1024
"""The largest float64 that int64 can represent."""
STIRLING_TABLE = [lgamma(k + 1) - (0.5 * log(2 * pi) + (k + 0.5) * log(k + 1) - (k + 1)) for k in range(10)]


class Discrete(Multivariate):
    """Generators that draw from discrete distributions."""

    @count_distribution
    def integers(
        self,
        low: Any,
        high: Any = None,
        shape: ShapeLike | None = None,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw integers from the uniform distribution on ``[low, high)``, or on ``[0, low)``.

        Parameters
        ----------
        low, high : int or tensor of int
            The bounds; ``high - low`` is at most ``2**53``.

        Raises
        ------
        ValueError
            If the range is empty or too large, or the data type cannot represent it.

        Examples
        --------
        >>> bool((tl.Generator(0).integers(6, shape=(100,)) < 6).all())
        True
        """
        bounds = (
            {"start": (0, None), "low": (low, None)} if high is None else {"low": (low, None), "high": (high, None)}
        )
        call = checked(
            "integers",
            shape,
            dtype,
            device,
            kind="real",
            default=dtypes.int64,
            computed=dtypes.int64,
            takes="integral",
            params=bounds,
        )
        xp, native = call.xp, call.backend.native(call.dtype)
        low, high = map(array_of, call.params)
        given, named = ("", "the range") if call.has_tensors else (f", not [{low}, {high})", f"[{low}, {high})")
        call.require(
            lambda low, high: (high > low) & (high - low <= 1 << 53),
            f"the range from low to high must hold 1 to 2**53 numbers{given}",
            low,
            high,
        )
        if not call.dtype.is_floating:
            least, most = (int(limit) for limit in (xp.iinfo(native).min, xp.iinfo(native).max))
            if call.has_tensors:  # which are int64
                least, most = max(least, -(1 << 63)), min(most, (1 << 63) - 1)
            call.require(
                lambda low, high: (low >= least) & (high - 1 <= most),
                f"dtype {call.dtype} does not hold {named}",
                low,
                high,
            )
        # 53 random bits times the width: for widths in practice the bias is far too small to be measured.
        numbers = self._uniform(call, 53)
        numbers *= xp.asarray(high - low, dtype=xp.float64, device=call.device)
        wide = xp.uint64 if call.dtype is dtypes.uint64 else xp.int64
        numbers = xp.astype(xp.floor(numbers), wide)
        if call.has_tensors or low:
            numbers = numbers + xp.asarray(low, dtype=wide, device=call.device)
        return Tensor(xp.astype(numbers, native, copy=False))

    @distribution
    def bernoulli(
        self, p: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw ones with probability `p`, else zeros.

        Parameters
        ----------
        p : float or tensor
            The probability, in [0, 1]; resolved to 24 bits, or to 53 if it is a tensor of type float64.
        dtype : dtype, optional
            Any but complex types; by default the type of `p` if that is a tensor, else float32.

        Raises
        ------
        ValueError
            If `p` is not in [0, 1].

        Examples
        --------
        >>> tl.Generator(0).bernoulli(1.0, (2,))
        tensor([1., 1.])
        """
        precise = getattr(p, "dtype", None) == dtypes.float64
        computed = dtypes.float64 if precise else dtypes.float32
        call = checked(
            "bernoulli", shape, dtype, device, kind="real or bool", computed=computed, params={"p": (p, PROBABILITY)}
        )
        xp, p = call.xp, array_of(call.params[0])
        if call.has_tensors:
            chosen = self._uniform(call, 53 if precise else 24) < p
        else:
            # The same without converting the bits to numbers.
            excerpt = self._excerpt(call, blocks_for(-(-call.size // 2)))
            chosen = xp.reshape(excerpt.bernoulli(call.size, p), call.shape)
        return Tensor(xp.astype(chosen, call.backend.native(call.dtype), copy=False))

    @count_distribution
    def poisson(
        self, lam: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the Poisson distribution.

        By inversion for means below 10, else by rejection (Hörmann, "The transformed rejection method for generating
        Poisson random variables", 1993, PTRS).

        Parameters
        ----------
        lam : float or tensor
            The mean, in [0, 2**62]. Other elements of tensors on a GPU give -1.

        Raises
        ------
        ValueError
            If `lam` is out of range.

        Examples
        --------
        >>> tl.Generator(0).poisson(0.0, (2,))
        tensor([0, 0])
        """
        call = self._checked_count("poisson", shape, dtype, device, params={"lam": (lam, COUNT_RANGE)})
        return count_result(call, self._poisson(call, array_of(call.params[0])))

    @count_distribution
    def binomial(
        self, n: Any, p: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the binomial distribution: the number of successes in `n` trials of probability `p`.

        By inversion if the expected number of successes or failures is below 10, else by rejection (Hörmann, "The
        generation of binomial random variates", 1993, BTRS).

        Parameters
        ----------
        n : int or tensor
            The number of trials: whole numbers in [0, 2**62].
        p : float or tensor
            The probability of success, in [0, 1]. Parameters out of range in tensors on a GPU give -1.

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> tl.Generator(0).binomial(5, 1.0, (2,))
        tensor([5, 5])
        """
        call = self._checked_count("binomial", shape, dtype, device, params={"n": (n, WHOLE), "p": (p, PROBABILITY)})
        n, p = map(array_of, call.params)
        xp = call.xp
        n, p = (xp.broadcast_to(xp.asarray(x, dtype=xp.float64, device=call.device), call.shape) for x in (n, p))
        n, p = (xp.reshape(x, (-1,)) for x in (n, p))
        valid = (n >= 0) & (n <= 2.0**62) & (p >= 0) & (p <= 1)
        n, p = (xp.where(valid, x, xp.zeros_like(x)) for x in (n, p))
        # Count successes or failures, whichever are rarer.
        flipped = p > 0.5
        rare = xp.where(flipped, 1.0 - p, p)
        found = self._by_inversion_or_rejection(call, n * rare, (n, rare), binomial_inversion, btrs, xp.floor(n * rare))
        return count_result(call, xp.where(valid, xp.where(flipped, n - found, found), xp.full_like(found, -1.0)))

    @count_distribution
    def geometric(
        self, p: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the geometric distribution: the number of trials up to the first success, by inversion.

        Parameters
        ----------
        p : float or tensor
            The probability of success, in (0, 1].

        Returns
        -------
        Tensor
            At least 1.

        Raises
        ------
        ValueError
            If `p` is out of range.

        Examples
        --------
        >>> tl.Generator(0).geometric(1.0, (2,))
        tensor([1, 1])
        """
        call = self._checked_count("geometric", shape, dtype, device, params={"p": (p, POSITIVE_PROBABILITY)})
        xp = call.xp
        p = xp.asarray(array_of(call.params[0]), dtype=xp.float64, device=call.device)
        # Where p is 1, any other probability avoids the logarithm of zero, for which NumPy warns.
        negated = xp.where(p < 1.0, -p, xp.full_like(p, -0.5))
        trials = xp.ceil(xp.log(self._open_uniform(call)) / xp.log1p(negated))
        return count_result(call, xp.where(p < 1.0, xp.maximum(trials, 1.0), xp.ones_like(trials)))

    @count_distribution
    def negative_binomial(
        self, n: Any, p: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the negative binomial distribution: the number of failures before `n` successes.

        By a Poisson distribution with gamma distributed mean.

        Parameters
        ----------
        n : float or tensor
            The number of successes; greater than 0, not necessarily whole.
        p : float or tensor
            The probability of success, in (0, 1].

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> tl.Generator(0).negative_binomial(3, 1.0, (2,))
        tensor([0, 0])
        """
        call = self._checked_count(
            "negative_binomial", shape, dtype, device, params={"n": (n, POSITIVE), "p": (p, POSITIVE_PROBABILITY)}
        )
        n, p = map(array_of, call.params)
        mean = array_of(self._gamma(call, n)) * ((1.0 - p) / p)
        return count_result(call, self._poisson(call, call.xp.minimum(mean, 2.0**62)))

    @staticmethod
    def _checked_count(name: str, shape: ShapeLike | None, dtype: Any, device: DeviceLike, *, params: Params) -> Call:
        """Return a checked call with double precision computation and a result of type int64 by default."""
        call = checked(
            name,
            shape,
            dtype,
            device,
            kind="real",
            default=dtypes.int64,
            computed=dtypes.float64,
            params=params,
        )
        call.double = True
        return call

    def _poisson(self, call: Call, mean: Any) -> Any:
        """Return an array of Poisson distributed numbers of the call's size, as floats."""
        xp = call.xp
        mean = xp.asarray(mean, dtype=xp.float64, device=call.device)
        mean = xp.reshape(xp.broadcast_to(mean, call.shape), (-1,))
        valid = (mean >= 0) & (mean <= 2.0**62)
        mean = xp.where(valid, mean, xp.zeros_like(mean))
        found = self._by_inversion_or_rejection(call, mean, (mean,), poisson_inversion, ptrs, xp.floor(mean))
        return xp.where(valid, found, xp.full_like(found, -1.0))

    def _by_inversion_or_rejection(
        self,
        call: Call,
        mean: Any,
        params: tuple[Any, ...],
        inversion: Callable[..., Any],
        propose: Callable[..., Any],
        fallback: Any,
    ) -> Any:
        """Return counts by inversion for small means, by rejection for large ones; parameters are flat arrays."""
        xp, count = call.xp, call.size
        inversion_blocks = blocks_for(count)
        excerpt = self._excerpt(call, inversion_blocks + rejection_blocks(count, 2, ROUNDS, True))
        small = mean < INVERSION_LIMIT
        few = many = True
        if call.on_host:
            few = bool(xp.any(small))
            many = not bool(xp.all(small))
        zeros = xp.zeros_like(mean)
        by_inversion = zeros
        if few:
            by_inversion = inversion(xp, excerpt.open_uniform(count, True), *params, call.on_host)
        else:
            excerpt.skip(inversion_blocks)
        if not many:
            return by_inversion
        by_rejection = first_accepted(
            call, excerpt, propose, params, count, uniforms=2, rounds=ROUNDS, double=True, fallback=fallback
        )
        return xp.where(small, by_inversion, by_rejection)


def count_result(call: Call, numbers: Any) -> Tensor:
    """Return a flat array of counts, as floats, as the result tensor."""
    xp = call.xp
    if not call.dtype.is_floating:
        numbers = xp.minimum(numbers, LARGEST)
    return Tensor(xp.astype(xp.reshape(numbers, call.shape), call.backend.native(call.dtype)))


def stirling_tail(xp: Any, k: Any) -> Any:
    """Return ``log(k!)`` minus Stirling's leading terms, ``log(2 * pi) / 2 + (k + 1/2) * log(k + 1) - (k + 1)``."""
    table = xp.asarray(STIRLING_TABLE, dtype=xp.float64, device=k.device)
    listed = xp.take(table, xp.astype(xp.minimum(xp.maximum(k, 0.0), 9.0), xp.int64), axis=0)
    x = xp.maximum(k, 9.0) + 1.0
    inverse_square = 1.0 / (x * x)
    series = (1 / 12 - inverse_square * (1 / 360 - inverse_square * (1 / 1260 - inverse_square / 1680))) / x
    return xp.where(k < 9.5, listed, series)


# -- Poisson -----------------------------------------------------------------------------------------------------------


def poisson_inversion(xp: Any, level: Any, mean: Any, on_host: bool) -> Any:
    """Return the quantiles of levels in (0, 1), for means below 10."""
    mean = xp.where(mean < INVERSION_LIMIT, mean, xp.zeros_like(mean))
    return _sequential_search(xp, level, xp.exp(-mean), lambda p_k, k: p_k * mean / (k + 1.0), on_host)


def _sequential_search(xp: Any, level: Any, p_k: Any, following: Callable[[Any, int], Any], on_host: bool) -> Any:
    """Return how many partial sums of probabilities are at most `level`.

    `p_k` is the probability of 0; ``following(p_k, k)`` computes that of k + 1 from that of k.
    """
    total, found = p_k, xp.zeros_like(level)
    for k in range(INVERSION_STEPS):
        reached = level >= total
        if on_host and not bool(xp.any(reached)):
            break
        found = found + xp.astype(reached, level.dtype)
        p_k = following(p_k, k)
        total = total + p_k
    return found


def ptrs(xp: Any, uniforms: Any, mean: Any) -> tuple[Any, Any]:
    """Return candidates of Hörmann's PTRS, for means of at least 10, and whether they are accepted.

    The logarithm of the probability, ``k * log(mean) - mean - log(k!)``, is expressed by Stirling's formula with its
    large terms cancelled analytically.
    """
    mean = xp.maximum(mean, INVERSION_LIMIT)
    u, v = uniforms[0] - 0.5, uniforms[1]
    b = 0.931 + 2.53 * xp.sqrt(mean)
    a = -0.059 + 0.02483 * b
    distance = 0.5 - xp.abs(u)
    k = xp.floor((2.0 * a / distance + b) * u + mean + 0.43)
    plain = (distance >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2.0))
    possible = (k >= 0) & ((distance >= 0.013) | (v <= distance))
    k = xp.maximum(k, 0.0)
    hat = xp.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (distance * distance) + b))
    excess = k + 1.0 - mean
    probability = excess - (k + 0.5) * xp.log1p(excess / mean) - 0.5 * xp.log(2.0 * pi * mean) - stirling_tail(xp, k)
    return k, plain | (possible & (hat <= probability))


# -- binomial ----------------------------------------------------------------------------------------------------------


def binomial_inversion(xp: Any, level: Any, n: Any, p: Any, on_host: bool) -> Any:
    """Return the quantiles of levels in (0, 1), for ``n * p`` below 10."""
    small = n * p < INVERSION_LIMIT
    n, p = xp.where(small, n, xp.zeros_like(n)), xp.where(small, p, xp.zeros_like(p))
    odds = p / (1.0 - p)
    nothing = xp.exp(n * xp.log1p(-p))
    found = _sequential_search(
        xp, level, nothing, lambda p_k, k: p_k * odds * xp.maximum(n - k, 0.0) / (k + 1.0), on_host
    )
    return xp.minimum(found, n)


def btrs(xp: Any, uniforms: Any, n: Any, p: Any) -> tuple[Any, Any]:
    """Return candidates of Hörmann's BTRS, for ``n * p >= 10`` and ``p <= 0.5``, and whether they are accepted.

    The logarithm of the probability relative to that of the mode is expressed by Stirling's formula with its large
    terms cancelled analytically.
    """
    valid = n * p >= INVERSION_LIMIT
    n, p = xp.where(valid, n, xp.full_like(n, 40.0)), xp.where(valid, p, xp.full_like(p, 0.5))
    u, v = uniforms[0] - 0.5, uniforms[1]
    deviation = xp.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    distance = 0.5 - xp.abs(u)
    k = xp.floor((2.0 * a / distance + b) * u + n * p + 0.5)
    possible = (k >= 0) & (k <= n)
    plain = (distance >= 0.07) & (v <= 0.92 - 4.2 / b)
    k = xp.minimum(xp.maximum(k, 0.0), n)
    mode = xp.floor((n + 1.0) * p)
    hat = xp.log(v * (2.83 + 5.1 / b) * deviation / (a / (distance * distance) + b))
    step, others = k - mode, n - mode + 1.0
    ratio = (
        step * xp.log(p / (1.0 - p) * others / (mode + 1.0))
        - (k + 0.5) * xp.log1p(step / (mode + 1.0))
        - (n - k + 0.5) * xp.log1p(-step / others)
        + stirling_tail(xp, mode)
        + stirling_tail(xp, n - mode)
        - stirling_tail(xp, k)
        - stirling_tail(xp, n - k)
    )
    return k, possible & (plain | (hat <= ratio))
