"""Products that sum over axes: matmul and its relatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import ShapeError, op, sample
from ..backend import Backend
from ..tensor import Tensor
from .arithmetic import conj
from .declare import broadcast_shape
from .indexing import diagonal_pair, getitem
from .reduction import sum
from .shapes import (
    Shape,
    matrix_transpose,
    normalized_axes,
    permute_dims,
    reshape,
    sum_to_shape,
)


def matmul_shape(x1: Shape, x2: Shape, **_: Any) -> Shape:
    """Return the shape of a matrix product.

    Raises
    ------
    ShapeError
        If the inner lengths, or the batch axes, disagree.
    """
    if not x1 or not x2:
        raise ShapeError(f"matmul takes arrays of at least 1 axis, not shapes {x1} and {x2}; multiply scalars with *")
    rows, inner1 = (x1[-2:-1], x1[-1])
    inner2, columns = (x2[0], ()) if len(x2) == 1 else (x2[-2], x2[-1:])
    if inner1 != inner2:
        axis = 0 if len(x2) == 1 else -2
        raise ShapeError(
            f"matmul of shapes {x1} and {x2}: axis -1 of the first has length {inner1}, "
            f"axis {axis} of the second {inner2}; they must be equal"
        )
    return (*broadcast_shape(x1[:-2], x2[:-2]), *rows, *columns)


def count_matmul(shapes: Sequence[Shape], out: Shape, params: Mapping[str, Any]) -> int:
    """Count a multiplication and an addition per term."""
    return 2 * prod(out) * shapes[0][-1]


def _pull_first(g: Any, x2: Any, x1_shape: Shape) -> Any:
    if x2.ndim == 1:
        return sum_to_shape(reshape(g, (*g.shape, 1)) * x2, x1_shape)
    if len(x1_shape) == 1:
        return sum_to_shape(getitem(matmul(x2, reshape(g, (*g.shape, 1))), (Ellipsis, 0)), x1_shape)
    pulled = matmul(g, matrix_transpose(x2))
    return pulled if pulled.shape == x1_shape else sum_to_shape(pulled, x1_shape)


def _pull_second(g: Any, x1: Any, x2_shape: Shape) -> Any:
    if x1.ndim == 1:
        if len(x2_shape) == 1:
            return g * x1
        return sum_to_shape(reshape(x1, (-1, 1)) * reshape(g, (*g.shape[:-1], 1, g.shape[-1])), x2_shape)
    if len(x2_shape) == 1:
        return sum_to_shape(getitem(matmul(matrix_transpose(x1), reshape(g, (*g.shape, 1))), (Ellipsis, 0)), x2_shape)
    pulled = matmul(matrix_transpose(x1), g)
    return pulled if pulled.shape == x2_shape else sum_to_shape(pulled, x2_shape)


@op(
    vjp={"x1": _pull_first, "x2": _pull_second},
    kind="linear",
    shape=matmul_shape,
    dtype="promote",
    flops=count_matmul,
    samples=[
        sample((2, 3), (3, 4)),
        sample((3,), (3,)),
        sample((3,), (3, 2)),
        sample((2, 3), (3,)),
        sample((5, 2, 3), (3, 4)),
        sample((3,), (2, 3, 4)),
        sample((2, 3, 4), (4,)),
        sample((2, 1, 2, 3), (4, 3, 2)),
        sample((0, 3), (3, 2)),
    ],
    tolerance={"float32": 2e-6},
)
def matmul(backend: Backend, x1: Any, x2: Any, /) -> Any:
    """Matrix product over the last axis of `x1` and the last but one of `x2`.

    Parameters
    ----------
    x1 : tensor or array, shape (..., m, k) or (k,)
        The axes before the last two broadcast.
    x2 : tensor or array, shape (..., k, n) or (k,)
        Types are promoted.

    Returns
    -------
    Tensor
        Shape ``(..., m, n)``; a one-dimensional operand's axis is missing.

    Raises
    ------
    ShapeError
        If the lengths ``k``, or the axes before, disagree.

    Examples
    --------
    >>> tl.matmul(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return backend.xp.matmul(x1, x2)


def linear_shape(x: Shape, weight: Shape, bias: Shape | None = None, **_: Any) -> Shape:
    """Return the shape of a linear layer's result; see `linear`."""
    if len(weight) != 2 or not x or x[-1] != weight[1]:
        raise ShapeError(
            f"linear expects inputs with {weight[-1]} features on the last axis (weight has shape {weight}: "
            f"out, in), not shape {x}"
        )
    if bias is not None and tuple(bias) != weight[:1]:
        raise ShapeError(f"linear: bias of shape {bias} does not fit weight of shape {weight}: it must be {weight[:1]}")
    return (*x[:-1], weight[0])


def _rows(x: Any) -> Any:
    """Return `x` with all axes but the last as one."""
    return x if len(x.shape) == 2 else reshape(x, (-1, x.shape[-1]))


@op(
    vjp={
        "x": lambda g, weight: matmul(g, weight),
        "weight": lambda g, x: matmul(matrix_transpose(_rows(g)), _rows(x)),
        "bias": lambda g: sum(_rows(g), axis=0),
    },
    jvp={
        "x": lambda t, weight: linear(t, weight, None),
        "weight": lambda t, x: linear(x, t, None),
        "bias": lambda t: t,
    },
    shape=linear_shape,
    flops=lambda shapes, out, params: 2 * prod(out) * shapes[0][-1] + prod(out) * (len(shapes) == 3),
    samples=[sample((4, 3), (2, 3), (2,)), sample((3,), (2, 3), (2,)), sample((2, 4, 3), (2, 3), None)],
)
def linear(backend: Backend, x: Any, weight: Any, bias: Any = None, /) -> Any:
    """``x @ weight.T + bias``, PyTorch's ``nn.functional.linear``.

    Parameters
    ----------
    x : tensor or array, shape (..., in)
        The input.
    weight : tensor or array, shape (out, in)
        One row per output feature.
    bias : tensor or array, shape (out,), optional
        What to add.

    Returns
    -------
    Tensor
        Shape ``(..., out)``.

    Raises
    ------
    ShapeError
        If the numbers of features disagree.

    Examples
    --------
    >>> tl.linear(tl.tensor([1.0, 2.0]), tl.tensor([[1.0, 1.0]]), tl.tensor([10.0]))
    tensor([13.])
    """
    y = backend.xp.matmul(x, weight.T)
    return y if bias is None else y + bias


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    """Inner products along an axis, the first operand conjugated.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Equal lengths along `axis`; the others broadcast.
    axis : int
        Negative: which axis of both, from the end.

    Raises
    ------
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> tl.vecdot(tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if x1.shape[axis] != x2.shape[axis]:
        raise ShapeError(f"vecdot: axis {axis} of shapes {tuple(x1.shape)} and {tuple(x2.shape)} differs in length")
    return sum(conj(x1) * x2, axis=axis)  # type: ignore[no-any-return]


def outer(x1: Any, x2: Any, /) -> Tensor:
    """All products of two vectors' elements, shape ``(len(x1), len(x2))``.

    Examples
    --------
    >>> tl.outer(tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return reshape(x1, (-1, 1)) * reshape(x2, (1, -1))  # type: ignore[no-any-return]


def tensordot(x1: Any, x2: Any, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tensor:
    """Sum of products over several axes of both operands.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Any shapes.
    axes : int or pair of sequences of int
        How many of the last axes of `x1` meet the first of `x2`, or which meet which.

    Returns
    -------
    Tensor
        The other axes of `x1`, then the other axes of `x2`.

    Raises
    ------
    ShapeError
        If axes that meet have different lengths.

    Examples
    --------
    >>> tl.tensordot(tl.ones((2, 3, 4)), tl.ones((4, 3)), axes=((1, 2), (1, 0)))
    tensor([12., 12.])
    """
    n1, n2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        axes = (range(n1 - axes, n1), range(axes))
    first, second = normalized_axes(tuple(axes[0]), n1), normalized_axes(tuple(axes[1]), n2)
    lengths = [x1.shape[a] for a in first]
    if lengths != [x2.shape[a] for a in second]:
        raise ShapeError(
            f"tensordot: axes {first} of shape {tuple(x1.shape)} and {second} of {tuple(x2.shape)} differ in length"
        )
    free1 = [a for a in range(n1) if a not in first]
    free2 = [a for a in range(n2) if a not in second]
    left = reshape(permute_dims(x1, (*free1, *first)), (prod(x1.shape[a] for a in free1), prod(lengths)))
    right = reshape(permute_dims(x2, (*second, *free2)), (prod(lengths), prod(x2.shape[a] for a in free2)))
    return reshape(matmul(left, right), (*(x1.shape[a] for a in free1), *(x2.shape[a] for a in free2)))  # type: ignore[no-any-return]


# -- einsum --------------------------------------------------------------------------------------------------------------


def einsum(subscripts: str, /, *operands: Any) -> Tensor:
    """Einstein summation.

    Pairs of operands are contracted by matrix products, the pair with the smallest result first.

    Parameters
    ----------
    subscripts : str
        As in NumPy, such as ``"bij,bjk->bik"``; ``...`` stands for axes that broadcast. Without ``->`` the result has
        the letters that appear once, in alphabetical order.
    *operands : tensors or arrays
        One per group of letters.

    Raises
    ------
    ShapeError
        If letters and shapes do not fit.

    Examples
    --------
    >>> tl.einsum("ij,j->i", tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    inputs, output = _parse_subscripts(subscripts, [len(x.shape) for x in operands])
    lengths = _letter_lengths(subscripts, inputs, operands)
    terms = [_simplified(letters, x, output, inputs, i) for i, (letters, x) in enumerate(zip(inputs, operands, strict=True))]
    while len(terms) > 1:
        i, j = min(
            ((i, j) for j in range(len(terms)) for i in range(j)),
            key=lambda pair: _result_size(terms, *pair, output, lengths),
        )
        second, first = terms.pop(j), terms.pop(i)
        needed = set(output).union(*(letters for letters, _ in terms))
        terms.append(_contract(first, second, needed))
    letters, x = terms[0]
    gone = tuple(i for i, letter in enumerate(letters) if letter not in output)
    if gone:
        x = sum(x, axis=gone)
        letters = [letter for letter in letters if letter in output]
    return permute_dims(x, tuple(letters.index(letter) for letter in output))  # type: ignore[no-any-return]


Term = tuple[list[str], Any]


def _parse_subscripts(subscripts: str, ndims: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    """Return the letters of each operand and of the result; axes behind ``...`` are called by numbers."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(ndims):
        raise ShapeError(f"einsum {subscripts!r} names {len(groups)} operands and was given {len(ndims)}")
    hidden = [ndim - len(group.replace("...", "")) for group, ndim in zip(groups, ndims, strict=True)]
    for group, extra, ndim in zip(groups, hidden, ndims, strict=True):
        if extra < 0 or (extra and "..." not in group):
            raise ShapeError(f"einsum {subscripts!r}: {group!r} does not fit an operand of {ndim} axes")
    inputs = [_with_hidden(group, extra) for group, extra in zip(groups, hidden, strict=True)]
    most = max((extra for group, extra in zip(groups, hidden, strict=True) if "..." in group), default=0)
    if arrow:
        output = _with_hidden(right, most)
    else:
        once = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        output = _with_hidden("...", most) + once
    known = {letter for letters in inputs for letter in letters}
    if not set(output) <= known or len(set(output)) < len(output):
        raise ShapeError(f"einsum {subscripts!r}: the result names a letter twice, or one that no operand has")
    return inputs, output


def _with_hidden(group: str, count: int) -> list[str]:
    before, dots, after = group.partition("...")
    return [*before, *(str(-i) for i in range(-count, 0) if dots), *after]


def _letter_lengths(subscripts: str, inputs: list[list[str]], operands: Sequence[Any]) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for letters, x in zip(inputs, operands, strict=True):
        for letter, length in zip(letters, x.shape, strict=True):
            known = lengths.setdefault(letter, length)
            if known != length and 1 not in (known, length):
                raise ShapeError(f"einsum {subscripts!r}: axis {letter!r} has lengths {known} and {length}")
            lengths[letter] = known if length == 1 else length
    return lengths


def _simplified(letters: list[str], x: Any, output: list[str], inputs: list[list[str]], position: int) -> Term:
    """Return an operand with repeated letters taken as diagonals and letters of its own summed."""
    letters = list(letters)
    while len(set(letters)) < len(letters):
        letter = next(c for c in letters if letters.count(c) > 1)
        first = letters.index(letter)
        second = letters.index(letter, first + 1)
        x = diagonal_pair(x, first, second)
        letters = [c for i, c in enumerate(letters) if i not in (first, second)] + [letter]
    elsewhere = set(output).union(*(group for i, group in enumerate(inputs) if i != position))
    alone = tuple(i for i, letter in enumerate(letters) if letter not in elsewhere)
    return [c for c in letters if c in elsewhere], (sum(x, axis=alone) if alone else x)


def _result_size(terms: list[Term], i: int, j: int, output: list[str], lengths: dict[str, int]) -> int:
    others = set(output).union(*(letters for k, (letters, _) in enumerate(terms) if k not in (i, j)))
    both = set(terms[i][0]) | set(terms[j][0])
    return prod(lengths[letter] for letter in both & others)


def _contract(first: Term, second: Term, needed: set[str]) -> Term:
    """Multiply two operands as one batched matrix product, summing over the letters that nobody needs any more."""
    (letters1, x1), (letters2, x2) = first, second
    shared = [c for c in letters1 if c in letters2]
    batch = [c for c in shared if c in needed]
    inner = [c for c in shared if c not in needed]
    left = [c for c in letters1 if c not in shared]
    right = [c for c in letters2 if c not in shared]
    x1, x2 = _full_lengths(letters1, x1, letters2, x2, inner)
    a = permute_dims(x1, tuple(letters1.index(c) for c in (*batch, *left, *inner)))
    b = permute_dims(x2, tuple(letters2.index(c) for c in (*batch, *inner, *right)))
    n, k, m = len(batch), len(left), len(inner)
    lead1, rows, mid = a.shape[:n], a.shape[n : n + k], a.shape[n + k :]
    lead2, columns = b.shape[:n], b.shape[n + m :]
    product = matmul(reshape(a, (*lead1, prod(rows), prod(mid))), reshape(b, (*lead2, prod(mid), prod(columns))))
    return [*batch, *left, *right], reshape(product, (*product.shape[:n], *rows, *columns))


def _full_lengths(letters1: list[str], x1: Any, letters2: list[str], x2: Any, inner: list[str]) -> tuple[Any, Any]:
    """Return the operands with contracted axes of length 1 summed against their longer counterparts."""
    for c in inner:
        i, j = letters1.index(c), letters2.index(c)
        if x1.shape[i] != x2.shape[j]:
            if x1.shape[i] == 1:
                x2 = sum(x2, axis=j, keepdims=True)
            else:
                x1 = sum(x1, axis=i, keepdims=True)
    return x1, x2
