"""Einstein summation, made of matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ..autodiff.op import ShapeError
from ..tensor import Tensor
from .contraction import matmul
from .indexing import diagonal_pair
from .reduction import sum
from .shapes import permute_dims, reshape


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
    terms = [
        _simplified(letters, x, output, inputs, i) for i, (letters, x) in enumerate(zip(inputs, operands, strict=True))
    ]
    while len(terms) > 1:
        i, j = min(
            ((i, j) for j in range(len(terms)) for i in range(j)),
            key=lambda pair: _result_size(terms, pair, output, lengths),
        )
        second, first = terms.pop(j), terms.pop(i)
        needed = set(output).union(*(letters for letters, _ in terms))
        terms.append(_contract(first, second, needed))
    letters, x = terms[0]
    gone = tuple(i for i, letter in enumerate(letters) if letter not in output)
    if gone:
        x = sum(x, axis=gone)
        letters = [letter for letter in letters if letter in output]
    return permute_dims(x, tuple(letters.index(letter) for letter in output))


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


def _result_size(terms: list[Term], pair: tuple[int, int], output: list[str], lengths: dict[str, int]) -> int:
    i, j = pair
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
