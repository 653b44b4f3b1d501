"""An experiment: a network, the data that it learns, and the responses of its units."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf, isfinite, sqrt
from time import monotonic
from typing import Annotated, Any, NamedTuple

from .. import nn
from ..autodiff.graph import no_grad
from ..nn import functional as F
from ..nn import init
from ..ops.indexing import take
from ..optim import SGD, Adagrad, Adam, ElasticPenalty, Optimizer, RMSprop
from ..options import Count, Finite, NonNegative, checked
from ..options.kinds import Whole
from ..random import Generator
from ..tensor import Tensor
from .data import FEATURES, features_of, grid, make_set
from .settings import LIVE, Settings

Epochs = Annotated[int, Whole(1, 100_000)]
Resolution = Annotated[int, Whole(1, 1024)]

POINTS = 500
"""The number of points of a data set."""

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "linear": nn.Identity,
}

OPTIMIZERS: dict[str, Callable[[Any, float], Optimizer]] = {
    "sgd": lambda parameters, lr: SGD(parameters, lr=lr),
    "momentum": lambda parameters, lr: SGD(parameters, lr=lr, momentum=0.9),
    "adagrad": lambda parameters, lr: Adagrad(parameters, lr=lr),
    "rmsprop": lambda parameters, lr: RMSprop(parameters, lr=lr),
    "adam": lambda parameters, lr: Adam(parameters, lr=lr),
}


class Scores(NamedTuple):
    """How well a network does on the points that it is trained on, and on the others."""

    train_loss: float
    test_loss: float
    train_accuracy: float | None
    """The share of the points whose class is right; None for regression."""
    test_accuracy: float | None


class Experiment:
    """A training of the playground: a small network learns points in the plane.

    The network is a `tensorlab.nn.Sequential` of linear layers with an activation between them and one output: the
    logit of class 1, or the value. The same settings give the same numbers, on every backend up to rounding.

    Parameters
    ----------
    settings : Settings, optional
        The settings; the default ones if not given.

    Attributes
    ----------
    settings : Settings
        The settings in force.
    model : Sequential
        The network, a function of the features.
    points : Tensor, shape (500, 2)
        The data, with coordinates from about -5 to 5; the first `train_size` of them are trained on.
    targets : Tensor, shape (500,)
        The class, 0 or 1, or the value of each point.
    train_size : int
        The number of points that are trained on.
    epoch : int
        The number of epochs so far.

    Examples
    --------
    >>> experiment = tl.playground.Experiment(tl.playground.Settings(dataset="gauss", layers=(3,)))
    >>> before = experiment.scores()
    >>> after = experiment.step(3)[-1]
    >>> experiment.epoch, after.train_loss < before.train_loss, after.test_accuracy
    (3, True, 1.0)
    """

    @checked
    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings = settings or Settings()
        data, weights, self._batches = Generator(settings.seed).spawn(3)
        self.points, self.targets = make_set(settings.problem, settings.dataset, POINTS, settings.noise, data)
        self.train_size = round(POINTS * settings.train_ratio)
        self.epoch = 0
        self._inputs, self._wanted = features_of(self.points, settings.features), self.targets.unsqueeze(1)
        self.model = _network(settings, weights)
        self._linear = [layer for layer in self.model if isinstance(layer, nn.Linear)]
        self._loss = F.binary_cross_entropy_with_logits if self.is_classification else F.mse_loss
        self._prepare()

    @property
    def is_classification(self) -> bool:
        """Whether the targets are classes."""
        return self.settings.problem == "classification"

    def _prepare(self) -> None:
        """Make the optimizer and the penalty."""
        settings = self.settings
        self._optimizer = OPTIMIZERS[settings.optimizer](self.model.parameters(), settings.learning_rate)
        rates = {"l1": (settings.regularization_rate, 0.0), "l2": (0.0, settings.regularization_rate / 2)}
        l1, l2 = rates.get(settings.regularization, (0.0, 0.0))
        self._penalty = ElasticPenalty([layer.weight for layer in self._linear], l1, l2) if l1 or l2 else None

    # -- training ------------------------------------------------------------------------------------------------------

    @checked
    def step(self, epochs: Epochs = 1, seconds: NonNegative | None = None) -> list[Scores]:
        """Train for some epochs.

        Parameters
        ----------
        epochs : int
            The number of epochs, at most 100,000.
        seconds : float, optional
            After this time no further epoch begins. At least one is made.

        Returns
        -------
        list of Scores
            The losses, and for classification the accuracies, after each epoch. The list ends early if time runs out,
            or if a loss is no longer finite.

        Examples
        --------
        >>> experiment = tl.playground.Experiment()
        >>> len(experiment.step(2)), experiment.epoch
        (2, 2)
        """
        deadline = inf if seconds is None else monotonic() + seconds
        scores: list[Scores] = []
        while len(scores) < epochs and (not scores or monotonic() < deadline):
            self._train_epoch()
            self.epoch += 1
            scores.append(self.scores())
            if not isfinite(scores[-1].train_loss):
                break
        return scores

    def _train_epoch(self) -> None:
        order = self._batches.permutation(self.train_size, device=self._inputs.device)
        for start in range(0, self.train_size, self.settings.batch_size):
            batch = order[start : start + self.settings.batch_size]
            loss = self._loss(self.model(take(self._inputs, batch, axis=0)), take(self._wanted, batch, axis=0))
            if self._penalty is not None:
                loss = loss + self._penalty()
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()

    def scores(self) -> Scores:
        """Return the present losses, without the penalty, and for classification the accuracies.

        Examples
        --------
        >>> scores = tl.playground.Experiment(tl.playground.Settings(problem="regression", dataset="plane")).scores()
        >>> scores.train_loss > 0, scores.train_accuracy
        (True, None)
        """
        with no_grad():
            outputs = self.model(self._inputs)
        parts = (slice(None, self.train_size), slice(self.train_size, None))
        train_loss, test_loss = (self._loss(outputs[part], self._wanted[part]).item() for part in parts)
        if not self.is_classification:
            return Scores(train_loss, test_loss, None, None)
        right = ((outputs > 0) == (self._wanted > 0)).astype("float32")
        return Scores(train_loss, test_loss, *(right[part].mean().item() for part in parts))

    @checked
    def change(self, settings: Settings) -> None:
        """Continue with another batch size, optimizer, learning rate or regularisation.

        Raises
        ------
        ValueError
            If another setting differs: it needs a new experiment.

        Examples
        --------
        >>> experiment = tl.playground.Experiment()
        >>> experiment.change(tl.playground.Settings(learning_rate=0.1))
        >>> experiment.change(tl.playground.Settings(noise=0.1))
        Traceback (most recent call last):
        ValueError: Experiment: another noise needs a new experiment
        """
        changed = self.settings.differences(settings)
        if others := sorted(changed - LIVE):
            raise ValueError(f"Experiment: another {' and '.join(others)} needs a new experiment")
        self.settings = settings
        if changed == {"learning_rate"}:
            self._optimizer.param_groups[0]["lr"] = settings.learning_rate
        elif changed - {"batch_size"}:
            self._prepare()

    # -- what there is to see ------------------------------------------------------------------------------------------

    def weights(self) -> list[list[list[float]]]:
        """Return the weights of each layer, the output's last: those of a unit are a row.

        Examples
        --------
        >>> [(len(rows), len(rows[0])) for rows in tl.playground.Experiment().weights()]
        [(4, 2), (2, 4), (1, 2)]
        """
        return [layer.weight.tolist() for layer in self._linear]

    def biases(self) -> list[list[float]]:
        """Return the biases of the units of each layer, the output's last.

        Examples
        --------
        >>> [len(biases) for biases in tl.playground.Experiment().biases()]
        [4, 2, 1]
        """
        return [layer.get_parameter("bias").tolist() for layer in self._linear]

    @checked
    def set_weight(self, layer: Count, unit: Count, source: Count | None, value: Finite) -> None:
        """Set a weight or a bias.

        Parameters
        ----------
        layer : int
            Which layer, from 0; the last is the output.
        unit : int
            Which of its units.
        source : int, optional
            Which unit of the layer before, or which of the features; None for the bias.
        value : float
            The new value.

        Raises
        ------
        IndexError
            If there is no such weight.

        Examples
        --------
        >>> experiment = tl.playground.Experiment()
        >>> experiment.set_weight(0, 3, 1, 0.5)
        >>> experiment.set_weight(0, 3, None, -1.0)
        >>> experiment.weights()[0][3][1], experiment.biases()[0][3]
        (0.5, -1.0)
        """
        _require_index("layer", layer, len(self._linear))
        into = self._linear[layer]
        _require_index("unit", unit, into.out_features)
        _require_index("source", source or 0, into.in_features)
        with no_grad():
            if source is None:
                into.get_parameter("bias")[unit] = value
            else:
                into.weight[unit, source] = value

    @checked
    def responses(self, resolution: Resolution = 64) -> list[Tensor]:
        """Return the responses of the units over the square from -6 to 6.

        Parameters
        ----------
        resolution : int
            The number of points along each axis, at most 1024.

        Returns
        -------
        list of Tensor
            For each hidden layer, and for the output, a tensor of shape ``(units, resolution, resolution)``, whose rows
            go from the top down. The output is the value, or for classification the difference of the probabilities
            of the classes 1 and 0, from -1 to 1.

        Examples
        --------
        >>> [maps.shape for maps in tl.playground.Experiment().responses(16)]
        [(4, 16, 16), (2, 16, 16), (1, 16, 16)]
        """
        outputs = []
        with no_grad():
            x = features_of(grid(resolution, self.points.device), self.settings.features)
            for layer in self.model:
                x = layer(x)
                if not isinstance(layer, nn.Linear):
                    outputs.append(x)
            outputs.append((x / 2).tanh() if self.is_classification else x)  # tanh(x / 2) = 2 sigmoid(x) - 1
        return [output.T.reshape(-1, resolution, resolution) for output in outputs]


def _require_index(name: str, index: int, count: int) -> None:
    if index >= count:
        raise IndexError(f"set_weight: {name} must be less than {count}, not {index}")


def feature_maps(resolution: int) -> Tensor:
    """Return all features over the square from -6 to 6, shape ``(features, resolution, resolution)``."""
    return features_of(grid(resolution), tuple(FEATURES)).T.reshape(-1, resolution, resolution)


def _network(settings: Settings, generator: Generator) -> nn.Sequential:
    """Return a network with weights and biases from a generator of its own, distributed as those of `Linear`."""
    sizes = [len(settings.features), *settings.layers, 1]
    layers: list[nn.Module] = []
    for inputs, units in pairwise(sizes):
        linear = nn.Linear(inputs, units)
        for parameter in linear.parameters():
            init.uniform_(parameter, -1 / sqrt(inputs), 1 / sqrt(inputs), generator)
        layers += [linear, ACTIVATIONS[settings.activation]()]
    return nn.Sequential(*layers[:-1])
