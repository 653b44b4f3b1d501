"""Einstein summation, by matrix products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from math import prod
from operator import index as as_index
from typing import Any, NamedTuple, overload

from ..backend import dtypes
from ..errors import ShapeError
from ..tensor import ArrayT
from .arithmetic import multiply
from .contraction import matmul
from .declare import composite, require
from .indexing import diagonal_pair
from .reduction import sum
from .shapes import Shape, permute_dims, reshape

Letters = tuple[str, ...]

AXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The letters that numbers of axes stand for."""

MOST_SEARCHED = 6
"""Up to this number of operands the best order of contractions is searched for; each further one triples the work."""


@composite()
@overload
def einsum(subscripts: str, /, *operands: ArrayT) -> ArrayT: ...
@overload
def einsum(operand: ArrayT, axes: Sequence[int], /, *others: Any) -> ArrayT: ...
def einsum(subscripts: Any, /, *operands: Any) -> Any:
    """Einstein summation.

    Pairs of operands are contracted by matrix products: up to six operands in the order with the fewest
    multiplications, more by choosing at each step the pair whose product saves the most memory (Smith and Gray,
    "opt_einsum", Journal of Open Source Software 3, 2018). The plan is computed once for the same subscripts and
    shapes.

    Parameters
    ----------
    subscripts : str
        As in NumPy, such as ``"bij,bjk->bik"``; ``...`` stands for axes that broadcast. The axes can also be given in
        lists, ``einsum(x, [0, 1], y, [1, 2], [0, 2])``, with `Ellipsis` for ``...``. Without ``->`` the result has the
        letters that appear once, in alphabetical order. Axes of ``...`` that the result omits are summed.
    *operands : tensors or arrays
        One per group of letters; numeric. An axis of length 1 broadcasts against others of its letter.

    Returns
    -------
    Tensor
        One axis per letter of the result; the operands' common type.

    Raises
    ------
    ShapeError
        If letters and shapes do not match.
    ValueError
        If the subscripts contain anything but letters, spaces, commas, ``...`` and ``->``.

    Examples
    --------
    >>> tl.einsum("ij,j->i", tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists(subscripts, *operands)
    try:
        shapes = tuple([x.shape for x in operands])
    except AttributeError:
        require("einsum", **{f"operand {i}": x for i, x in enumerate(operands)})
        raise
    plan = _plan(subscripts, shapes)
    terms = [x if own is None else _simplify(x, own) for own, x in zip(plan.simplifications, operands)]
    for i, j, product in plan.products:
        terms.append(_multiply(terms[i], terms[j], product))
        terms[i] = terms[j] = None
    return terms[-1] if plan.axes is None else permute_dims(terms[-1], plan.axes)


def _from_lists(*given: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the subscripts and the operands of a call that has the axes of each operand in a list after it.

    A last list has those of the result. Its numbers stand for letters in alphabetical order.
    """
    operands, lists = given[: len(given) // 2 * 2 : 2], [*given[1::2], *(given[-1:] if len(given) % 2 else [])]
    try:
        words = ["".join("..." if axis is Ellipsis else AXES[as_index(axis)] for axis in x) for x in lists]
    except (TypeError, IndexError):
        raise TypeError(
            "einsum: takes subscripts such as 'ij,jk->ik' and operands, or operands that are each followed by a list "
            f"of integers from 0 to {len(AXES) - 1}"
        ) from None
    return ",".join(words[: len(operands)]) + "".join(f"->{word}" for word in words[len(operands) :]), operands


# -- execution ---------------------------------------------------------------------------------------------------------


class Simplification(NamedTuple):
    """Operations on a single operand: diagonals, sums, and a shape without the axes that broadcast."""

    diagonals: tuple[tuple[int, int], ...]
    summed: Shape
    shape: Shape | None


class View(NamedTuple):
    """The axes of an operand in the order in which a product needs them, then grouped; None where nothing changes."""

    axes: Shape | None
    shape: Shape | None


class Product(NamedTuple):
    """The product of two operands."""

    is_matmul: bool
    first: View
    second: View
    shape: Shape | None


class Plan(NamedTuple):
    """How to compute an einsum: each product of two terms is appended to the terms."""

    simplifications: tuple[Simplification | None, ...]
    products: tuple[tuple[int, int, Product], ...]
    axes: Shape | None


def _simplify(x: Any, own: Simplification) -> Any:
    for first, second in own.diagonals:
        x = diagonal_pair(x, first, second)
    if own.summed:
        # Integers keep their type, as in a matrix product.
        dtype = dtypes.named(x.dtype)
        x = sum(x, axis=own.summed, dtype=None if dtype.is_floating else dtype)
    return x if own.shape is None else reshape(x, own.shape)


def _multiply(x1: Any, x2: Any, product: Product) -> Any:
    is_matmul, first, second, shape = product
    y = (matmul if is_matmul else multiply)(_viewed(x1, first), _viewed(x2, second))
    return y if shape is None else reshape(y, shape)


def _viewed(x: Any, view: View) -> Any:
    axes, shape = view
    if axes is not None:
        x = permute_dims(x, axes)
    return x if shape is None else reshape(x, shape)


# -- planning ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _plan(subscripts: str, shapes: tuple[Shape, ...]) -> Plan:
    inputs, output = _parse_subscripts(subscripts, [len(shape) for shape in shapes])
    lengths = _letter_lengths(subscripts, inputs, shapes)
    # Axes of length 1 that broadcast are dropped.
    present = [
        [c for c, n in zip(letters, shape, strict=True) if n == lengths[c]]
        for letters, shape in zip(inputs, shapes, strict=True)
    ]
    simplifications, terms = [], []
    for i, (letters, shape) in enumerate(zip(inputs, shapes, strict=True)):
        elsewhere = set(output).union(*(others for j, others in enumerate(present) if j != i))
        own, left = _plan_simplification(letters, shape, lengths, elsewhere)
        simplifications.append(own)
        terms.append(left)
    products: list[tuple[int, int, Product]] = []
    for i, j in _best_pairs(terms, output, lengths):
        needed = set(output).union(*(letters for k, letters in enumerate(terms) if k not in (i, j)))
        last = len(products) == len(inputs) - 2
        product, swapped, letters = _plan_product(terms[i], terms[j], needed, output if last else None, lengths)
        products.append((j, i, product) if swapped else (i, j, product))
        terms[i] = terms[j] = ()
        terms.append(letters)
    axes = tuple(terms[-1].index(c) for c in output)
    return Plan(tuple(simplifications), tuple(products), None if axes == tuple(range(len(axes))) else axes)


def _parse_subscripts(subscripts: str, ndims: Sequence[int]) -> tuple[list[Letters], Letters]:
    """Return the letters of each operand and of the result; the axes of ``...`` are named by numbers."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(ndims):
        raise ShapeError(f"einsum {subscripts!r} names {len(groups)} operands, not the {len(ndims)} given")
    for group in (*groups, right):
        rest = group.replace("...", "", 1)
        if rest and not (rest.isascii() and rest.isalpha()):
            raise ValueError(f"einsum {subscripts!r}: {group!r} must be letters, with '...' at most once")
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
        output = (*_with_hidden("...", most), *once)
    known = {letter for letters in inputs for letter in letters}
    if not set(output) <= known or len(set(output)) < len(output):
        raise ShapeError(f"einsum {subscripts!r}: the result names a letter twice, or one that no operand has")
    return inputs, output


def _with_hidden(group: str, count: int) -> Letters:
    before, dots, after = group.partition("...")
    return (*before, *(str(-i) for i in range(count, 0, -1) if dots), *after)


def _letter_lengths(subscripts: str, inputs: Sequence[Letters], shapes: Sequence[Shape]) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for letters, shape in zip(inputs, shapes, strict=True):
        own: dict[str, int] = {}
        for letter, length in zip(letters, shape, strict=True):
            # Within one operand nothing broadcasts: a diagonal has as many rows as columns.
            mine, known = own.setdefault(letter, length), lengths.setdefault(letter, length)
            if mine != length or (known != length and 1 not in (known, length)):
                other = mine if mine != length else known
                raise ShapeError(f"einsum {subscripts!r}: axis {letter!r} has lengths {other} and {length}")
            lengths[letter] = known if length == 1 else length
    return lengths


def _plan_simplification(
    letters: Letters, shape: Shape, lengths: dict[str, int], elsewhere: set[str]
) -> tuple[Simplification | None, Letters]:
    """Return the operations on a single operand, and its letters after them."""
    kept, sizes, diagonals = list(letters), list(shape), []
    while len(set(kept)) < len(kept):
        letter = next(c for c in kept if kept.count(c) > 1)
        first = kept.index(letter)
        second = kept.index(letter, first + 1)
        diagonals.append((first, second))
        sizes = [n for i, n in enumerate(sizes) if i not in (first, second)] + [sizes[first]]
        kept = [c for i, c in enumerate(kept) if i not in (first, second)] + [letter]
    summed = tuple(i for i, c in enumerate(kept) if c not in elsewhere)
    rest = [(c, n) for c, n in zip(kept, sizes, strict=True) if c in elsewhere]
    present = tuple(c for c, n in rest if n == lengths[c])
    new_shape = None if len(present) == len(rest) else _sizes(present, lengths)
    if not diagonals and not summed and new_shape is None:
        return None, present
    return Simplification(tuple(diagonals), summed, new_shape), present


def _plan_product(
    letters1: Letters, letters2: Letters, needed: set[str], output: Letters | None, lengths: dict[str, int]
) -> tuple[Product, bool, Letters]:
    """Return how two operands are multiplied, whether they are swapped, and the result's letters."""
    shared = [c for c in letters1 if c in letters2]
    batch = tuple(c for c in shared if c in needed)
    inner = tuple(c for c in shared if c not in needed)
    left = tuple(c for c in letters1 if c not in shared)
    right = tuple(c for c in letters2 if c not in shared)
    if not inner and (batch or not left or not right):
        order = (*batch, *left, *right) if output is None else output
        return Product(False, _spread(letters1, order, lengths), _spread(letters2, order, lengths), None), False, order
    swapped = bool(left and right) and output == (*batch, *right, *left)
    if swapped:
        letters1, letters2, left, right = letters2, letters1, right, left
    inner = min(
        (tuple(c for c in letters if c in inner) for letters in (letters1, letters2)),
        key=lambda order: _copied(letters1, order, lengths) + _copied(letters2, order, lengths),
    )
    # Without a batch, an operand with only inner letters is a vector.
    rows = [left] if left or batch else []
    columns = [right] if right or batch else []
    product = Product(
        True,
        _grouped(letters1, batch, [*rows, inner], lengths),
        _grouped(letters2, batch, [inner, *columns], lengths),
        None if all(len(group) == 1 for group in rows + columns) else _sizes((*batch, *left, *right), lengths),
    )
    return product, swapped, (*batch, *left, *right)


def _sizes(letters: Iterable[str], lengths: dict[str, int]) -> Shape:
    return tuple(lengths[c] for c in letters)


def _copied(letters: Letters, group: Letters, lengths: dict[str, int]) -> int:
    """Return the number of elements to copy to make a group of letters one axis."""
    neighbours = set(pairwise(letters))
    return 0 if all(pair in neighbours for pair in pairwise(group)) else prod(_sizes(letters, lengths))


def _permutation(letters: Letters, order: Letters) -> Shape | None:
    axes = tuple(letters.index(c) for c in order)
    return None if axes == tuple(range(len(axes))) else axes


def _grouped(letters: Letters, batch: Letters, groups: Sequence[Letters], lengths: dict[str, int]) -> View:
    """Return an operand with one axis for each letter of the batch, then one for each of the groups."""
    axes = _permutation(letters, (*batch, *(c for group in groups for c in group)))
    shape = (*_sizes(batch, lengths), *(prod(_sizes(group, lengths)) for group in groups))
    return View(axes, None if all(len(group) == 1 for group in groups) else shape)


def _spread(letters: Letters, order: Letters, lengths: dict[str, int]) -> View:
    """Return an operand with axes of length 1 in place of the letters of `order` that it lacks."""
    axes = _permutation(letters, tuple(c for c in order if c in letters))
    # Leading axes of length 1 are implied.
    shape = tuple(lengths[c] if c in letters else 1 for c in order)
    lacking = any(c not in letters for c in order[len(order) - len(letters) :])
    return View(axes, shape if lacking else None)


# -- the order of products ---------------------------------------------------------------------------------------------


def _best_pairs(terms: Sequence[Letters], output: Letters, lengths: dict[str, int]) -> list[tuple[int, int]]:
    """Return the pairs of terms to multiply in sequence; each product is appended to the terms."""
    sets = [frozenset(letters) for letters in terms]
    if len(sets) < 3:
        return [(0, 1)] if len(sets) == 2 else []
    return (_searched if len(sets) <= MOST_SEARCHED else _greedy)(sets, frozenset(output), lengths)


def _searched(sets: list[frozenset[str]], output: frozenset[str], lengths: dict[str, int]) -> list[tuple[int, int]]:
    """Return the pairs whose products take the fewest multiplications, found by dynamic programming over subsets."""
    everything = (1 << len(sets)) - 1
    members = {mask: [i for i in range(len(sets)) if mask >> i & 1] for mask in range(1, everything + 1)}

    def letters_of(mask: int) -> frozenset[str]:
        inside = frozenset().union(*(sets[i] for i in members[mask]))
        outside = output.union(*(sets[i] for i in range(len(sets)) if not mask >> i & 1))
        return inside & outside if mask & (mask - 1) else inside

    letters = {mask: letters_of(mask) for mask in members}
    # For each subset the least cost, the elements of intermediate results as second criterion, and the last product.
    best: dict[int, tuple[int, int, int]] = {1 << i: (0, 0, 0) for i in range(len(sets))}
    for mask in sorted(members, key=int.bit_count):
        lowest, size = mask & -mask, prod(_sizes(letters[mask], lengths))
        part = (mask - 1) & mask
        while part:
            if part & lowest:
                other = mask ^ part
                cost = best[part][0] + best[other][0] + prod(_sizes(letters[part] | letters[other], lengths))
                candidate = (cost, best[part][1] + best[other][1] + size, part)
                best[mask] = min(best.get(mask, candidate), candidate)
            part = (part - 1) & mask
    pairs: list[tuple[int, int]] = []
    _append_products(everything, best, len(sets), pairs)
    return pairs


def _append_products(mask: int, best: dict[int, tuple[int, int, int]], count: int, pairs: list[tuple[int, int]]) -> int:
    """Append the pairs whose products give a subset of `count` terms, and return the number of the last product."""
    if mask & (mask - 1) == 0:
        return mask.bit_length() - 1
    part = best[mask][2]
    pairs.append((_append_products(part, best, count, pairs), _append_products(mask ^ part, best, count, pairs)))
    return count + len(pairs) - 1


def _greedy(sets: list[frozenset[str]], output: frozenset[str], lengths: dict[str, int]) -> list[tuple[int, int]]:
    """Return pairs chosen one by one: with a common letter first, then by memory saved, then by work."""
    live = dict(enumerate(sets))
    pairs: list[tuple[int, int]] = []

    def result(i: int, j: int) -> frozenset[str]:
        others = output.union(*(letters for k, letters in live.items() if k not in (i, j)))
        return (live[i] | live[j]) & others

    def rank(pair: tuple[int, int]) -> tuple[bool, int, int]:
        i, j = pair
        saved = prod(_sizes(live[i], lengths)) + prod(_sizes(live[j], lengths))
        work = prod(_sizes(live[i] | live[j], lengths))
        return not live[i] & live[j], prod(_sizes(result(i, j), lengths)) - saved, work

    while len(live) > 1:
        i, j = min(combinations(live, 2), key=rank)
        letters = result(i, j)
        del live[i], live[j]
        pairs.append((i, j))
        live[len(sets) + len(pairs) - 1] = letters
    return pairs
