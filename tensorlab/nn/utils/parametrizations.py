"""Parametrisations of weights: weight and spectral normalisation, weight standardisation, orthogonality."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from ...autodiff.graph import no_grad
from ...ops.arithmetic import conj
from ...ops.contraction import matmul
from ...ops.declare import composite
from ...ops.linalg.common import adjoint
from ...ops.linalg.norms import vector_norm
from ...ops.normalization import normalize_trailing
from ...ops.reduction import sum
from ...ops.shapes import moveaxis, normalized_axis, reshape
from ...options import NonNegative
from ...options.kinds import Whole
from ...random import default_generator
from ...tensor import Tensor
from ..functional.normalization import normalize
from ..layers.convolution import _ConvTransposeNd
from ..module.module import Module
from .orthogonality import orthogonal, real_dtype, tensor_of
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm", "weight_standardization"]

M = TypeVar("M", bound=Module)


def _rows(weight: Any, axis: int) -> Any:
    """Return a weight as a matrix whose rows are the indices of an axis."""
    moved = moveaxis(weight, axis, 0) if axis else weight
    return reshape(moved, (moved.shape[0], -1)) if len(moved.shape) != 2 else moved


# -- weight normalisation ----------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """A magnitude times a direction."""

    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def _norm(self, direction: Any) -> Any:
        return vector_norm(direction, axis=self.axes, keepdims=self.axes is not None)

    def forward(self, magnitude: Any, direction: Any) -> Any:
        return direction * (magnitude / self._norm(direction))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return self._norm(weight), weight


@composite()
def weight_norm(module: M, name: str = "weight", axis: int | None = 0) -> M:
    """Learn the magnitude and the direction of a weight: ``weight = g * v / norm(v)``.

    (Salimans and Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural
    Networks", 2016.) The magnitudes g become the parameter ``parametrizations.weight.original0``, v becomes
    ``parametrizations.weight.original1``.

    Parameters
    ----------
    module : Module
        The owner of the weight.
    name : str
        Name of the weight.
    axis : int or None
        The axis whose indices have a magnitude each; with None there is a single magnitude.

    Returns
    -------
    Module
        The module itself; `parametrize.remove_parametrizations` makes the weight a parameter again.

    Raises
    ------
    ValueError
        If there is no such parameter or buffer.
    ShapeError
        If it has no such axis.

    Examples
    --------
    >>> layer = tl.nn.utils.parametrizations.weight_norm(tl.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    (40, 1)
    """
    ndim = len(tensor_of("weight_norm", module, name).shape)
    axes = None
    if axis is not None:
        kept = normalized_axis(axis, ndim)
        axes = tuple(i for i in range(ndim) if i != kept)
    return register_parametrization(module, name, _WeightNorm(axes))


# -- spectral normalisation --------------------------------------------------------------------------------------------


MOST_ITERATIONS = 10**6
"""The largest number of power iterations: more of them, at 10 us or more each, would take longer than an exact SVD."""

Times = Annotated[int, Whole(1, MOST_ITERATIONS)]


class _SpectralNorm(Module):
    """Divides a weight by its greatest singular value, estimated by power iterations."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, axis: int, eps: float) -> None:
        self.axis, self.eps, self.n_power_iterations = normalized_axis(axis, len(weight.shape)), eps, n_power_iterations
        if len(weight.shape) > 1:
            matrix = _rows(weight.detach(), self.axis)
            for buffer, length in zip(("_u", "_v"), matrix.shape, strict=True):
                start = default_generator.normal((length,), dtype=real_dtype(matrix.dtype), device=matrix.device)
                self.register_buffer(buffer, normalize(start.to(dtype=matrix.dtype), axis=0, eps=eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Any, times: int) -> None:
        """Update the first singular vectors, as new elements: earlier results may still need the old ones."""
        with no_grad():
            for _ in range(times):
                self._u.data = normalize(matmul(matrix, self._v), axis=0, eps=self.eps)
                self._v.data = normalize(matmul(adjoint(matrix), self._u), axis=0, eps=self.eps)

    def forward(self, weight: Any) -> Any:
        if len(weight.shape) == 1:
            return normalize(weight, axis=0, eps=self.eps)
        matrix = _rows(weight, self.axis)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.detach(), self._v.detach()
        return weight / sum(conj(u) * matmul(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        return value


@composite()
def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: Times = 1, eps: NonNegative = 1e-12, axis: int | None = None
) -> M:
    """Divide a weight by its spectral norm, the greatest singular value of the matrix; a vector by its norm.

    (Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018.) The first singular vectors
    are estimated by 15 power iterations initially, and by `n_power_iterations` more each time the weight is read in
    training; they are the buffers ``_u`` and ``_v`` of ``parametrizations.weight[0]``.

    Parameters
    ----------
    module : Module
        The owner of the weight.
    name : str
        Name of the weight.
    n_power_iterations : int
        Number of iterations each time the weight is read in training, at most a million.
    eps : float
        Least divisor.
    axis : int, optional
        The axis of the matrix's rows; all others are merged into columns. By default 0, for transposed convolutions 1.

    Returns
    -------
    Module
        The module itself; `parametrize.remove_parametrizations` makes the weight a parameter again, after one more
        iteration if it is in training mode.

    Raises
    ------
    ValueError
        If there is no such parameter or buffer, or `n_power_iterations` is out of range.
    ShapeError
        If it has no such axis.

    Examples
    --------
    >>> layer = tl.nn.utils.parametrizations.spectral_norm(tl.nn.Linear(2, 1))
    >>> bool(abs(tl.linalg.vector_norm(layer.weight) - 1) < 1e-6)
    True
    """
    weight = tensor_of("spectral_norm", module, name)
    if axis is None:
        axis = 1 if isinstance(module, _ConvTransposeNd) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, axis, eps))


# -- weight standardisation --------------------------------------------------------------------------------------------


class _WeightStandardization(Module):
    """Shifts and scales rows to mean zero and variance one."""

    def __init__(self, axis: int, eps: float) -> None:
        self.axis, self.eps = axis, eps

    def forward(self, weight: Any) -> Any:
        moved = moveaxis(weight, self.axis, 0) if self.axis else weight
        standard = normalize_trailing(moved, ndim=len(moved.shape) - 1, eps=self.eps)
        return moveaxis(standard, 0, self.axis) if self.axis else standard

    def right_inverse(self, value: Any) -> Any:
        return value

    def extra_repr(self) -> str:
        return f"axis={self.axis}, eps={self.eps}"


@composite()
def weight_standardization(module: M, name: str = "weight", eps: NonNegative = 1e-5, axis: int | None = None) -> M:
    """Shift and scale the weights of each output channel to mean zero and variance one.

    (Qiao, Wang, Liu, Shen and Yuille, "Micro-Batch Training with Batch-Channel Normalization and Weight
    Standardization", 2019.) It is meant for convolutions followed by group normalisation, and is not in
    PyTorch.

    Parameters
    ----------
    module : Module
        The owner of the weight.
    name : str
        Name of the weight.
    eps : float
        Added to the variance, which is the population's.
    axis : int, optional
        The output channels. By default 0, for transposed convolutions 1.

    Returns
    -------
    Module
        The module itself; `parametrize.remove_parametrizations` makes the weight a parameter again.

    Raises
    ------
    ValueError
        If there is no such parameter or buffer, or it has fewer than two axes.
    ShapeError
        If it has no such axis.

    Examples
    --------
    >>> layer = tl.nn.utils.parametrizations.weight_standardization(tl.nn.Conv2d(3, 4, 5))
    >>> bool((abs(tl.var(layer.weight, axis=(1, 2, 3)) - 1) < 0.01).all())
    True
    """
    ndim = len(tensor_of("weight_standardization", module, name).shape)
    if ndim < 2:
        raise ValueError(f"weight_standardization: name must be of a weight of at least 2 axes, not {name!r} of {ndim}")
    if axis is None:
        axis = 1 if isinstance(module, _ConvTransposeNd) else 0
    return register_parametrization(module, name, _WeightStandardization(normalized_axis(axis, ndim), eps))
