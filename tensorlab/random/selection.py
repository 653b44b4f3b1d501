"""Orders and choices: draws of indices."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import Any

from ..backend import dtypes
from ..errors import ShapeError
from ..ops.creation import DeviceLike, asarray
from ..ops.indexing import take
from ..ops.shapes import moveaxis, normalized_axis
from ..ops.softmax import softmax
from ..tensor import Tensor
from .arguments import Call, Condition, Shape, called, raw
from .bit_stream import blocks_of
from .discrete import Counts
from .documented import distribution

WEIGHTS = Condition("finite and at least 0", lambda p: (p >= 0) & (p < float("inf")))


class Selections(Counts):
    """The draws of this module."""

    @distribution
    def permutation(self, x: Any, axis: int = 0, *, device: DeviceLike = None) -> Tensor:
        """Draw an order of the numbers 0 to ``x - 1``, or of the slices of an array.

        Parameters
        ----------
        x : int, tensor or array
            How many numbers; or what to reorder, which stays as it is. Gradients flow to it.
        axis : int
            Along which axis of an array.
        {device}

        Returns
        -------
        Tensor
            Shape ``(x,)``, int64; or that of `x`. The order is that of random 64-bit words.

        Raises
        ------
        ValueError
            If the number is negative.
        ShapeError
            If the array does not have the axis.

        Examples
        --------
        >>> sorted(tl.Generator(0).permutation(4).tolist())
        [0, 1, 2, 3]
        >>> tl.Generator(0).permutation(tl.zeros((2, 3)), axis=1).shape
        (2, 3)
        """
        call, count, source, axis = _candidates("permutation", x, axis, None, device)
        order = self._order(call, count)
        return Tensor(order) if source is None else take(source, order, axis=axis)

    @distribution
    def choice(
        self,
        a: Any,
        shape: Shape = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        *,
        device: DeviceLike = None,
    ) -> Tensor:
        """Choose from the numbers 0 to ``a - 1``, or from the slices of an array.

        Parameters
        ----------
        a : int, tensor or array
            How many numbers; or what to choose from. Gradients flow to it.
        shape : int or tuple of int, optional
            How many to choose; one by default.
        replace : bool
            Whether one can be chosen several times.
        p : tensor, array or sequence of float, shape (n,), optional
            The probability of each; they sum to 1. All are equal by default. Without `replace`, that of each among
            those that are left.
        axis : int
            Along which axis of an array.
        {device}

        Returns
        -------
        Tensor
            `shape` takes the place of the axis.

        Raises
        ------
        ValueError
            If there is nothing, or not enough, to choose from, or `p` is no distribution.
        ShapeError
            If the array does not have the axis, or `p` has another length.

        Examples
        --------
        >>> tl.Generator(0).choice(3, (2,), p=[0.0, 1.0, 0.0])
        tensor([1, 1])
        >>> sorted(tl.Generator(0).choice(tl.tensor([5, 6, 7]), (3,), replace=False).tolist())
        [5, 6, 7]
        """
        call, count, source, axis = _candidates("choice", a, axis, () if shape is None else shape, device)
        if count == 0 and call.size:
            raise ValueError("choice: there is nothing to choose from")
        if not replace and call.size > count:
            raise ValueError(f"choice: {call.size} of {count} cannot be chosen without replacement")
        weights = None if p is None else _probabilities(call, p, count, 0 if replace else call.size)
        xp = call.xp
        if weights is None and replace:
            found = xp.astype(xp.floor(self._unit(call, 53) * float(count)), xp.int64)
        elif weights is None:
            found = xp.reshape(self._order(call, count)[: call.size], call.shape)
        elif replace:
            found = xp.reshape(self._weighted(call, weights, call.size), call.shape)
        else:
            found = xp.reshape(self._weighted_order(call, weights)[: call.size], call.shape)
        return Tensor(found) if source is None else take(source, Tensor(found), axis=axis)

    @distribution
    def categorical(
        self,
        logits: Any = None,
        *,
        probs: Any = None,
        axis: int = -1,
        shape: Shape = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw indices of categories, by inversion of the distribution function.

        Parameters
        ----------
        logits : tensor or array, optional
            Logarithms of the probabilities, up to a constant; ``-inf`` for what is impossible.
        probs : tensor or array, optional
            The probabilities themselves, up to a factor, instead of logits.
        axis : int
            Along which axis of either the categories are.
        shape : int or tuple of int, optional
            The result's shape, to which the other axes broadcast; by default those.
        {device}

        Returns
        -------
        Tensor
            int64.

        Raises
        ------
        TypeError
            Unless one of `logits` and `probs` is given.
        ValueError
            If there is no category that is possible.

        Examples
        --------
        >>> tl.Generator(0).categorical(probs=tl.tensor([0.0, 2.0, 0.0]), shape=(3,))
        tensor([1, 1, 1])
        """
        if (logits is None) == (probs is None):
            raise TypeError("categorical needs either logits or probs")
        key, given = ("probs", probs) if logits is None else ("logits", logits)
        given = _last(given, "categorical", key, axis, device)
        call = called(
            "categorical",
            shape,
            None,
            device,
            kind="real",
            default=dtypes.int64,
            computed=dtypes.float64,
            event=1,
            params={key: (given, None if probs is None else WEIGHTS)},
        )
        xp, weights = call.xp, raw(call.params[0])
        if probs is None:
            weights = softmax(weights, axis=-1)
        _require_possible(call, key, weights, 1)
        # Draws for each distribution stand behind it, and change places with it afterwards.
        batch, count = weights.shape[:-1], weights.shape[-1]
        extra = call.shape[: len(call.shape) - len(batch)]
        weights = xp.broadcast_to(weights, (*call.shape[len(extra) :], count))
        found = self._weighted(call, weights, prod(extra))
        last = found.ndim - 1
        return Tensor(xp.reshape(xp.permute_dims(found, (last, *range(last))), call.shape))

    @distribution
    def multinomial(
        self, probs: Any, num_samples: int, replacement: bool = False, *, device: DeviceLike = None
    ) -> Tensor:
        """Draw several indices of categories from each distribution, each once or any number of times (PyTorch's).

        Parameters
        ----------
        probs : tensor or array, shape (..., k)
            The probabilities, up to a factor.
        num_samples : int
            How many to draw.
        replacement : bool
            Whether one can be drawn several times.
        {device}

        Returns
        -------
        Tensor
            Shape ``(..., num_samples)``, int64; without replacement in the order in which they were drawn.

        Raises
        ------
        ValueError
            If a probability is negative, or fewer categories are possible than are to be drawn.

        Examples
        --------
        >>> tl.Generator(0).multinomial(tl.tensor([[0.0, 3.0], [1.0, 0.0]]), 2, replacement=True)
        tensor([[1, 1],
                [0, 0]])
        """
        num_samples = as_index(num_samples)
        if num_samples < 1:
            raise ValueError(f"multinomial: num_samples is {num_samples}, but must be at least 1")
        call = called(
            "multinomial",
            None,
            None,
            device,
            kind="real",
            default=dtypes.int64,
            computed=dtypes.float64,
            event=1,
            params={"probs": (_last(probs, "multinomial", "probs", -1, device), WEIGHTS)},
        )
        weights = raw(call.params[0])
        _require_possible(call, "probs", weights, 1 if replacement else num_samples)
        if replacement:
            return Tensor(self._weighted(call, weights, num_samples))
        return Tensor(self._weighted_order(call, weights)[..., :num_samples])

    # -- indices -------------------------------------------------------------------------------------------------------

    def _order(self, call: Call, count: int) -> Any:
        """Return the numbers below `count` in the order of random words."""
        return call.xp.argsort(self._excerpt(call, blocks_of(count)).words(count), stable=True)

    def _weighted(self, call: Call, weights: Any, count: int) -> Any:
        """Return `count` indices along the last axis for each row of weights: shape ``(..., count)``.

        A number below the row's sum is looked for among its partial sums by bisection, for all at a time.
        """
        xp = call.xp
        sums = xp.cumulative_sum(weights, axis=-1)
        shape, length = (*weights.shape[:-1], count), weights.shape[-1]
        excerpt = self._excerpt(call, blocks_of(prod(shape)))
        level = xp.reshape(excerpt.unit(prod(shape), 53), shape) * sums[..., -1:]
        found = xp.zeros(shape, dtype=xp.int64, device=call.device)
        step = 1 << (length.bit_length() - 1)
        while step:
            further = found + step
            passed = xp.take_along_axis(sums, xp.minimum(further, length) - 1, axis=-1) <= level
            found = xp.where(passed & (further <= length), further, found)
            step >>= 1
        return found

    def _weighted_order(self, call: Call, weights: Any) -> Any:
        """Return all indices along the last axis in the order of being drawn without replacement.

        That is the order in which exponentially distributed times, with the weights as rates, are over (Efraimidis
        and Spirakis, "Weighted random sampling with a reservoir", 2006).
        """
        xp = call.xp
        excerpt = self._excerpt(call, blocks_of(weights.size))
        times = -xp.log(xp.reshape(excerpt.between(prod(weights.shape), True), weights.shape))
        possible = weights > 0
        times = times / xp.where(possible, weights, xp.ones_like(weights))
        return xp.argsort(xp.where(possible, times, xp.full_like(times, float("inf"))), axis=-1, stable=True)


