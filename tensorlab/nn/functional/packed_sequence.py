"""Sequences of different lengths: packed step by step for recurrent layers, or padded to equal lengths."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from ...backend.dtypes import float16, float32, float64, int64
from ...errors import ShapeError
from ...ops.creation import asarray
from ...ops.declare import composite, require
from ...ops.indexing import getitem
from ...ops.joining import stack
from ...ops.packed_sequence import inverse, pack_steps, unpack_steps
from ...ops.padding import pad_constant
from ...ops.shapes import swapaxes
from ...options import Count
from ...options.kinds import Many, Whole, read
from ...tensor import ArrayT, Tensor

PaddingSide = Literal["right", "left"]


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """Sequences of different lengths, packed step by step; see `pack_padded_sequence`.

    A named tuple, which recurrent layers take and return.

    Parameters
    ----------
    data : Tensor, shape (sum of all lengths, ...)
        The first elements of all sequences, then the second elements of those that have one, and so on.
    batch_sizes : Tensor, shape (longest length,)
        Number of sequences that reach each step; int64, in host memory.
    sorted_indices : Tensor, shape (sequences,), optional
        Order of the sequences, the longest first; None if they were in that order.
    unsorted_indices : Tensor, shape (sequences,), optional
        The inverse permutation; computed by default.

    Examples
    --------
    >>> from tensorlab.nn.functional.packed_sequence import pack_sequence
    >>> packed = pack_sequence([tl.tensor([1, 2, 3]), tl.tensor([10])])
    >>> packed.data, packed.batch_sizes
    (tensor([ 1, 10,  2,  3]), tensor([2, 1, 1]))
    """

    def __new__(
        cls, data: Any, batch_sizes: Any, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *target: Any, **kwargs: Any) -> PackedSequence:
        """Move `data` and the indices to another device, or cast `data`; takes what ``Tensor.to`` takes."""
        data = self.data.to(*target, **kwargs)
        if data is self.data:
            return self
        indices = (
            None if x is None else x.to(device=data.device) for x in (self.sorted_indices, self.unsorted_indices)
        )
        return PackedSequence(data, self.batch_sizes, *indices)

    def cpu(self) -> PackedSequence:
        """Move to host memory."""
        return self.to("cpu")

    def float(self) -> PackedSequence:
        """Cast `data` to float32."""
        return self.to(dtype=float32)

    def double(self) -> PackedSequence:
        """Cast `data` to float64."""
        return self.to(dtype=float64)

    def half(self) -> PackedSequence:
        """Cast `data` to float16."""
        return self.to(dtype=float16)


@composite(permutation="integral")
def invert_permutation(permutation: ArrayT | None) -> Any:
    """Return the inverse of a permutation, a tensor of integers; None for None.

    Examples
    --------
    >>> tl.nn.utils.rnn.invert_permutation(tl.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    order = _integers("invert_permutation", "permutation", permutation)
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"invert_permutation: permutation must be one of 0 to {len(order) - 1}, not {order}")
    return asarray(list(inverse(order) or ()), dtype=int64, device=permutation.device)


def _integers(function: str, name: str, x: Any) -> tuple[int, ...]:
    """Return integers, given as a tensor or a sequence, as a tuple."""
    integers: tuple[int, ...] = read(function, name, Many(Whole()), x)
    return integers


def _listed(function: str, sequences: Any) -> list[Any]:
    """Return sequences, given in any iterable, as a list."""
    if not isinstance(sequences, Iterable) or isinstance(sequences, str | bytes | dict):
        raise TypeError(f"{function}: sequences must be tensors in a list, not {type(sequences).__name__}")
    return list(sequences)


