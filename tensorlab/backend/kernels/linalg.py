"""Linear algebra beyond the functions of the Array API standard."""

from __future__ import annotations

from math import prod
from typing import Any

BLOCK = 64
"""Up to this size triangular systems are solved by the library's general solver, which is as fast."""


class LinearAlgebraKernels:
    """Linear systems with broadcasting of stacks, triangular systems, LU decompositions."""

    xp: Any

    def solve_systems(self, a: Any, b: Any) -> Any:
        """Solve ``a @ x = b`` for stacks of matrices; a single matrix `a` is factored once."""
        xp = self.xp
        if a.ndim == 2 and b.ndim > 2:
            first = xp.moveaxis(b, -2, 0)
            solved = xp.linalg.solve(a, xp.reshape(first, (first.shape[0], prod(first.shape[1:]))))
            return xp.moveaxis(xp.reshape(solved, first.shape), 0, -2)
        if a.shape[:-2] != b.shape[:-2]:  # not every library broadcasts the stacks
            batch = _broadcast(a.shape[:-2], b.shape[:-2])
            a, b = xp.broadcast_to(a, (*batch, *a.shape[-2:])), xp.broadcast_to(b, (*batch, *b.shape[-2:]))
        return xp.linalg.solve(a, b)

    def substitute(self, a: Any, b: Any, *, upper: bool, unit_diagonal: bool) -> Any:
        """Solve ``a @ x = b`` with one triangle of `a`, recursively by halves: most of the work is matrix products."""
        xp, n = self.xp, a.shape[-1]
        if n <= BLOCK:
            return self._substitute_block(a, b, upper, unit_diagonal)
        half = n // 2
        first, second = (slice(half, n), slice(0, half)) if upper else (slice(0, half), slice(half, n))
        x1 = self.substitute(a[..., first, first], b[..., first, :], upper=upper, unit_diagonal=unit_diagonal)
        rest = b[..., second, :] - xp.matmul(a[..., second, first], x1)
        x2 = self.substitute(a[..., second, second], rest, upper=upper, unit_diagonal=unit_diagonal)
        return xp.concat([x2, x1] if upper else [x1, x2], axis=-2)

    def _substitute_block(self, a: Any, b: Any, upper: bool, unit_diagonal: bool) -> Any:
        # Elimination of an upper triangle has nothing to eliminate and exchanges no rows: it is substitution.
        xp = self.xp
        triangle = xp.triu(a, k=int(unit_diagonal)) if upper else xp.tril(a, k=-int(unit_diagonal))
        if unit_diagonal:
            triangle = triangle + xp.eye(a.shape[-1], dtype=a.dtype, device=a.device)
        if upper:
            return self.solve_systems(triangle, b)
        solved = self.solve_systems(xp.flip(triangle, axis=(-2, -1)), xp.flip(b, axis=-2))
        return xp.flip(solved, axis=-2)

    def lu_factors(self, x: Any) -> tuple[Any, Any, Any]:
        """Return the permutations, lower and upper triangles of LU decompositions with partial pivoting."""
        xp, (m, n) = self.xp, x.shape[-2:]
        k, a = min(m, n), xp.asarray(x, copy=True)
        rows = xp.arange(m, device=x.device)
        order = xp.broadcast_to(rows, x.shape[:-1])
        for j in range(k):
            pivot = xp.argmax(self._pivot_magnitudes(a[..., j:, j]), axis=-1, keepdims=True) + j
            exchange = xp.where(rows == j, pivot, xp.where(rows == pivot, xp.full_like(rows, j), rows))
            order = xp.take_along_axis(order, exchange, axis=-1)
            a = xp.take_along_axis(a, xp.broadcast_to(exchange[..., None], a.shape), axis=-2)
            head = a[..., j, j][..., None]
            factors = a[..., j + 1 :, j] / xp.where(head == 0, xp.ones_like(head), head)
            a[..., j + 1 :, j] = factors
            a[..., j + 1 :, j + 1 :] -= factors[..., None] * a[..., j, j + 1 :][..., None, :]
        lower = xp.tril(a[..., :k], k=-1) + xp.eye(m, k, dtype=x.dtype, device=x.device)
        p = xp.astype(rows[:, None] == order[..., None, :], x.dtype)
        return p, lower, xp.triu(a[..., :k, :])

    def _pivot_magnitudes(self, x: Any) -> Any:
        """Return the magnitudes for pivoting; of complex numbers ``abs(real) + abs(imag)``, as in LAPACK."""
        xp = self.xp
        if not xp.isdtype(x.dtype, "complex floating"):
            return xp.abs(x)
        return xp.abs(xp.real(x)) + xp.abs(xp.imag(x))


def _broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    """Return the common shape of two shapes that broadcast."""
    ndim = max(len(first), len(second))
    pairs = zip((1,) * (ndim - len(first)) + first, (1,) * (ndim - len(second)) + second, strict=True)
    return tuple(m if n == 1 else n for n, m in pairs)