def _candidates(name: str, x: Any, axis: int, shape: Shape, device: DeviceLike) -> tuple[Call, int, Any, int]:
    """Return a checked call, how many there are to choose from, the array that they are slices of, and the axis."""
    if isinstance(x, float | bool):
        raise TypeError(f"{name}: takes a number of type int or an array, not {type(x).__name__}")
    source = None
    if isinstance(x, int) or (hasattr(x, "__index__") and not getattr(x, "shape", None) and not isinstance(x, Tensor)):
        count = as_index(x)
        if count < 0:
            raise ValueError(f"{name}: there cannot be {count} numbers")
        call = called(name, shape, None, device, kind="real", default=dtypes.int64)
    else:
        source = x if isinstance(x, Tensor) else asarray(x, device=device)
        if not source.shape:
            raise ShapeError(f"{name}: an array without axes has nothing to choose from")
        axis = normalized_axis(axis, len(source.shape))
        count = source.shape[axis]
        call = called(name, shape, None, source.device, kind="real", default=dtypes.int64)
    return call, count, source, axis


def _last(given: Any, name: str, key: str, axis: int, device: DeviceLike) -> Tensor:
    """Return probabilities as a tensor with the categories along the last axis, of which there is at least one."""
    given = given if isinstance(given, Tensor) else asarray(given, device=device)
    if not given.shape:
        raise ShapeError(f"{name}: {key} has no axis, but must have one for the categories")
    axis = normalized_axis(axis, len(given.shape))
    if given.shape[axis] == 0:
        raise ShapeError(f"{name}: {key} of shape {tuple(given.shape)} has no categories")
    return moveaxis(given.detach(), axis, -1)


