"""Metrics of numbers beside scikit-learn's."""

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

from tensorlab import metrics

sk = pytest.importorskip("sklearn.metrics")

METRICS = {
    "mse": (metrics.MeanSquaredError, sk.mean_squared_error),
    "mae": (metrics.MeanAbsoluteError, sk.mean_absolute_error),
    "r2": (metrics.R2Score, sk.r2_score),
}


def data(*shape, offset=0.0):
    rng = seeded("regression", shape)
    target = rng.normal(size=shape) + offset
    return target + 0.5 * rng.normal(size=shape), target, rng.integers(0, 3, shape[0]) / 2.0


def updated(metric, preds, target, weight=None):
    """Return the metric after updates in batches of unequal size."""
    for part in np.split(np.arange(len(target)), [1, 2, 9]):
        metric.update(tensor(preds[part]), tensor(target[part]), None if weight is None else tensor(weight[part]))
    return metric


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("shape", [(20,), (20, 3)])
@pytest.mark.parametrize("weighted", [False, True])
def test_values(name, shape, weighted):
    cls, reference = METRICS[name]
    preds, target, weight = data(*shape)
    weight = weight if weighted else None
    for multioutput in ("uniform_average", "raw_values", *(["variance_weighted"] if name == "r2" else [])):
        expected = reference(target, preds, sample_weight=weight, multioutput=multioutput)
        expected = expected[0] if shape == (20,) and multioutput == "raw_values" else expected
        assert_close(updated(cls(multioutput=multioutput), preds, target, weight).compute(), expected)


def test_root_of_the_mean():
    preds, target, _ = data(20)
    expected = sk.root_mean_squared_error(target, preds)
    assert_close(updated(metrics.MeanSquaredError(squared=False), preds, target).compute(), expected)


def test_targets_far_from_zero_lose_no_digits():
    preds, target, _ = data(20, offset=1e8)
    assert_close(updated(metrics.R2Score(), preds, target).compute(), sk.r2_score(target, preds), rtol=1e-8)


def test_sums_are_float64():
    """In float32 the sum would stop growing at 2**24."""
    metric = metrics.MeanSquaredError()
    metric.load_state_dict({"total": tensor(2.0**24), "weight": 2**24})
    metric.update(tensor([1.0, 1.0], dtype="float32"), tensor([0.0, 0.0], dtype="float32"))
    assert metric.state_dict()["total"].item() == 2**24 + 2


@pytest.mark.parametrize("target", [[2.0, 2.0, 2.0], [1.0, 2.0, 2.0]])
@pytest.mark.parametrize("preds", [[2.0, 2.0, 2.0], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("multioutput", ["uniform_average", "raw_values", "variance_weighted"])
def test_r2_of_constant_targets(target, preds, multioutput):
    target, preds = np.stack([target, [1.0, 1.0, 1.0]], axis=1), np.stack([preds, [1.0, 1.0, 1.0]], axis=1)
    expected = sk.r2_score(target, preds, multioutput=multioutput)
    assert_close(metrics.R2Score(multioutput=multioutput)(tensor(preds), tensor(target)), expected)


def test_r2_of_one_sample_is_undefined():
    assert np.isnan(metrics.R2Score()(tensor([1.0]), tensor([1.0])).item())


@pytest.mark.parametrize("cls", [cls for cls, _ in METRICS.values()])
def test_images_of_several_sizes_have_one_mean_error(cls):
    if cls is metrics.R2Score:
        pytest.skip("its outputs are compared one by one")
    metric = cls()
    parts = [data(2, 3, 4), data(1, 5, 5)]
    for preds, target, _ in parts:
        metric.update(tensor(preds), tensor(target))
    flat = [np.concatenate([part[k].reshape(-1) for part in parts]) for k in (0, 1)]
    assert_close(metric.compute(), cls()(*map(tensor, flat)).item())


@pytest.mark.parametrize("cls", [cls for cls, _ in METRICS.values()])
def test_shapes_that_differ_are_refused(cls):
    with pytest.raises(ValueError, match=rf"^{cls.__name__}: .*not \(2, 1\) and \(2,\)"):
        cls()(tensor([[1.0], [2.0]]), tensor([1.0, 2.0]))
