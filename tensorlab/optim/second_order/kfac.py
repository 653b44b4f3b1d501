"""K-FAC: the natural gradient with a Fisher matrix made of Kronecker products, one for each layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import KW_ONLY, InitVar
from typing import Any, Literal

from ...autodiff.backward import sweep
from ...autodiff.graph import ancestors
from ...nn.module.module import Module
from ...ops.linalg.spectral import eigh
from ...options import BelowOne, NonNegative, Positive, Size, checked, declared
from ...random import Generator
from ...tensor import Tensor
from ..declared import DeclaredOptions
from ..optimizer import Group, Optimizer
from ..param_groups import check_real
from .fisher_factors import CapturedLayer
from .likelihood import LIKELIHOODS, Gaussian
from .vector import all_finite


@declared
class KFAC(DeclaredOptions):
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
        The model to optimize; its layers are watched until `close`.
    likelihood : {"categorical", "bernoulli", "gaussian"}
        The distribution whose parameters the outputs are: logits of classes (the loss is cross entropy), logits of
        binary labels, or means with variance one (the loss is half a squared error, summed for each example).
    momentum : float
        Factor of the previous step that is added to the present one.
    damping : float
        Added to the diagonal of the Fisher matrix.
    factor_decay : float
        Decay rate of the running means of the factors, in [0, 1); the first ones are plain means.
    inverse_every : int
        Number of steps after which eigenvectors are recomputed.
    fisher : {"sampled", "exact"}
        Whether the second moment of gradients is that of one target per example, drawn from the model, or its
        expectation, which takes as many sweeps as there are outputs.
    kl_clip : float, optional
        Largest squared length, in the approximated geometry, of what is added to the momentum: about twice the
        Kullback-Leibler divergence (Ba, Grosse and Martens, 2017).
    generator : Generator, optional
        Source of the drawn targets; by default the global one.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type, the model has no parameters, or one is complex.

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

    nonnegative = frozenset({"A_values", "G_values"})

    model: InitVar[Module]
    likelihood: Literal["categorical", "bernoulli", "gaussian"]
    lr: NonNegative = 1e-2
    momentum: NonNegative = 0.9
    damping: NonNegative = 1e-3
    weight_decay: NonNegative = 0.0
    factor_decay: BelowOne = 0.95
    inverse_every: Size = 10
    fisher: Literal["sampled", "exact"] = "sampled"
    kl_clip: Positive | None = None
    _: KW_ONLY
    generator: Generator | None = None

    def _keep(self, options: Mapping[str, Any]) -> None:
        defaults = dict(options)
        for name in ("likelihood", "fisher", "generator"):
            setattr(self, name, defaults.pop(name))
        super()._keep(defaults)

    def __post_init__(self, model: Module) -> None:
        self._model = model
        self._layers: list[CapturedLayer] = []
        learned = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
        Optimizer.__init__(self, learned, self.defaults)
        self._watch()

    def _watch(self) -> None:
        """Watch the calls of all layers that can be approximated and do not share a weight with another."""
        own = set(self.parameters())
        taken: list[Any] = [x for x in self._model.modules() if CapturedLayer.takes(x)]
        taken = [layer for layer in taken if layer.weight in own]
        shared = Counter(layer.weight for layer in taken)
        self._layers = [CapturedLayer(layer) for layer in taken if shared[layer.weight] == 1]

    def __deepcopy__(self, memo: dict[int, Any]) -> KFAC:
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        vars(twin).update({name: deepcopy(value, memo) for name, value in vars(self).items() if name != "_layers"})
        twin._watch()
        return twin

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {"momentum_buffer": parameter.shape}
        for layer in self._layers:
            if layer.weight is parameter:
                out = parameter.shape[0]
                inside = parameter.nelement() // out + (layer.bias is not None)
                shapes |= {"A": (inside, inside), "A_vectors": (inside, inside), "A_values": (inside,)}
                shapes |= {"G": (out, out), "G_vectors": (out, out), "G_values": (out,)}
        return shapes

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"A", "G"} if "observed" in entry else ())

    def close(self) -> None:
        """Stop watching the model's layers; `observe` cannot be used then."""
        for layer in self._layers:
            layer.close()

    # -- the Fisher matrix -----------------------------------------------------------------------------------

    @checked
    def observe(self, outputs: Tensor) -> None:
        """Update the factors by a batch; call it after the model and before ``backward()``.

        Parameters
        ----------
        outputs : Tensor, shape (batch, ...)
            The latest outputs of the model.

        Raises
        ------
        RuntimeError
            If the outputs depend on no call of a watched layer since the last time, with recording on.
        ValueError
            If the outputs do not have the shape that the likelihood needs.
        """
        likelihood = LIKELIHOODS[self.likelihood](outputs.detach())
        watched = [(layer, *call) for layer in self._layers for call in layer.watch.taken()]
        order = ancestors([outputs._node]) if outputs.requires_grad else []
        reached = set(order)
        watched = [call for call in watched if call[2] in reached]
        if not watched:
            raise RuntimeError(
                "KFAC.observe(outputs): no layer of the model was called for these outputs since the last time"
            )
        for layer, inputs, _ in watched:
            layer.note_inputs(inputs)
        nodes = dict.fromkeys(node for *_, node in watched)
        for cotangent in self._cotangents(likelihood):
            seeds = {outputs._node: cotangent._array}
            grads = sweep(seeds, order, nodes, keep_graph=True, create_graph=False)
            for layer, _, node in watched:
                if grads.get(node) is not None:
                    layer.note_gradient(Tensor(grads[node]))
        for layer in self._layers:
            self._take_in(layer, outputs.shape[0])

    def _cotangents(self, likelihood: Gaussian) -> Iterable[Tensor]:
        """Return cotangents of the outputs whose outer products sum up to the Fisher matrix, or do on average."""
        return likelihood.columns() if self.fisher == "exact" else [likelihood.drawn(self.generator)]

    def _take_in(self, layer: CapturedLayer, batch: int) -> None:
        """Update the running means of a layer's factors, unless the batch is not finite."""
        factors = layer.factors(batch)
        if factors is None or not all(map(all_finite, factors)):
            return
        state = self._state_of(layer.weight)
        state["observed"] = state.get("observed", 0) + 1
        kept = min(1 - 1 / state["observed"], self.param_groups[0]["factor_decay"])
        for name, factor in zip("AG", factors, strict=True):
            state[name] = factor if name not in state else kept * state[name] + (1 - kept) * factor

    # -- steps -----------------------------------------------------------------------------------------------

    def _step(self, group: Group) -> None:
        directions: dict[Tensor, Tensor] = {}
        decay = group["weight_decay"]
        slopes = {p: g + decay * p.detach() if decay else g for p, g in self.with_gradients(group)}
        for layer in self._layers:
            layer.watch.calls.clear()  # of a round without a look
            if layer.weight in slopes and "A" in self._state_of(layer.weight):
                directions |= self._preconditioned(layer, slopes, group)
        scale = self._clipping(directions, slopes, group) if group["kl_clip"] is not None else 1.0
        for parameter, slope in slopes.items():
            direction = scale * directions[parameter] if parameter in directions else slope
            self._move(parameter, direction, group)

    @staticmethod
    def _clipping(directions: dict[Tensor, Tensor], slopes: dict[Tensor, Tensor], group: Group) -> float:
        """Return the factor that keeps what is added to the step within `kl_clip`."""
        square = float(group["lr"]) ** 2 * sum(float((d * slopes[p]).sum()) for p, d in directions.items())
        scale: float = min(1.0, (group["kl_clip"] / square) ** 0.5) if square > 0 else 1.0
        return scale

    def _move(self, parameter: Tensor, direction: Tensor, group: Group) -> None:
        state = self._state_of(parameter)
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
