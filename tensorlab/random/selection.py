"""Random selection: permutations, choices and categories."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import Any

from ..backend import dtypes
from ..errors import ShapeError
from ..ops.creation import DeviceLike
from ..ops.indexing import take
from ..ops.shapes import moveaxis, normalized_axis
from ..ops.softmax import softmax
from ..options import ShapeLike, Size
from ..tensor import Tensor, array_of
from .arguments import Call, Condition, as_tensor, checked
from .bit_stream import blocks_for
from .discrete import Discrete
from .documented import distribution

WEIGHTS = Condition("finite and at least 0", lambda p: (p >= 0) & (p < float("inf")))


class Selection(Discrete):
    """Generators that draw permutations, choices and categories."""

    @distribution
    def permutation(self, x: Any, axis: int = 0, *, device: DeviceLike = None) -> Tensor:
        """Draw a permutation of the numbers 0 to ``x - 1``, or of the slices of an array.

        Parameters
        ----------
        x : int, tensor or array
            The number of numbers; or an array to permute, which is not changed. Gradients flow to it.
        axis : int
            The axis of an array.

        Returns
        -------
        Tensor
            Shape ``(x,)``, int64; or the shape and type of `x`. The order is that of random 64-bit words.

        Raises
        ------
        ValueError
            If `x` is a negative number.
        ShapeError
            If the array does not have the axis.

        Examples
        --------
        >>> sorted(tl.Generator(0).permutation(4).tolist())
        [0, 1, 2, 3]
        >>> tl.Generator(0).permutation(tl.zeros((2, 3)), axis=1).shape
        (2, 3)
        """
        call, count, source, axis = _candidates("permutation", "x", x, axis, None, device)
        order = self._random_order(call, count)
        return Tensor(order) if source is None else take(source, order, axis=axis)

    @distribution
    def choice(
        self,
        a: Any,
        shape: ShapeLike | None = None,
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
            The number of numbers; or an array to choose from. Gradients flow to it.
        shape : int or tuple of int, optional
            The shape of the choices; a single one by default.
        replace : bool
            Whether an element can be chosen several times.
        p : tensor, array or sequence of float, shape (n,), optional
            The probabilities, which sum to 1; uniform by default. Without `replace`, each choice is made among the
            remaining elements, with proportional probabilities.
        axis : int
            The axis of an array.

        Returns
        -------
        Tensor
            `shape` replaces the axis.

        Raises
        ------
        ValueError
            If there are too few elements to choose from, or `p` is not a distribution.
        ShapeError
            If the array does not have the axis, or the length of `p` is wrong.

        Examples
        --------
        >>> tl.Generator(0).choice(3, (2,), p=[0.0, 1.0, 0.0])
        tensor([1, 1])
        >>> sorted(tl.Generator(0).choice(tl.tensor([5, 6, 7]), (3,), replace=False).tolist())
        [5, 6, 7]
        """
        call, count, source, axis = _candidates("choice", "a", a, axis, () if shape is None else shape, device)
        if count == 0 and call.size:
            raise ValueError("choice: a has no elements to choose from")
        if not replace and call.size > count:
            raise ValueError(f"choice: {call.size} of the {count} elements of a cannot be chosen with replace=False")
        weights = None if p is None else _checked_probabilities(call, p, count, 0 if replace else call.size)
        xp = call.xp
        if weights is None and replace:
            found = xp.astype(xp.floor(self._uniform(call, 53) * float(count)), xp.int64)
        elif weights is None:
            found = xp.reshape(self._random_order(call, count)[: call.size], call.shape)
        elif replace:
            found = xp.reshape(self._weighted_indices(call, weights, call.size), call.shape)
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
        shape: ShapeLike | None = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from categorical distributions, by inversion of the distribution function.

        Parameters
        ----------
        logits : tensor or array, optional
            Unnormalised log probabilities; ``-inf`` for impossible categories.
        probs : tensor or array, optional
            Instead of logits, unnormalised probabilities.
        axis : int
            The axis of the categories.
        shape : int or tuple of int, optional
            The shape of the result, to which the other axes broadcast; by default those axes.

        Returns
        -------
        Tensor
            Indices of categories, int64.

        Raises
        ------
        TypeError
            Unless exactly one of `logits` and `probs` is given.
        ValueError
            If no category is possible.

        Examples
        --------
        >>> tl.Generator(0).categorical(probs=tl.tensor([0.0, 2.0, 0.0]), shape=(3,))
        tensor([1, 1, 1])
        """
        if (logits is None) == (probs is None):
            raise TypeError("categorical needs either logits or probs")
        key, given = ("probs", probs) if logits is None else ("logits", logits)
        given = _categories_last(given, "categorical", key, axis, device)
        call = checked(
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
        xp, weights = call.xp, array_of(call.params[0])
        if probs is None:
            weights = softmax(weights, axis=-1)
        _require_possible(call, key, weights, 1)
        # The draws of each distribution are in the last axis, which is moved to the front at the end.
        batch, count = weights.shape[:-1], weights.shape[-1]
        extra = call.shape[: len(call.shape) - len(batch)]
        weights = xp.broadcast_to(weights, (*call.shape[len(extra) :], count))
        found = self._weighted_indices(call, weights, prod(extra))
        last = found.ndim - 1
        return Tensor(xp.reshape(xp.permute_dims(found, (last, *range(last))), call.shape))

    @distribution
    def multinomial(
        self, probs: Any, num_samples: Size, replacement: bool = False, *, device: DeviceLike = None
    ) -> Tensor:
        """Draw several categories from each distribution, with or without replacement, as PyTorch's function does.

        Parameters
        ----------
        probs : tensor or array, shape (..., k)
            Unnormalised probabilities.
        num_samples : int
            The number of draws from each distribution.
        replacement : bool
            Whether a category can be drawn several times.

        Returns
        -------
        Tensor
            Indices of categories, shape ``(..., num_samples)``, int64; without replacement in the order of drawing.

        Raises
        ------
        ValueError
            If a probability is negative, `num_samples` is not positive, or there are too few possible categories.

        Examples
        --------
        >>> tl.Generator(0).multinomial(tl.tensor([[0.0, 3.0], [1.0, 0.0]]), 2, replacement=True)
        tensor([[1, 1],
                [0, 0]])
        """
        call = checked(
            "multinomial",
            None,
            None,
            device,
            kind="real",
            default=dtypes.int64,
            computed=dtypes.float64,
            event=1,
            params={"probs": (_categories_last(probs, "multinomial", "probs", -1, device), WEIGHTS)},
        )
        weights = array_of(call.params[0])
        if replacement:
            _require_possible(call, "probs", weights, 1)
            return Tensor(self._weighted_indices(call, weights, num_samples))
        _require_possible(call, "probs", weights, num_samples, ", which replacement=False needs")
        return Tensor(self._weighted_order(call, weights)[..., :num_samples])

    # -- indices -------------------------------------------------------------------------------------------------------

    def _random_order(self, call: Call, count: int) -> Any:
        """Return a random permutation of the numbers below `count`: the order of random words."""
        call.backend.require_room(call.name, (count,), dtypes.int64)
        return call.xp.argsort(self._excerpt(call, blocks_for(count)).words(count), stable=True)

    def _weighted_indices(self, call: Call, weights: Any, count: int) -> Any:
        """Return `count` indices along the last axis for each row of weights: shape ``(..., count)``.

        A uniform number below the row's sum is located among its partial sums by bisection, for all draws at once.
        """
        xp = call.xp
        sums = xp.cumulative_sum(weights, axis=-1)
        shape, length = (*weights.shape[:-1], count), weights.shape[-1]
        call.backend.require_room(call.name, shape, dtypes.int64)
        excerpt = self._excerpt(call, blocks_for(prod(shape)))
        level = xp.reshape(excerpt.uniform(prod(shape), 53), shape) * sums[..., -1:]
        found = xp.zeros(shape, dtype=xp.int64, device=call.device)
        step = 1 << (length.bit_length() - 1)
        while step:
            next_index = found + step
            passed = xp.take_along_axis(sums, xp.minimum(next_index, length) - 1, axis=-1) <= level
            found = xp.where(passed & (next_index <= length), next_index, found)
            step >>= 1
        return found

    def _weighted_order(self, call: Call, weights: Any) -> Any:
        """Return all indices along the last axis in the order of drawing without replacement.

        This is the order of exponentially distributed times with the weights as rates (Efraimidis and Spirakis,
        "Weighted random sampling with a reservoir", 2006).
        """
        xp = call.xp
        excerpt = self._excerpt(call, blocks_for(weights.size))
        times = -xp.log(xp.reshape(excerpt.open_uniform(prod(weights.shape), True), weights.shape))
        possible = weights > 0
        times = times / xp.where(possible, weights, xp.ones_like(weights))
        return xp.argsort(xp.where(possible, times, xp.full_like(times, float("inf"))), axis=-1, stable=True)


def _candidates(
    name: str, key: str, x: Any, axis: int, shape: ShapeLike | None, device: DeviceLike
) -> tuple[Call, int, Any, int]:
    """Return a checked call, the number of candidates, the array whose slices they are (or None), and the axis."""
    if isinstance(x, float | bool):
        raise TypeError(f"{name}: {key} must be an integer or an array, not {type(x).__name__}")
    source = None
    if isinstance(x, int) or (hasattr(x, "__index__") and not getattr(x, "shape", None) and not isinstance(x, Tensor)):
        count = as_index(x)
        if count < 0:
            raise ValueError(f"{name}: {key} must be an array or a non-negative integer, not {count}")
        call = checked(name, shape, None, device, kind="real", default=dtypes.int64)
    else:
        source = as_tensor(name, key, x, device)
        if not source.shape:
            raise ShapeError(f"{name}: {key} is 0-d, and has no elements to choose from")
        axis = normalized_axis(axis, len(source.shape))
        count = source.shape[axis]
        call = checked(name, shape, None, source.device, kind="real", default=dtypes.int64)
    return call, count, source, axis


def _categories_last(given: Any, name: str, key: str, axis: int, device: DeviceLike) -> Tensor:
    """Return probabilities as a tensor with the categories, at least one, along the last axis."""
    given = as_tensor(name, key, given, device)
    if not given.shape:
        raise ShapeError(f"{name}: {key} is 0-d, but must have an axis of categories")
    axis = normalized_axis(axis, len(given.shape))
    if given.shape[axis] == 0:
        raise ShapeError(f"{name}: {key} of shape {tuple(given.shape)} has no categories")
    return moveaxis(given.detach(), axis, -1)


def _require_possible(call: Call, key: str, weights: Any, count: int, why: str = "") -> None:
    """Refuse rows of weights with fewer than `count` positive ones, except on a device."""
    call.require(
        lambda weights: call.xp.count_nonzero(weights > 0, axis=-1) >= count,
        f"{key} has rows with fewer than {count} possible categories{why}",
        weights,
    )


def _checked_probabilities(call: Call, p: Any, count: int, needed: int) -> Any:
    """Return the probabilities of a choice, checked, as an array of float64."""
    exact = isinstance(p, list | tuple) or getattr(p, "dtype", None) == dtypes.float64
    given = as_tensor("choice", "p", p, call.device, dtypes.float64 if isinstance(p, list | tuple) else None)
    p = call.xp.astype(array_of(given), call.xp.float64)
    if p.shape != (count,):
        raise ShapeError(f"choice: p has shape {tuple(p.shape)}, but a has {count} elements")
    tolerance = 1.5e-8 if exact else 3.5e-4  # as in NumPy: the square root of the precision
    call.require(WEIGHTS.holds, f"p has elements that are not {WEIGHTS.text}", p)
    call.require(lambda p: abs(call.xp.sum(p) - 1.0) <= tolerance, "p does not sum to 1", p)
    message = f"replace=False needs {needed} elements of p above 0"
    call.require(lambda p: call.xp.count_nonzero(p > 0) >= needed, message, p)
    return p
