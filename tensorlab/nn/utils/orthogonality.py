"""Orthogonal weights: maps from arbitrary matrices to matrices with orthonormal columns."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from ...backend import dtypes
from ...errors import ShapeError
from ...ops.arithmetic import sign
from ...ops.comparison import where
from ...ops.contraction import matmul
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.linalg.common import adjoint, identity_like
from ...ops.linalg.decompositions import qr
from ...ops.linalg.functions import expm
from ...ops.linalg.norms import vector_norm
from ...ops.linalg.solving import solve, solve_triangular
from ...ops.matrices import tril, triu
from ...ops.reduction import sum
from ...ops.rounding import trunc
from ...ops.shapes import matrix_transpose
from ...random import default_generator
from ...tensor import Tensor
from ..module.module import Module
from .parametrize import register_parametrization

M = TypeVar("M", bound=Module)


def tensor_of(function: str, module: Module, name: str) -> Tensor:
    """Return the tensor of a module that is to be parametrised.

    Raises
    ------
    ValueError
        If the attribute is not a tensor.
    """
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{function}: {type(module).__name__} has no parameter or buffer of the name {name!r}")
    return tensor


def real_dtype(dtype: Any) -> Any:
    """Return the type of the real part of a floating-point type."""
    return {"complex64": dtypes.float32, "complex128": dtypes.float64}.get(str(dtypes.named(dtype)), dtype)


OrthogonalMap = Literal["matrix_exp", "cayley", "householder"]


class _Orthogonal(Module):
    """Maps a matrix to one with orthonormal columns (rows, if it is wide), times a base point."""

    base: Tensor | None

    def __init__(self, orthogonal_map: str, use_trivialization: bool) -> None:
        self.orthogonal_map, self.use_trivialization = orthogonal_map, use_trivialization
        self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        x = matrix_transpose(x) if wide else x
        q = _by_reflections(x) if self.orthogonal_map == "householder" else self._by_rotation(x)
        if self.base is not None:
            q = matmul(self.base, q)
        return matrix_transpose(q) if wide else q

    def _by_rotation(self, x: Any) -> Any:
        """Map the skew-Hermitian matrix whose lower half is that of `x`."""
        n, k = x.shape[-2:]
        x = tril(x)
        if n != k:
            x = concat([x, _zeros_like(x, (*x.shape[:-1], n - k))], axis=-1)
        skew = x - adjoint(x)
        if self.orthogonal_map == "matrix_exp":
            q = expm(skew)
        else:
            identity = identity_like(skew, n)
            q = solve(identity - 0.5 * skew, identity + 0.5 * skew)
        return q[..., :k]

    def right_inverse(self, q: Any) -> Any:
        if len(q.shape) < 2:
            raise ShapeError(f"right_inverse: value must be a matrix or a batch of matrices, not of shape {q.shape}")
        wide = q.shape[-2] < q.shape[-1]
        tall = matrix_transpose(q) if wide else q
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    f"without trivialization no value can be assigned to a weight that {self.orthogonal_map} makes "
                    "orthogonal; assign to the originals"
                )
            reflections = _reflections_of(tall)
            return matrix_transpose(reflections) if wide else reflections
        n, k = tall.shape[-2:]
        if n != k:
            extra = default_generator.normal((*tall.shape[:-1], n - k), dtype=real_dtype(q.dtype), device=q.device)
            tall = concat([tall, extra.to(dtype=q.dtype)], axis=-1)
        self.base = tall.clone() if n == k and _is_orthogonal(tall) else _orthogonalized(tall)
        return _zeros_like(q, q.shape) - _eye_like(q)


def _zeros_like(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    return zeros(shape, dtype=x.dtype, device=x.device)


def _eye_like(x: Any) -> Any:
    """Return an identity matrix of the shape of `x`, which need not be square."""
    return identity_like(x, max(x.shape[-2:]))[: x.shape[-2], : x.shape[-1]]


def _is_orthogonal(q: Any) -> bool:
    n = q.shape[-1]
    eps = 2.0**-52 if str(dtypes.named(q.dtype)) in ("float64", "complex128") else 2.0**-23
    return bool((abs(matmul(adjoint(q), q) - identity_like(q, n)) <= 10 * n * eps).all())


def _orthogonalized(x: Any) -> Any:
    """Return the orthogonal factor of square matrices whose triangular factor has a positive diagonal."""
    q, r = qr(x)
    diagonal = sum(r * identity_like(r, r.shape[-1]), axis=-2, keepdims=True)
    size = abs(diagonal)
    return q * where(size == 0, 1.0, diagonal / where(size == 0, 1.0, size))


def _by_reflections(x: Any) -> Any:
    """Return the first columns of the product of the reflections along the columns of `x` below the diagonal.

    ``H_1 ... H_k = 1 - V T V^T``, where ``1 / T`` is the upper half of ``V^T V`` with half of its diagonal (C.
    Puglisi, "Modification of the Householder method based on the compact WY representation", 1992). The signs of the
    columns are those of the diagonal of `x`, rounded towards zero and not differentiated, as PyTorch has it.
    """
    k = x.shape[-1]
    identity = _eye_like(x)
    v = tril(x, k=-1) + identity
    gram = matmul(matrix_transpose(v), v)
    inverse = triu(gram, k=1) + 0.5 * gram * identity[:k]
    weights = solve_triangular(inverse, matrix_transpose(v[..., :k, :]), upper=True)
    signs = trunc(sum(x.detach() * identity, axis=-2, keepdims=True))
    return (identity - matmul(v, weights)) * signs


def _reflections_of(x: Any) -> Any:
    """Return the matrices that `_by_reflections` maps to the orthogonal factors of tall matrices (Householder)."""
    x, reflections = x.clone(), _zeros_like(x, x.shape)
    for j in range(x.shape[-1]):
        column = x[..., j:, j : j + 1]
        first = column[..., :1, :]
        pivot = where(first < 0, 1.0, -1.0) * vector_norm(column, axis=-2, keepdims=True)
        v = column / (first - pivot)
        v[..., :1, :] = 1.0
        rest = x[..., j:, j + 1 :]
        x[..., j:, j + 1 :] = rest - v * (2 / sum(v * v, axis=-2, keepdims=True) * matmul(matrix_transpose(v), rest))
        reflections[..., j:, j : j + 1] = v
        reflections[..., j : j + 1, j : j + 1] = sign(pivot)
    return reflections


@composite()
def orthogonal(
    module: M, name: str = "weight", orthogonal_map: OrthogonalMap | None = None, *, use_trivialization: bool = True
) -> M:
    """Keep a matrix orthogonal: its columns are orthonormal, or its rows if it is wide.

    (Lezcano-Casado, "Trivializations for Gradient-Based Optimization on Manifolds", 2019.) An
    orthogonal weight initially keeps its value; any other is replaced by its orthogonal factor.

    Parameters
    ----------
    module : Module
        The owner of the weight.
    name : str
        Name of the weight; axes before the last two are batches of matrices.
    orthogonal_map : {"matrix_exp", "cayley", "householder"}, optional
        The map to orthogonal matrices: ``exp(A)`` or ``(1 - A/2)^-1 (1 + A/2)`` of a skew-Hermitian A, or a product of
        reflections. By default the first for square and complex matrices, else the last.
    use_trivialization : bool
        Whether the map is multiplied by a base point, the buffer ``base`` of ``parametrizations.weight[0]``, which is
        set whenever a value is assigned. Otherwise a value can be assigned only with reflections, and the other maps
        are applied to the present weight.

    Returns
    -------
    Module
        The module itself; `parametrize.remove_parametrizations` makes the weight a parameter again.

    Raises
    ------
    ValueError
        If there is no such parameter or buffer, it has fewer than two axes, the map is unknown, or it is
        "householder" and the weight is complex.

    Examples
    --------
    >>> layer = tl.nn.utils.parametrizations.orthogonal(tl.nn.Linear(3, 2))
    >>> bool(tl.linalg.matrix_norm(layer.weight @ layer.weight.mT - tl.eye(2)) < 1e-6)
    True
    """
    weight = tensor_of("orthogonal", module, name)
    if len(weight.shape) < 2:
        raise ValueError(
            f"orthogonal: name must be that of a matrix or a batch of matrices, not {name!r} of shape {weight.shape}"
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.dtype.is_complex else "householder"
    if orthogonal_map == "householder" and weight.dtype.is_complex:
        raise ValueError("orthogonal: the maps of complex matrices are matrix_exp and cayley, not householder")
    return register_parametrization(module, name, _Orthogonal(orthogonal_map, use_trivialization), unsafe=True)
