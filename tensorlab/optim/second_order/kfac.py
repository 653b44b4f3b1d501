"""K-FAC: the natural gradient with a Fisher matrix made of Kronecker products, one for each layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...autodiff.graph import no_grad
from ...nn.conv import Conv1d, Conv2d, Conv3d
from ...nn.linear import Linear
from ...nn.module import Module
from ...ops.linalg.spectral import eigh
from ...tensor import Tensor
from ..checks import below_one
from ..groups import check_non_negative, check_real
from ..optimizer import Group, Optimizer
from .fisher_factors import CapturedLayer
from .likelihood import LIKELIHOODS
from .linearized import differentiated

LAYERS = (Linear, Conv1d, Conv2d, Conv3d)

FISHERS = ("sampled", "exact")


class KFAC(Optimizer):
    """Natural gradient steps for networks of linear and convolutional layers.

    The Fisher matrix of a layer is approximated by the Kronecker product of two small ones: the second moment of what
    goes in, and that of the gradients of what comes out (Martens and Grosse, 2015; for convolutions Grosse and Martens,
    2016). Their eigenvectors diagonalise the product, so the damped inverse is exact (George et al., 2018). All other
    parameters (normalisation, embeddings, grouped convolutions) take plain steps.

    In each round, or each few, `observe` looks at the outputs of the model; a step then is as for any optimizer::

        outputs = model(x)
        optimizer.observe(outputs)
        loss_function(outputs, y).backward()
        optimizer.step()

    Parameters
    ----------
    model : Module
        What to learn; its layers are watched from now on, until `close`.
    likelihood : {"categorical", "bernoulli", "gaussian"}
        What the outputs are parameters of: logits of classes (the loss being cross entropy), logits of yes and no, or
        means with variance one (the loss being half a squared error, summed over all axes but the first).
    lr : float
        The learning rate.
    momentum : float
        Which part of the last step is taken again.
    damping : float
        What is added to the Fisher matrix's diagonal.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    factor_decay : float
        Which part of the running means of the factors is kept; at first they are plain means.
    inverse_every : int
        After how many steps eigenvectors are computed anew.
    fisher : {"sampled", "exact"}
        Whether outputs are drawn from the model for the gradients' moment, one for each example, or summed over all: as
        many sweeps as there are outputs.
    kl_clip : float, optional
        How far a step may go in the approximated geometry (Ba, Grosse and Martens, 2017).
    generator : Generator, optional
        Where random outputs come from; the global one unless given.

    Raises
    ------
    ValueError
        If an option is out of range, or the model has no parameters.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x, y = tl.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), tl.tensor([[1.0], [3.0], [5.0]])
    >>> model = tl.nn.Linear(2, 1, bias=False)
    >>> optimizer = tl.optim.KFAC(model, "gaussian", lr=1.0, momentum=0.0, damping=1e-6, fisher="exact")
    >>> outputs = model(x)
    >>> optimizer.observe(outputs)
    >>> (0.5 * ((outputs - y) ** 2).sum() / 3).backward()
    >>> optimizer.step()
    >>> [round(value, 3) for value in model.weight[0].tolist()]
    [1.0, 2.0]
    """

    state_names = frozenset(
        {"step", "momentum_buffer", "A", "G", "A_values", "A_vectors", "G_values", "G_vectors", "observed"}
    )

    def __init__(
        self,
        model: Module,
        likelihood: str,
        lr: float = 1e-2,
        momentum: float = 0.9,
        damping: float = 1e-3,
        weight_decay: float = 0.0,
        factor_decay: float = 0.95,
        inverse_every: int = 10,
        fisher: str = "sampled",
        kl_clip: float | None = None,
        *,
        generator: Any = None,
    ) -> None:
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"likelihood must be one of {', '.join(map(repr, LIKELIHOODS))}, not {likelihood!r}")
        if fisher not in FISHERS:
            raise ValueError(f"fisher must be one of {', '.join(map(repr, FISHERS))}, not {fisher!r}")
        self.likelihood, self.fisher, self.generator = likelihood, fisher, generator
        self._layers: list[CapturedLayer] = []
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "damping": damping,
            "weight_decay": weight_decay,
            "factor_decay": factor_decay,
            "inverse_every": inverse_every,
            "kl_clip": kl_clip,
        }
        super().__init__([p for p in model.parameters() if p.requires_grad], defaults)
        own = set(self.parameters())
        self._layers += [
            CapturedLayer(layer)
            for layer in model.modules()
            if isinstance(layer, LAYERS) and CapturedLayer.takes(layer) and layer.weight in own
        ]

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "momentum", "damping", "weight_decay")
        below_one(factor_decay=group["factor_decay"])
        if not group["inverse_every"] >= 1:
            raise ValueError(f"inverse_every must be at least 1: {group['inverse_every']}")
        if group["kl_clip"] is not None and not group["kl_clip"] > 0:
            raise ValueError(f"kl_clip must be positive: {group['kl_clip']}")
        check_real(self, group)

    def close(self) -> None:
        """Watch the model's layers no longer; `observe` has nothing to see then."""
        for layer in self._layers:
            layer.close()

    # -- the Fisher matrix -----------------------------------------------------------------------------------

    def observe(self, outputs: Tensor) -> None:
        """Take a batch into the factors; call it after the model and before ``backward()``.

        Parameters
        ----------
        outputs : Tensor, shape (batch, ...)
            What the model gave at last.

        Raises
        ------
        RuntimeError
            If no watched layer has been called since the last time, with recording on.
        ValueError
            If the outputs are not of the shape that the likelihood asks for.
        """
        watched = [(layer, *call) for layer in self._layers for call in layer.taken()]
        if not watched:
            raise RuntimeError("KFAC.observe(outputs): no layer of the model was called since the last time")
        results = [result for *_, result in watched]
        for number, cotangent in enumerate(self._cotangents(outputs)):
            grads = differentiated([outputs], results, [cotangent])
            for (layer, inputs, _), grad in zip(watched, grads, strict=True):
                if grad is not None:
                    layer.note(inputs if number == 0 else None, grad)
        for layer in self._layers:
            if layer.noted:
                self._take_in(layer, outputs.shape[0])

    def _cotangents(self, outputs: Tensor) -> Iterable[Tensor]:
        """Return cotangents of the outputs whose outer products sum up to the Fisher matrix, or do on average."""
        with no_grad():
            likelihood = LIKELIHOODS[self.likelihood](outputs.detach())
            return list(likelihood.columns()) if self.fisher == "exact" else [likelihood.drawn(self.generator)]

    def _take_in(self, layer: CapturedLayer, batch: int) -> None:
        """Bring the running means of a layer's factors up to date."""
        state = self.state[layer.weight]
        state["observed"] = state.get("observed", 0) + 1
        kept = min(1 - 1 / state["observed"], self.param_groups[0]["factor_decay"])
        for name, factor in zip("AG", layer.factors(batch), strict=True):
            state[name] = factor if name not in state else kept * state[name] + (1 - kept) * factor

    # -- steps -----------------------------------------------------------------------------------------------

    def _step(self, group: Group) -> None:
        directions: dict[Tensor, Tensor] = {}
        slopes = {p: g + group["weight_decay"] * p.detach() for p, g in self.with_gradients(group)}
        scale = 0.0
        for layer in self._layers:
            if layer.weight in slopes and "A" in self.state[layer.weight]:
                found = self._preconditioned(layer, slopes, group)
                directions.update(found)
                scale += sum(float((direction * slopes[p]).sum()) for p, direction in found.items())
        shrink = 1.0
        if group["kl_clip"] is not None and scale > 0:
            shrink = min(1.0, (group["kl_clip"] / (scale * float(group["lr"]) ** 2)) ** 0.5)
        for parameter, slope in slopes.items():
            direction = shrink * directions[parameter] if parameter in directions else slope
            self._move(parameter, direction, group)

    def _move(self, parameter: Tensor, direction: Tensor, group: Group) -> None:
        state = self.state[parameter]
        if group["momentum"]:
            if "momentum_buffer" in state:
                direction = direction + group["momentum"] * state["momentum_buffer"]
            state["momentum_buffer"] = direction
        parameter -= float(group["lr"]) * direction

    def _preconditioned(self, layer: CapturedLayer, slopes: dict[Tensor, Tensor], group: Group) -> dict[Tensor, Tensor]:
        """Return the inverse of a layer's Fisher matrix times its gradient, by parameter."""
        state = self.state[layer.weight]
        step = state["step"] = state.get("step", 0) + 1
        if "A_values" not in state or (step - 1) % group["inverse_every"] == 0:
            for name in "AG":
                values, vectors = eigh(state[name])
                # Rounding can make the least eigenvalues of a moment matrix negative.
                state[f"{name}_values"], state[f"{name}_vectors"] = values * (values > 0), vectors
        matrix = layer.weight_and_bias(slopes)
        inside = state["G_vectors"].mT @ matrix @ state["A_vectors"]
        inside = inside / (state["G_values"].reshape(-1, 1) * state["A_values"] + group["damping"])
        return layer.parts(state["G_vectors"] @ inside @ state["A_vectors"].mT, slopes)
