"""References of linear algebra, and what of their results is determined.

`GAUGES` takes the results of an op that leaves a choice (the signs of eigenvectors) to what every right answer has in
common; it works on NumPy's arrays and on tensors, through which derivatives are checked.
"""

import numpy as np
import scipy.linalg

import tensorlab as tl
import tensorlab.linalg  # all ops must be in the registry when tests are made from it


def each(function):
    """Return a function of one matrix, or of several operands' matrices, made one of stacks that broadcast."""

    def stacked(*operands, **params):
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in operands))
        operands = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in operands]
        found = [function(*(x[place] for x in operands), **params) for place in np.ndindex(*batch)]
        if not found:
            example = function(*(np.eye(*x.shape[-2:], dtype=x.dtype) for x in operands), **params)
            found_shape = [np.shape(part) for part in (example if isinstance(example, tuple) else (example,))]
            parts = [np.zeros((*batch, *shape)) for shape in found_shape]
        elif isinstance(found[0], tuple):
            parts = [np.reshape(np.stack(part), (*batch, *np.shape(part[0]))) for part in zip(*found, strict=True)]
        else:
            parts = [np.reshape(np.stack(found), (*batch, *np.shape(found[0])))]
        example = found[0] if found else example
        return tuple(parts) if isinstance(example, tuple) else parts[0]

    return stacked


def cofactors(x):
    """Each element's minor, with its sign."""
    n = len(x)
    out = np.zeros_like(x)
    for i, j in np.ndindex(n, n):
        minor = np.delete(np.delete(x, i, axis=0), j, axis=1)
        out[i, j] = (-1) ** (i + j) * (np.linalg.det(minor) if n > 1 else 1)
    return out


def cofactors_along(x, e):
    """The cofactors are polynomials of a degree below 4: five values give the derivative exactly."""
    weights = {1: 2 / 3, -1: -2 / 3, 2: -1 / 12, -2: 1 / 12}
    return sum(weight * cofactors(x + step * e) for step, weight in weights.items())


def solve_triangular(a, b, upper, left=True, unit_diagonal=False):
    if not left:
        return solve_triangular(a.T, b.T, not upper, True, unit_diagonal).T
    return scipy.linalg.solve_triangular(a, b, lower=not upper, unit_diagonal=unit_diagonal)


def lstsq(a, b, rcond=None):
    solution, _, rank, values = np.linalg.lstsq(a, b, rcond)
    return solution, np.int64(rank), values


def lstsq_minimum_norm(a, b, rcond=None):
    """NumPy's least squares for each pair; ranks and singular values have the axes of the matrices alone."""
    solution, _, _ = each(lstsq)(a, b, rcond=rcond)
    _, rank, values = each(lstsq)(a, np.zeros((*a.shape[:-1], 1)), rcond=rcond)
    return solution, rank, values


def cross(x1, x2, axis=-1):
    return np.cross(x1, x2, axis=axis)


REFERENCES = {
    "cholesky_factor": np.linalg.cholesky,
    "cofactors": each(cofactors),
    "cofactors_along": each(cofactors_along),
    "cross": cross,
    "det": np.linalg.det,
    "eigh_factors": np.linalg.eigh,
    "eigvalsh_alone": np.linalg.eigvalsh,
    "euclidean_norm": lambda x, axis, keepdims=False, least=0.0: np.maximum(
        np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=keepdims)), least
    ),
    "inv": np.linalg.inv,
    "lstsq_minimum_norm": lstsq_minimum_norm,
    "lu_factors": each(lambda x: tuple(scipy.linalg.lu(x))),
    "pinv_matrices": lambda x, rtol: np.linalg.pinv(x, rtol=rtol),
    "qr_factors": lambda x, complete=False: np.linalg.qr(x, mode="complete" if complete else "reduced"),
    "quotient": np.divide,
    "slogdet_parts": np.linalg.slogdet,
    "solve_matrices": np.linalg.solve,
    "solve_triangular_matrices": each(solve_triangular),
    "svd_factors": np.linalg.svd,
    "svdvals_alone": np.linalg.svdvals,
}


def namespace(x):
    return tl if isinstance(x, tl.Tensor) else np


def phases(vectors):
    """The factors of absolute value one of columns' first elements; ones where there are no rows."""
    xp = namespace(vectors)
    return xp.sign(vectors[..., :1, :]) if vectors.shape[-2] else vectors


def of_eigenvectors(values, vectors):
    return values, vectors * phases(vectors).conj()


def of_singular_vectors(u, s, vh):
    """Make the first elements of the columns of U positive, and the vectors that are arbitrary zero."""
    xp, k = namespace(u), s.shape[-1]
    phase = phases(u[..., :k])
    u = xp.concat([u[..., :k] * phase.conj(), 0 * u[..., k:]], axis=-1)
    return u, s, xp.concat([phase.mT * vh[..., :k, :], 0 * vh[..., k:, :]], axis=-2)


GAUGES = {"eigh_factors": of_eigenvectors, "svd_factors": of_singular_vectors}
