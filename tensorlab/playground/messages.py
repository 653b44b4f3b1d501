"""What the page is told, as values that JSON has."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from math import isfinite
from typing import Any, get_args

from ..ops.arithmetic import abs as absolute
from ..ops.arithmetic import maximum
from ..ops.joining import concat
from ..ops.reduction import max
from ..ops.rounding import round
from ..ops.special.piecewise import nan_to_num
from ..random import Generator
from ..tensor import Tensor
from . import settings as choices_of
from .data import EXTENT, FEATURES, SETS, make_set
from .experiment import Experiment, Scores, feature_maps
from .settings import MOST_LAYERS, MOST_UNITS, Settings

PREVIEW_POINTS = 400
UNIT_RESOLUTION, OUTPUT_RESOLUTION = 64, 128


@cache
def choices() -> dict[str, Any]:
    """Return what can be chosen, the default settings, small pictures of the data sets, and those of the features."""
    sets = {problem: list(names) for problem, names in SETS.items()}
    previews = {
        problem: {name: points(*make_set(problem, name, PREVIEW_POINTS, 0.0, Generator(0))) for name in names}
        for problem, names in SETS.items()
    }
    return {
        "defaults": Settings().as_dict(),
        "problem": list(SETS),
        "dataset": sets,
        "features": list(FEATURES),
        "activation": get_args(choices_of.Activation),
        "optimizer": get_args(choices_of.OptimizerName),
        "regularization": get_args(choices_of.Regularization),
        "most_layers": MOST_LAYERS,
        "most_units": MOST_UNITS,
        "extent": EXTENT,
        "previews": previews,
        "feature_maps": dict(zip(FEATURES, encoded(feature_maps(UNIT_RESOLUTION)))),
    }


def start(experiment: Experiment) -> dict[str, Any]:
    """Return the settings, the data and the state of an experiment that begins."""
    return {
        "settings": experiment.settings.as_dict(),
        "points": points(experiment.points, experiment.targets),
        "train_size": experiment.train_size,
        **state(experiment, [experiment.scores()]),
    }


def state(experiment: Experiment, scores: list[Scores]) -> dict[str, Any]:
    """Return the scores of the last epochs, and the network: weights, biases and responses."""
    first = experiment.epoch - len(scores) + 1
    losses = [(first + number, *finite(each[:2])) for number, each in enumerate(scores)]
    return {
        "epoch": experiment.epoch,
        "losses": losses,
        "accuracy": None if scores[-1].train_accuracy is None else scores[-1][2:],
        "weights": finite(experiment.weights()),
        "biases": finite(experiment.biases()),
        **pictures(experiment),
    }


def pictures(experiment: Experiment) -> dict[str, Any]:
    """Return the responses of the units of each layer, and that of the output with more pixels."""
    maps = experiment.responses(UNIT_RESOLUTION)
    maps[-1] = maps[-1].clip(-1, 1)  # as those of the points, its colours go from -1 to 1
    flat = iter(encoded(concat(maps)))
    units = [[next(flat) for _ in layer] for layer in maps]
    output = experiment.responses(OUTPUT_RESOLUTION)[-1]
    return {"units": units, "output": encoded(output.clip(-1, 1))[0]}


def encoded(maps: Tensor) -> list[dict[str, Any]]:
    """Return pictures of values: for each a scale, and bytes of 0 for minus the scale to 254 for plus the scale.

    The scale is the largest magnitude, but at least 1. NaN is shown as 0.
    """
    clean = nan_to_num(maps)
    scales = maximum(max(absolute(clean), axis=(1, 2), keepdims=True), 1.0)
    levels = (round(127 * (clean / scales)) + 127).astype("uint8").numpy()
    pairs = zip(scales.flatten().tolist(), levels)
    return [{"scale": scale, "levels": b64encode(picture.tobytes()).decode()} for scale, picture in pairs]


def points(places: Tensor, targets: Tensor) -> list[tuple[float, float, float]]:
    """Return coordinates and targets, rounded to what can be seen."""
    rows = zip(places.tolist(), targets.tolist())
    return [(_rounded(x), _rounded(y), _rounded(target)) for (x, y), target in rows]


def _rounded(value: float) -> float:
    return float(f"{value:.3f}")


def finite(values: Any) -> Any:
    """Return numbers in nested lists, with None for NaN and infinity, which JSON does not have."""
    if isinstance(values, Iterable):
        return [finite(value) for value in values]
    return values if isfinite(values) else None
