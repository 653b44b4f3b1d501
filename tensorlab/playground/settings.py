"""The settings of an experiment, and what each may be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..options import Options, checked, declared
from ..options.kinds import Many, Real, Whole
from .data import FEATURES, SETS, Feature, Problem, SetName

Activation = Literal["tanh", "relu", "sigmoid", "gelu", "linear"]
OptimizerName = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam"]
Regularization = Literal["none", "l1", "l2"]

Noise = Annotated[float, Real(0, 0.5)]
Ratio = Annotated[float, Real(0.1, 0.9)]
Batch = Annotated[int, Whole(1, 500)]
Rate = Annotated[float, Real(0, 100, "(]")]
Strength = Annotated[float, Real(0, 100)]
Seed = Annotated[int, Whole(0, 2**32 - 1)]

MOST_LAYERS, MOST_UNITS = 6, 8
Layers = Annotated[tuple[int, ...], Many(Whole(1, MOST_UNITS))]

LIVE = frozenset({"batch_size", "optimizer", "learning_rate", "regularization", "regularization_rate"})
"""The settings that can change during a training; any other begins a new one."""


@declared
class Settings(Options):
    """The settings of an experiment of the playground.

    Parameters
    ----------
    problem : {"classification", "regression"}
        What the network learns: one of two classes, by cross entropy, or a value, by the squared error.
    dataset : str
        ``"circle"``, ``"xor"``, ``"gauss"``, ``"spiral"``, ``"moons"`` or ``"checkerboard"`` for classification;
        ``"plane"``, ``"gauss"``, ``"saddle"`` or ``"waves"`` for regression.
    noise : float
        The strength of the noise on the data, from 0 to 0.5.
    train_ratio : float
        The share of the data that is trained on, from 0.1 to 0.9; the rest is held out.
    batch_size : int
        The number of points in a step of the optimizer, from 1 to 500.
    features : sequence of str
        What the network sees of a point: different ones of ``"x1"``, ``"x2"``, ``"x1_squared"``, ``"x2_squared"``,
        ``"x1x2"``, ``"sin_x1"`` and ``"sin_x2"``.
    layers : sequence of int
        The number of units of each hidden layer: up to six layers of up to eight units.
    activation : {"tanh", "relu", "sigmoid", "gelu", "linear"}
        The activation of the hidden units.
    optimizer : {"sgd", "momentum", "adagrad", "rmsprop", "adam"}
        The optimizer; ``"momentum"`` is SGD with a momentum of 0.9.
    learning_rate : float
        Its learning rate, positive and at most 100.
    regularization : {"none", "l1", "l2"}
        The penalty on the weights, but not on the biases: the sum of magnitudes, or half the sum of squares.
    regularization_rate : float
        The factor of the penalty, from 0 to 100.
    seed : int
        The seed of data, initial weights and batches, a 32-bit number.

    Raises
    ------
    TypeError, ValueError
        If a setting is of another type or out of range, or two do not go together.

    Examples
    --------
    >>> settings = tl.playground.Settings(dataset="spiral", layers=(8, 8), learning_rate=0.1)
    >>> settings.problem, settings.features, settings.optimizer
    ('classification', ('x1', 'x2'), 'sgd')
    """

    problem: Problem = "classification"
    dataset: SetName = "circle"
    noise: Noise = 0.0
    train_ratio: Ratio = 0.5
    batch_size: Batch = 10
    features: tuple[Feature, ...] = ("x1", "x2")
    layers: Layers = (4, 2)
    activation: Activation = "tanh"
    optimizer: OptimizerName = "sgd"
    learning_rate: Rate = 0.03
    regularization: Regularization = "none"
    regularization_rate: Strength = 0.0
    seed: Seed = 0

    def __post_init__(self, **init_vars: Any) -> None:
        if self.dataset not in SETS[self.problem]:
            known = ", ".join(map(repr, SETS[self.problem]))
            raise ValueError(f"Settings: dataset of a {self.problem} must be one of {known}, not {self.dataset!r}")
        if not self.features or len(set(self.features)) < len(self.features):
            raise ValueError(f"Settings: features must be different ones, at least one, not {self.features!r}")
        if len(self.layers) > MOST_LAYERS:
            raise ValueError(f"Settings: layers must be at most {MOST_LAYERS}, not {len(self.layers)}")
        self.features = tuple(name for name in FEATURES if name in self.features)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name.

        Examples
        --------
        >>> tl.playground.Settings(noise=0.1).as_dict()["noise"]
        0.1
        """
        return {name: getattr(self, name) for name in self._declared}

    @checked
    def differences(self, other: Settings) -> set[str]:
        """Return the names of the settings that are not the same in both.

        Examples
        --------
        >>> tl.playground.Settings().differences(tl.playground.Settings(noise=0.1, seed=1)) == {"noise", "seed"}
        True
        """
        theirs = other.as_dict()
        return {name for name, value in self.as_dict().items() if value != theirs[name]}