@composite(input="any")
def pack_padded_sequence(
    input: ArrayT, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack sequences that are padded to equal lengths.

    Parameters
    ----------
    input : Tensor, shape (steps, sequences, ...)
        Any type; elements after the end of a sequence are left out.
    lengths : Tensor or sequence of int
        The length of each sequence: at least 1 and at most ``steps``.
    batch_first : bool
        Whether the input's shape is ``(sequences, steps, ...)``.
    enforce_sorted : bool
        Whether sequences must be sorted, the longest first. Otherwise they are sorted here; `pad_packed_sequence` and
        the states of recurrent layers restore the order of the input.

    Raises
    ------
    ValueError
        If lengths are out of range, or not sorted with `enforce_sorted`.
    ShapeError
        If there are not as many lengths as sequences.

    Examples
    --------
    >>> from tensorlab.nn.functional.packed_sequence import pack_padded_sequence
    >>> padded = tl.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> packed = pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False)
    >>> packed.data, packed.sorted_indices
    (tensor([4, 1, 3, 5, 2, 6]), tensor([2, 0, 1]))
    """
    x = swapaxes(input, 0, 1) if batch_first else input
    counts, shape = _integers("pack_padded_sequence", "lengths", lengths), tuple(input.shape)
    if len(shape) < 2 or len(counts) != x.shape[1]:
        axis = 0 if batch_first else 1
        raise ShapeError(
            f"pack_padded_sequence: {len(counts)} lengths do not fit an input of shape {shape}, "
            f"whose axis {axis} is the sequences' axis"
        )
    if not counts or min(counts) < 1 or max(counts) > x.shape[0]:
        raise ValueError(
            f"pack_padded_sequence: lengths must be between 1 and {x.shape[0]}, the number of steps, not {counts}"
        )
    order = None
    if not enforce_sorted:
        order = tuple(sorted(range(len(counts)), key=lambda i: -counts[i]))
        counts = tuple(counts[i] for i in order)
    elif any(later > earlier for earlier, later in pairwise(counts)):
        raise ValueError(
            f"pack_padded_sequence: lengths {counts} are not sorted, the longest first; enforce_sorted=False sorts them"
        )
    batch_sizes = tuple(sum(count > step for count in counts) for step in range(counts[0]))
    indices = None if order is None else asarray(list(order), dtype=int64, device=x.device)
    return PackedSequence(
        pack_steps(x, batch_sizes, order), asarray(list(batch_sizes), dtype=int64, device="cpu"), indices
    )


@composite()
def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: Count | None = None
) -> tuple[Tensor, Tensor]:
    """Pad packed sequences to equal lengths: the inverse of `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
        The packed sequences.
    batch_first : bool
        Whether the result has shape ``(sequences, steps, ...)``.
    padding_value : float
        Value of the elements after the end of a sequence.
    total_length : int, optional
        Number of steps of the result; the length of the longest sequence by default.

    Returns
    -------
    padded : Tensor, shape (steps, sequences, ...)
        In the order before packing.
    lengths : Tensor, shape (sequences,)
        Length of each sequence; int64, in host memory.

    Raises
    ------
    ValueError
        If a sequence is longer than `total_length`.

    Examples
    --------
    >>> from tensorlab.nn.functional.packed_sequence import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([tl.tensor([1, 2, 3]), tl.tensor([10])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[ 1,  2,  3],
            [10,  0,  0]]), tensor([3, 1]))
    """
    require("pad_packed_sequence", **{"data of sequence": sequence.data})
    batch_sizes = _integers("pad_packed_sequence", "sequence.batch_sizes", sequence.batch_sizes)
    length = len(batch_sizes) if total_length is None else total_length
    if length < len(batch_sizes):
        raise ValueError(
            f"pad_packed_sequence: total_length={total_length} is less than the longest sequence's {len(batch_sizes)}"
        )
    order = None
    if sequence.unsorted_indices is not None:
        order = _integers("pad_packed_sequence", "sequence.unsorted_indices", sequence.unsorted_indices)
    padded = unpack_steps(sequence.data, batch_sizes, length, order, padding_value)
    counts = [sum(size > place for size in batch_sizes) for place in order or range(batch_sizes[0])]
    return swapaxes(padded, 0, 1) if batch_first else padded, asarray(counts, dtype=int64, device="cpu")


@composite(sequences="any")
def pad_sequence(
    sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: PaddingSide = "right"
) -> Tensor:
    """Pad sequences to the length of the longest one and stack them.

    Parameters
    ----------
    sequences : sequence of tensors, shapes (length, ...)
        Equal shapes but for axis 0.
    batch_first : bool
        Whether the result has shape ``(sequences, steps, ...)`` rather than ``(steps, sequences, ...)``.
    padding_value : float
        Value of the added elements.
    padding_side : {"right", "left"}
        Whether to pad at the end or at the beginning.

    Raises
    ------
    ValueError
        If there is no sequence, or `padding_side` is not one of these.
    ShapeError
        If the shapes differ in another axis.

    Examples
    --------
    >>> tl.nn.utils.rnn.pad_sequence([tl.tensor([1, 2, 3]), tl.tensor([10])], batch_first=True)
    tensor([[ 1,  2,  3],
            [10,  0,  0]])
    """
    given = _listed("pad_sequence", sequences)
    if not given:
        raise ValueError("pad_sequence: there is no sequence")
    shapes = [tuple(x.shape) for x in given]
    for i, shape in enumerate(shapes):
        if not shape or shape[1:] != shapes[0][1:]:
            raise ShapeError(
                f"pad_sequence: sequence 0 has shape {shapes[0]}, sequence {i} has {shape}; they must have a first "
                "axis and be equal in all others"
            )
    length, none = max(shape[0] for shape in shapes), ((0, 0),) * (len(shapes[0]) - 1)
    padded = []
    for x in given:
        missing = length - x.shape[0]
        ends = (0, missing) if padding_side == "right" else (missing, 0)
        padded.append(pad_constant(x, (ends, *none), padding_value) if missing else x)
    return stack(padded, axis=0 if batch_first else 1)


@composite(padded_sequences="any")
def unpad_sequence(padded_sequences: ArrayT, lengths: Any, batch_first: bool = False) -> list[ArrayT]:
    """Remove the padding on the right: the inverse of `pad_sequence`.

    Parameters
    ----------
    padded_sequences : Tensor, shape (steps, sequences, ...)
        The padded sequences.
    lengths : Tensor or sequence of int
        The length of each sequence.
    batch_first : bool
        Whether the shape is ``(sequences, steps, ...)``.

    Raises
    ------
    ShapeError
        If there are not as many lengths as sequences.

    Examples
    --------
    >>> tl.nn.utils.rnn.unpad_sequence(tl.tensor([[1, 2, 3], [10, 0, 0]]), [3, 1], batch_first=True)
    [tensor([1, 2, 3]), tensor([10])]
    """
    shape, axis = tuple(padded_sequences.shape), 0 if batch_first else 1
    counts = _integers("unpad_sequence", "lengths", lengths)
    if len(shape) < 2 or shape[axis] != len(counts):
        raise ShapeError(
            f"unpad_sequence: {len(counts)} lengths do not fit sequences of shape {shape}, whose axis {axis} is "
            "the sequences' axis"
        )
    if batch_first:
        return [getitem(padded_sequences, (i, slice(None, count))) for i, count in enumerate(counts)]
    return [getitem(padded_sequences, (slice(None, count), i)) for i, count in enumerate(counts)]


@composite(sequences="any")
def pack_sequence(sequences: Iterable[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths; see `pad_sequence` and `pack_padded_sequence`.

    Parameters
    ----------
    sequences : sequence of tensors, shapes (length, ...)
        Equal shapes but for axis 0.
    enforce_sorted : bool
        Whether sequences must be sorted, the longest first; otherwise they are sorted here.

    Raises
    ------
    ValueError
        If there is no sequence, one is empty, or they are not sorted with `enforce_sorted`.
    ShapeError
        If the shapes differ in another axis.

    Examples
    --------
    >>> tl.nn.utils.rnn.pack_sequence([tl.tensor([10]), tl.tensor([1, 2])], enforce_sorted=False).data
    tensor([ 1, 10,  2])
    """
    given = _listed("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(given), [len(x) for x in given], enforce_sorted=enforce_sorted)


@composite()
def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return a list of the packed sequences: the inverse of `pack_sequence`.

    Parameters
    ----------
    packed_sequences : PackedSequence
        The packed sequences.

    Examples
    --------
    >>> from tensorlab.nn.functional.packed_sequence import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([tl.tensor([1, 2]), tl.tensor([10])]))
    [tensor([1, 2]), tensor([10])]
    """
    require("unpack_sequence", **{"data of packed_sequences": packed_sequences.data})
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