def _require_possible(call: Call, key: str, weights: Any, count: int) -> None:
    """Refuse rows of weights with fewer positive ones than are to be drawn, where that can be seen without waiting."""
    call.require(
        lambda weights: call.xp.count_nonzero(weights > 0, axis=-1) >= count,
        f"{key} has rows with fewer than {count} possible categories",
        weights,
    )


def _probabilities(call: Call, p: Any, count: int, needed: int) -> Any:
    """Return the probabilities of a choice as an array of float64, checked."""
    if isinstance(p, list | tuple):
        p, exact = call.array(p, dtypes.float64), True
    else:
        p = p if isinstance(p, Tensor) else asarray(p, device=call.device)
        exact = p.dtype is dtypes.float64
        p = call.xp.astype(raw(p), call.xp.float64)
    if p.shape != (count,):
        raise ShapeError(f"choice: p has shape {tuple(p.shape)}, but there are {count} to choose from")
    tolerance = 1.5e-8 if exact else 3.5e-4  # as NumPy: the square root of the precision
    call.require(WEIGHTS.holds, f"p has elements that are not {WEIGHTS.text}", p)
    call.require(lambda p: abs(call.xp.sum(p) - 1.0) <= tolerance, "the probabilities do not sum to 1", p)
    call.require(lambda p: call.xp.count_nonzero(p > 0) >= needed, f"fewer than {needed} have a probability above 0", p)
    return p
