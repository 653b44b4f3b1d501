"""Multivariate distributions, differentiable in their parameters."""

from __future__ import annotations

from typing import Any

from ..backend import DTypeLike
from ..errors import ShapeError
from ..ops.contraction import matmul
from ..ops.creation import DeviceLike
from ..ops.shapes import reshape
from ..ops.softmax import softmax
from ..options import ShapeLike
from ..tensor import Tensor
from .arguments import POSITIVE, checked
from .documented import distribution
from .gamma import GammaFamily


class Multivariate(GammaFamily):
    """Generators that draw from multivariate distributions."""

    @distribution
    def dirichlet(
        self, alpha: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the Dirichlet distribution: gamma distributed numbers divided by their sum; see `gamma`.

        Parameters
        ----------
        alpha : tensor or sequence of float, shape (..., k)
            The concentration parameters; greater than 0. Gradients flow to it.
        shape : int or tuple of int, optional
            The shape of the draws, to which the axes of `alpha` before the last broadcast; by default those axes.

        Returns
        -------
        Tensor
            Shape ``(*shape, k)``.

        Raises
        ------
        ValueError
            If a parameter is not positive.
        ShapeError
            If `alpha` has no axis.

        Examples
        --------
        >>> tl.Generator(0).dirichlet([1.0, 2.0, 3.0], (5,)).sum(axis=-1).shape
        (5,)
        """
        if not getattr(alpha, "shape", True) or isinstance(alpha, int | float):
            raise ShapeError("dirichlet: alpha is 0-d, but must have an axis of the numbers that sum to one")
        call = checked("dirichlet", shape, dtype, device, event=1, params={"alpha": (alpha, POSITIVE)})
        (alpha,) = call.params
        call.shape = (*call.shape, alpha.shape[-1])
        return call.result(softmax(self._log_gamma(call, alpha), axis=-1))

    @distribution
    def multivariate_normal(
        self,
        mean: Any,
        cov: Any = None,
        shape: ShapeLike | None = None,
        *,
        scale_tril: Any = None,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the multivariate normal distribution.

        Parameters
        ----------
        mean : tensor or sequence of float, shape (..., k)
            The mean. Gradients flow to it.
        cov : tensor or array, shape (..., k, k), optional
            The covariance; symmetric and positive definite. Gradients flow to it, through its Cholesky factor, and are
            symmetric too.
        shape : int or tuple of int, optional
            The shape of the draws, to which the batch axes of the parameters broadcast; by default those axes.
        scale_tril : tensor or array, shape (..., k, k), optional
            Instead of `cov`, the factor L of the covariance ``L @ L.T``. Gradients flow to it.

        Returns
        -------
        Tensor
            Shape ``(*shape, k)``.

        Raises
        ------
        TypeError
            Unless exactly one of `cov` and `scale_tril` is given.
        ShapeError
            If the shapes of the parameters do not match.

        Examples
        --------
        >>> tl.Generator(0).multivariate_normal(tl.zeros(2), tl.eye(2), (5,)).shape
        (5, 2)
        """
        if (cov is None) == (scale_tril is None):
            raise TypeError("multivariate_normal needs either cov or scale_tril")
        key, matrix = ("scale_tril", scale_tril) if cov is None else ("cov", cov)
        _check_axes(mean, matrix, key)
        call = checked(
            "multivariate_normal",
            shape,
            dtype,
            device,
            event={"mean": 1, key: 2},
            params={"mean": (mean, None), key: (matrix, None)},
        )
        mean, matrix = call.params
        size, k = call.shape, mean.shape[-1]
        if tuple(matrix.shape[-2:]) != (k, k):
            raise ShapeError(
                f"multivariate_normal: mean of shape {tuple(mean.shape)} needs {key} of shape (..., {k}, {k}), "
                f"not {tuple(matrix.shape)}"
            )
        factor = matrix if cov is None else _cholesky(matrix)
        call.shape = (*size, k)
        standard = reshape(call.operand(self._normal(call)), (*size, k, 1))
        return call.result(reshape(matmul(factor, standard), call.shape) + mean)


def _cholesky(matrix: Tensor) -> Tensor:
    # Linear algebra is imported when it is first needed.
    from ..ops.linalg.decompositions import cholesky

    return cholesky(matrix)


def _check_axes(mean: Any, matrix: Any, key: str) -> None:
    for name, value, axes in (("mean", mean, 1), (key, matrix, 2)):
        if isinstance(value, int | float) or len(getattr(value, "shape", (1, 1))) < axes:
            raise ShapeError(f"multivariate_normal: {name} has too few axes; it must have at least {axes}")
