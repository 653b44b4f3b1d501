"""Random numbers from seeded generators: the same bits on every backend.

The bits come from the counter-based generator Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
3", SC 2011), which is a function of a key and a position; a `Generator` is just the two. What is made of the bits is
written once, in the array namespace.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod
from threading import Lock
from typing import Any

from .autodiff.custom import REPLAYED_STATES
from .backend import Backend, dtypes
from .ops.creation import DeviceLike, place
from .ops.shapes import from_arguments
from .tensor import Tensor

WORDS_PER_BLOCK = 4


def _real_floating(draw: str, dtype: Any) -> Any:
    """Return `dtype`, checked."""
    if dtype is not None and dtypes.named(dtype).kind != "real floating":
        raise TypeError(f"{draw} draws floating-point numbers, not {dtypes.named(dtype)}")
    return dtype


class Generator:
    """A stream of random numbers.

    Parameters
    ----------
    seed : int
        In ``[0, 2**128)``. Equal seeds give equal streams, on every backend.

    Raises
    ------
    ValueError
        If the seed is out of range.

    Examples
    --------
    >>> g = Generator(0)
    >>> first = g.uniform((2,))
    >>> g.manual_seed(0).uniform((2,)) == first
    tensor([ True,  True])
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Begin the stream of `seed`; returns the generator itself."""
        if not 0 <= seed < 1 << 128:
            raise ValueError(f"a seed is an integer in [0, 2**128), not {seed}")
        self._key = (seed & (1 << 64) - 1, seed >> 64)
        self._block = 0
        return self

    def get_state(self) -> dict[str, Any]:
        """Return what `set_state` continues from."""
        return {"key": self._key, "block": self._block}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called."""
        self._key, self._block = (state["key"][0], state["key"][1]), state["block"]

    def _bits(self, backend: Backend, count: int) -> Any:
        """Return the next `count` words of 64 bits; every draw begins at a fresh block."""
        with self._lock:  # threads that share a generator draw different numbers
            key, block = self._key, self._block
            self._block += -(-count // WORDS_PER_BLOCK)
        return backend.random_bits(key, block, count)

    def _unit(self, backend: Backend, count: int, native: Any) -> Any:
        """Return numbers in [0, 1) with as many random bits as the type holds: 24 or 53."""
        xp = backend.xp
        if native != backend.native(dtypes.float64):
            words = self._bits(backend, -(-count // 2))
            low, high = (
                words & backend.asarray(0xFFFFFFFF, dtype=xp.uint64),
                words >> backend.asarray(32, dtype=xp.uint64),
            )
            halves = xp.reshape(xp.stack((low, high), axis=1), (-1,))[:count]
            numbers = xp.astype(halves >> backend.asarray(8, dtype=xp.uint64), xp.float32) * 2.0**-24
            return xp.astype(numbers, native, copy=False)
        words = self._bits(backend, count) >> backend.asarray(11, dtype=xp.uint64)
        return xp.astype(words, xp.float64) * 2.0**-53

    def uniform(
        self,
        shape: int | Sequence[int] = (),
        low: float = 0.0,
        high: float = 1.0,
        *,
        dtype: Any = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw numbers evenly from ``[low, high)``.

        Parameters
        ----------
        shape : int or tuple of int
            The result's shape.
        low, high : float
            The ends.
        dtype : dtype, optional
            Real floating-point; float32 by default.
        device : Device or str, optional
            Where to put them.

        Examples
        --------
        >>> Generator(0).uniform((2,)).shape
        (2,)
        """
        backend, size, native = self._target(shape, _real_floating("uniform", dtype), device)
        numbers = self._unit(backend, prod(size), native)
        if (low, high) != (0.0, 1.0):
            xp = backend.xp
            ends = [backend.asarray(end, dtype=native) for end in (low, high)]
            # Rounding can lead to the upper end itself.
            numbers = xp.minimum(numbers * (high - low) + low, xp.nextafter(ends[1], ends[0]))
        return self._placed(backend, backend.xp.reshape(numbers, size), device)

    def normal(
        self,
        shape: int | Sequence[int] = (),
        mean: float = 0.0,
        std: float = 1.0,
        *,
        dtype: Any = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw normally distributed numbers (Box and Muller, 1958).

        Parameters
        ----------
        shape : int or tuple of int
            The result's shape.
        mean, std : float
            Of the distribution.
        dtype : dtype, optional
            Real floating-point; float32 by default.
        device : Device or str, optional
            Where to put them.

        Examples
        --------
        >>> abs(Generator(0).normal((1000,)).mean().item()) < 0.1
        True
        """
        backend, size, native = self._target(shape, _real_floating("normal", dtype), device)
        xp = backend.xp
        count = prod(size)
        pairs = -(-count // 2)
        unit = self._unit(backend, 2 * pairs, native)
        # 1 - u is in (0, 1], where the logarithm is finite.
        radius = xp.sqrt(-2.0 * xp.log(1.0 - unit[:pairs]))
        angle = (2 * pi) * unit[pairs:]
        numbers = xp.concat((radius * xp.cos(angle), radius * xp.sin(angle)))[:count] * std + mean
        return self._placed(backend, xp.reshape(numbers, size), device)

    def integers(
        self,
        low: int,
        high: int | None = None,
        shape: int | Sequence[int] = (),
        *,
        dtype: Any = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw integers evenly from ``[low, high)``, or from ``[0, low)``.

        Parameters
        ----------
        low, high : int
            The ends; less than ``2**53`` apart.
        shape : int or tuple of int
            The result's shape.
        dtype : dtype, optional
            Integer; int64 by default.
        device : Device or str, optional
            Where to put them.

        Raises
        ------
        ValueError
            If the range is empty or too wide.

        Examples
        --------
        >>> bool((Generator(0).integers(6, shape=(100,)) < 6).all())
        True
        """
        if high is None:
            low, high = 0, low
        if not 0 < high - low <= 1 << 53:
            raise ValueError(f"integers from [{low}, {high}): the range must hold 1 to 2**53 numbers")
        backend, size, native = self._target(shape, dtype or dtypes.int64, device)
        xp = backend.xp
        # 53 random bits times the width: for widths that occur the bias is far below what can be measured.
        unit = self._unit(backend, prod(size), backend.native(dtypes.float64))
        numbers = xp.astype(xp.floor(unit * float(high - low)), native) + backend.asarray(low, dtype=native)
        return self._placed(backend, xp.reshape(numbers, size), device)

    def bernoulli(
        self, p: float, shape: int | Sequence[int] = (), *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw ones with probability `p` and zeros otherwise.

        Parameters
        ----------
        p : float
            In [0, 1].
        shape : int or tuple of int
            The result's shape.
        dtype : dtype, optional
            float32 by default.
        device : Device or str, optional
            Where to put them.

        Raises
        ------
        ValueError
            If `p` is no probability.

        Examples
        --------
        >>> Generator(0).bernoulli(1.0, (2,))
        tensor([1., 1.])
        """
        if not 0 <= p <= 1:
            raise ValueError(f"a probability is in [0, 1], not {p}")
        backend, size, native = self._target(shape, dtype, device)
        chosen = self._unit(backend, prod(size), backend.native(dtypes.float32)) < p
        return self._placed(backend, backend.xp.reshape(backend.xp.astype(chosen, native), size), device)

    def permutation(self, n: int, *, device: DeviceLike = None) -> Tensor:
        """Draw an order of the numbers 0 to ``n - 1``.

        Examples
        --------
        >>> sorted(Generator(0).permutation(4).tolist())
        [0, 1, 2, 3]
        """
        backend, _, _ = self._target((), None, device)
        return self._placed(backend, backend.xp.argsort(self._bits(backend, n), stable=True), device)

    @staticmethod
    def _target(shape: int | Sequence[int], dtype: Any, device: DeviceLike) -> tuple[Backend, tuple[int, ...], Any]:
        size = (shape,) if isinstance(shape, int) else tuple(shape)
        backend, _ = place(device)
        return backend, size, backend.native(dtype or dtypes.float32)

    @staticmethod
    def _placed(backend: Backend, array: Any, device: DeviceLike) -> Tensor:
        native_device = place(device)[1]
        return Tensor(array if native_device is None else backend.asarray(array, device=native_device))


default_generator = Generator(0)
"""What the functions of this module draw from."""

REPLAYED_STATES.append((default_generator.get_state, default_generator.set_state))


def manual_seed(seed: int) -> Generator:
    """Begin the default generator's stream of `seed`.

    Examples
    --------
    >>> a = tl.manual_seed(1).uniform((2,))
    >>> tl.manual_seed(1).uniform((2,)) == a
    tensor([ True,  True])
    """
    return default_generator.manual_seed(seed)


def rand(
    *shape: Any,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw numbers evenly from [0, 1).

    Parameters
    ----------
    *shape : int or tuple of int
        As one tuple, or as several numbers.
    dtype : dtype, optional
        float32 by default.
    device : Device or str, optional
        Where to put them.
    requires_grad : bool
        Whether gradients with respect to the result are wanted.
    generator : Generator, optional
        What to draw from; the default one else.

    Examples
    --------
    >>> tl.rand(2, 3).shape
    (2, 3)
    """
    drawn = (generator or default_generator).uniform(from_arguments(shape), dtype=dtype, device=device)
    return drawn.requires_grad_(requires_grad)


def randn(
    *shape: Any,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """Draw numbers from the standard normal distribution; see `rand`.

    Examples
    --------
    >>> tl.randn(2, 3).shape
    (2, 3)
    """
    drawn = (generator or default_generator).normal(from_arguments(shape), dtype=dtype, device=device)
    return drawn.requires_grad_(requires_grad)


def randint(
    low: int,
    high: int | Sequence[int],
    size: Sequence[int] | None = None,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw integers evenly from ``[low, high)``; with two arguments, ``randint(high, size)``, from ``[0, high)``.

    Examples
    --------
    >>> tl.randint(0, 10, (2, 3)).dtype
    tensorlab.int64
    """
    if isinstance(high, int):
        if size is None:
            raise TypeError("randint needs the shape: randint(low, high, size)")
        start, stop, shape = low, high, size
    else:
        start, stop, shape = 0, low, high
    return (generator or default_generator).integers(start, stop, shape, dtype=dtype, device=device)


def randperm(n: int, *, device: DeviceLike = None, generator: Generator | None = None) -> Tensor:
    """Draw an order of the numbers 0 to ``n - 1``.

    Examples
    --------
    >>> sorted(tl.randperm(3).tolist())
    [0, 1, 2]
    """
    return (generator or default_generator).permutation(n, device=device)
