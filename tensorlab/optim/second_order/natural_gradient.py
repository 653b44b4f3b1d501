"""The natural gradient: the gradient in the geometry of the distributions that a model describes."""

from __future__ import annotations

from collections.abc import Callable

from ...autodiff.graph import enable_grad
from ...options import NonNegative, Positive, Size, checked, declared
from ...tensor import Tensor
from .conjugate_gradient import conjugate_gradient
from .linearized import GaussNewton
from .vector import VectorOptimizer, dot


@declared
class NaturalGradient(VectorOptimizer):
    """Steps by the inverse of the Fisher information matrix times the gradient (Amari, 1998).

    The equations are solved by conjugate gradients with Fisher-vector products, so the matrix is exact and never built;
    for large models `KFAC` approximates it. The loss must be the mean negative logarithm of a likelihood by its natural
    parameters, such as cross entropy by logits or half a squared error; for other convex losses of the outputs, the
    matrix is the generalised Gauss-Newton matrix.

    Parameters
    ----------
    lr : float
        Length of steps: with 1 a step reaches the minimum of the quadratic model.
    max_cg_iter : int, optional
        Largest number of products in a step; by default the number of parameters.
    cg_tolerance : float
        Residual at which to stop, relative to the gradient's norm.
    max_kl : float, optional
        Largest Kullback-Leibler divergence of a step from the model before it (Schulman et al., 2015).

    Examples
    --------
    >>> x, y = tl.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), tl.tensor([1.0, 3.0, 5.0])
    >>> w = tl.zeros(2, requires_grad=True)
    >>> optimizer = tl.optim.NaturalGradient([w], damping=0.0)
    >>> loss = optimizer.step(lambda: x @ w, lambda out: 0.5 * ((out - y) ** 2).mean())
    >>> [round(value, 4) for value in w.tolist()]
    [1.0, 2.0]
    """

    state_names = frozenset({"n_iter", "fisher_products"})

    lr: NonNegative = 1.0
    damping: NonNegative = 1e-3
    max_cg_iter: Size | None = None
    cg_tolerance: NonNegative = 1e-6
    max_kl: Positive | None = None

    @checked
    def step(  # type: ignore[override]
        self, forward: Callable[[], Tensor], loss: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Take one step.

        Parameters
        ----------
        forward : callable
            Returns the model's outputs for a batch.
        loss : callable
            From outputs to the loss.

        Returns
        -------
        Tensor
            The loss before the step.
        """
        self._call_hooks("before")
        fisher = self.fisher(forward, loss)
        grad = fisher.gradient()
        if self._accepts(grad):
            self._advance(fisher, grad)
        self._call_hooks("after")
        return fisher.loss

    def _advance(self, fisher: GaussNewton, grad: Tensor) -> None:
        group, state = self.param_groups[0], self._counted(*sorted(self.state_names))
        solution = conjugate_gradient(
            lambda vector: fisher.product(vector) + group["damping"] * vector,
            grad,
            tolerance=group["cg_tolerance"],
            max_iterations=group["max_cg_iter"] or self._vector.size,
        )
        state["n_iter"] += 1
        state["fisher_products"] += solution.iterations
        length = float(group["lr"])
        if group["max_kl"] is not None:
            # The divergence of a step is half its square in the matrix's geometry.
            divergence = 0.5 * length**2 * dot(solution.x, fisher.product(solution.x))
            length *= min(1.0, (group["max_kl"] / divergence) ** 0.5) if divergence > 0 else 1.0
        self._go(self._vector.read(), -length, solution.x)

    @checked
    def fisher(self, forward: Callable[[], Tensor], loss: Callable[[Tensor], Tensor]) -> GaussNewton:
        """Return the Fisher matrix where the parameters are: its products, and itself for small models.

        Parameters
        ----------
        forward, loss : callable
            As for `step`.

        Returns
        -------
        GaussNewton
            With ``product(vector)``, ``dense()`` and ``gradient()``.

        Examples
        --------
        >>> w = tl.zeros(2, requires_grad=True)
        >>> optimizer = tl.optim.NaturalGradient([w])
        >>> x = tl.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> optimizer.fisher(lambda: x @ w, lambda out: 0.5 * (out**2).mean()).dense()
        tensor([[0.5, 0. ],
                [0. , 2. ]])
        """
        with enable_grad():
            outputs = forward()
        return GaussNewton(outputs, loss, self._vector)
