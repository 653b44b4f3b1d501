"""What all metrics share: batches in any order, merging, saving, devices, and no early transfers."""

import copy
import itertools

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

import tensorlab as tl
from tensorlab import metrics
from tensorlab.backend import backend_of
from tensorlab.options import Size, declared

rng = seeded("streaming")
N = 24
SCORES = rng.uniform(size=(N, 3))
SCORES /= SCORES.sum(axis=1, keepdims=True)
LABELS, BITS = rng.integers(0, 3, N), rng.integers(0, 2, (N, 3))
WEIGHT = rng.uniform(size=N)
REAL = rng.normal(size=(2, N, 2))
IMAGES = rng.uniform(size=(2, N, 1, 6, 6))
CLASSES, MULTILABEL = (SCORES, LABELS, WEIGHT), (SCORES, BITS, WEIGHT)
BINARY, NUMBERS, PICTURES = (SCORES[:, 0], BITS[:, 0], WEIGHT), (*REAL, WEIGHT), (*IMAGES, WEIGHT)
TEXT = (
    ["to be or not to be"] * (N - 1) + ["that is the question"],
    [["to be or not"], ["that is the answer"] * 2] * (N // 2),
)

METRICS = [
    (metrics.Accuracy(), CLASSES),
    (metrics.Accuracy(top_k=2, average=None), CLASSES),
    (metrics.Accuracy("multilabel", subset_accuracy=True), MULTILABEL),
    (metrics.Precision("binary"), BINARY),
    (metrics.Recall(average="weighted"), CLASSES),
    (metrics.F1Score("multilabel"), MULTILABEL),
    (metrics.FBetaScore(beta=0.5, average=None), CLASSES),
    (metrics.JaccardIndex(), CLASSES),
    (metrics.DiceScore("binary"), BINARY),
    (metrics.ConfusionMatrix(normalize="true"), CLASSES),
    (metrics.ConfusionMatrix("multilabel"), MULTILABEL),
    (metrics.CohenKappa(weights="linear"), CLASSES),
    (metrics.MatthewsCorrCoef(), CLASSES),
    (metrics.AUROC("binary"), BINARY),
    (metrics.AUROC(multi_class="ovo"), CLASSES),
    (metrics.AUROC("multilabel", average="micro"), MULTILABEL),
    (metrics.AveragePrecision(), CLASSES),
    (metrics.LogLoss(), CLASSES),
    (metrics.LogLoss("binary"), BINARY),
    (metrics.CalibrationError(n_bins=4, norm="l2"), CLASSES),
    (metrics.MeanSquaredError(), NUMBERS),
    (metrics.MeanAbsoluteError(multioutput="raw_values"), NUMBERS),
    (metrics.R2Score(), NUMBERS),
    (metrics.Perplexity(ignore_index=1), (SCORES, LABELS, WEIGHT)),
    (metrics.BLEUScore(n_gram=2), TEXT),
    (metrics.PeakSignalNoiseRatio(1.0), PICTURES),
    (metrics.PeakSignalNoiseRatio(1.0, per_image=True), PICTURES),
    (metrics.StructuralSimilarityIndexMeasure(1.0, kernel_size=5), PICTURES),
    (metrics.MeanMetric(), (WEIGHT, SCORES[:, 0])),
]
IN_ORDER = [
    (metrics.RunningMean(window=7), (WEIGHT, SCORES[:, 0])),
    (metrics.ExponentialMean(decay=0.8), (WEIGHT, SCORES[:, 0])),
]
named = {"argvalues": METRICS, "ids": [repr(metric) for metric, _ in METRICS]}
every = {"argvalues": METRICS + IN_ORDER, "ids": [repr(metric) for metric, _ in METRICS + IN_ORDER]}
PARTS = [slice(0, 5), slice(5, 6), slice(6, 15), slice(15, N)]


def given(x):
    return tensor(x) if isinstance(x, np.ndarray) else x


def batches(data):
    return [[given(x[part]) for x in data] for part in PARTS]


def whole(metric, data):
    metric = metric.clone()
    metric.update(*map(given, data))
    return metric.compute()


def test_all_metrics_are_here():
    tested = {type(metric).__name__ for metric, _ in METRICS + IN_ORDER}
    assert tested == set(metrics.__all__) - {"Metric", "MetricCollection"}


@pytest.mark.parametrize(("metric", "data"), **every)
def test_batches_give_the_value_of_one_pass(metric, data):
    found = metric.clone()
    for batch in batches(data):
        found.update(*batch)
    assert_close(found.compute(), whole(metric, data).numpy())
    assert str(found.compute().dtype) in ("float64", "int64")


@pytest.mark.parametrize(("metric", "data"), **named)
def test_merging_in_any_order_gives_the_value_of_one_pass(metric, data):
    ranks = [metric.clone() for _ in PARTS]
    for rank, batch in zip(ranks, batches(data), strict=True):
        rank.update(*batch)
    expected = whole(metric, data).numpy()
    for order in itertools.islice(itertools.permutations(range(len(PARTS))), 0, None, 5):
        first, *others = (copy.deepcopy(ranks[i]) for i in order)
        first.merge(metric.clone())  # a process without data
        for other in others:
            first.merge(other)
        assert_close(first.compute(), expected)
        started = metric.clone()
        started.merge(first)
        assert_close(started.compute(), expected)


@pytest.mark.parametrize(("metric", "data"), **every)
def test_a_call_adds_the_batch_and_returns_its_value(metric, data):
    found = metric.clone()
    for batch in batches(data):
        expected = metric.clone()
        expected.update(*batch)
        np.testing.assert_array_equal(found(*batch).numpy(), expected.compute().numpy())
    assert_close(found.compute(), whole(metric, data).numpy())


@pytest.mark.parametrize(("metric", "data"), **every)
def test_a_saved_metric_goes_on_in_the_middle(metric, data, tmp_path):
    through = metric.clone()
    first, *rest = batches(data)
    through.update(*first)
    tl.save(through.state_dict(), tmp_path / "metric.safetensors")
    resumed = metric.clone()
    resumed.load_state_dict(tl.load(tmp_path / "metric.safetensors"))
    for batch in rest:
        through.update(*batch)
        resumed.update(*batch)
    np.testing.assert_array_equal(resumed.compute().numpy(), through.compute().numpy())


@pytest.mark.parametrize(("metric", "data"), **every)
def test_reset_forgets(metric, data):
    found = metric.clone()
    assert found.state_dict() == {}
    found.update(*batches(data)[0])
    found.reset()
    with pytest.raises(RuntimeError, match=rf"{type(metric).__name__}: compute\(\) needs at least one update\(\)"):
        found.compute()
    found.load_state_dict(metric.state_dict())
    assert found.state_dict() == {}


@pytest.mark.parametrize(("metric", "data"), **every)
def test_other_state_dicts_are_refused(metric, data):
    found = metric.clone()
    found.update(*batches(data)[0])
    before = found.compute().numpy()
    with pytest.raises(ValueError, match=r"load_state_dict: state_dict of .* must have the keys"):
        found.load_state_dict({"something": tensor(1.0)})
    with pytest.raises(TypeError, match="load_state_dict: state_dict"):
        found.load_state_dict(dict.fromkeys(found.names, "text"))
    np.testing.assert_array_equal(found.compute().numpy(), before)


def test_metrics_that_differ_do_not_merge():
    with pytest.raises(ValueError, match=r"merge: other must be a metric like Accuracy\(\), not Accuracy\(top_k=2\)"):
        metrics.Accuracy().merge(metrics.Accuracy(top_k=2))
    with pytest.raises(ValueError, match=r"merge: other must be a metric like Recall\(\), not Precision\(\)"):
        metrics.Recall().merge(metrics.Precision())


def test_batches_with_other_numbers_of_classes_are_refused():
    metric = metrics.F1Score()
    metric.update(tensor(SCORES), tensor(LABELS))
    with pytest.raises(ValueError, match=r"F1Score: true_positives of this batch has the shape \(2,\)"):
        metric.update(tensor(SCORES[:, :2]), tensor(LABELS % 2))


# -- devices -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def transfers(monkeypatch):
    """The transfers to the host that a device would have to make, while arrays are said to be on one."""
    found = []
    backend = type(tl.active_backend())
    monkeypatch.setattr(backend, "on_host", False)
    to_numpy = backend.to_numpy

    def counted(*args, **kwargs):
        found.append("to_numpy")
        return to_numpy(*args, **kwargs)

    monkeypatch.setattr(backend, "to_numpy", counted)
    for name in ("item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "__array__"):
        method = getattr(tl.Tensor, name)

        def counting(self, *args, name=name, method=method, **kwargs):
            found.append(name)
            return method(self, *args, **kwargs)

        monkeypatch.setattr(tl.Tensor, name, counting)
    return found


@pytest.mark.parametrize(("metric", "data"), **every)
def test_updates_and_merges_move_nothing_to_the_host(metric, data, transfers):
    found, other = metric.clone(), metric.clone()
    for batch in batches(data):
        found.update(*batch)
        other.update(*batch)
    found.merge(other)
    found.state_dict()
    assert transfers == []
    assert float(found.compute().sum()) is not None
    assert transfers


@pytest.mark.parametrize(("metric", "data"), **every)
def test_values_on_a_device_are_those_in_host_memory(metric, data, monkeypatch):
    expected = whole(metric, data).numpy()
    monkeypatch.setattr(type(tl.active_backend()), "on_host", False)
    assert_close(whole(metric, data), expected)


OUTSIDE = [
    (metrics.Accuracy(), (SCORES, LABELS + 1)),
    (metrics.Accuracy(num_classes=3), (LABELS + 1, LABELS)),
    (metrics.F1Score(), (SCORES, LABELS + 1)),
    (metrics.ConfusionMatrix("binary"), (SCORES[:, 0] * 3, BITS[:, 0])),
    (metrics.AUROC(), (SCORES, LABELS - 1)),
    (metrics.LogLoss(), (SCORES * 2, LABELS)),
    (metrics.CalibrationError("binary"), (SCORES[:, 0], BITS[:, 0] * 0.5)),
    (metrics.Perplexity(), (SCORES, LABELS + 1)),
]


@pytest.mark.parametrize(("metric", "data"), OUTSIDE, ids=[repr(metric) for metric, _ in OUTSIDE])
def test_labels_outside_the_classes_raise(metric, data, monkeypatch):
    """At once in host memory; elsewhere when the value is asked for, also after merging and saving."""
    with pytest.raises(ValueError, match=f"^{type(metric).__name__}: (preds|target) must be"):
        metric.clone().update(*map(tensor, data))
    monkeypatch.setattr(type(tl.active_backend()), "on_host", False)
    found, other = metric.clone(), metric.clone()
    found.update(*map(tensor, data))
    other.load_state_dict(found.state_dict())
    merged = metric.clone()
    merged.merge(other)
    for wrong in (found, other, merged):
        with pytest.raises(ValueError, match=r"\d+ labels were outside the classes, or probabilities outside \[0, 1\]"):
            wrong.compute()


@pytest.mark.parametrize(("metric", "data"), [METRICS[0], METRICS[13], METRICS[22]], ids=["counts", "lists", "moments"])
def test_statistics_follow_the_data_to_another_backend(metric, data, other_backend):
    found, other = metric.clone(), metric.clone()
    first, *rest = batches(data)
    found.update(*first)
    moved = [[x.to(other_backend) for x in batch] for batch in rest]
    found.update(*moved[0])
    assert found.compute().device.backend == other_backend
    other.update(*moved[1])
    other.update(*moved[2])
    found.to(f"{tl.active_backend().name}")
    found.merge(other)
    assert found.compute().device.backend == tl.active_backend().name
    assert_close(found.compute(), whole(metric, data).numpy())


def test_predictions_that_require_gradients_leave_no_history():
    preds = tl.tensor(REAL[0], requires_grad=True)
    metric = metrics.MeanSquaredError()
    assert not metric(preds * 2, tensor(REAL[1])).requires_grad
    assert not any(x.requires_grad for x in metric.state_dict().values() if isinstance(x, tl.Tensor))


def test_arrays_are_taken():
    metric = metrics.Accuracy()
    metric.update(tensor(SCORES).array, tensor(LABELS).array)
    assert_close(metric.compute(), (SCORES.argmax(axis=1) == LABELS).mean())
    assert backend_of(metric.compute().array) is tl.active_backend()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_types_are_summed_in_float64(dtype):
    if tl.active_backend().name != "numpy" and dtype == "float16":
        pytest.skip("no float16")
    metric = metrics.MeanMetric()
    for _ in range(5):
        metric.update(tl.full((1000,), 100.0, dtype=dtype))
    assert metric.compute().item() == 100.0


# -- means -------------------------------------------------------------------------------------------------------------


def test_running_mean_forgets_what_left_the_window():
    mean, values = metrics.RunningMean(window=3), rng.normal(size=8)
    for n, value in enumerate(values, 1):
        mean.update(float(value))
        assert_close(mean.compute(), values[max(0, n - 3) : n].mean())


def test_exponential_mean():
    mean, values = metrics.ExponentialMean(decay=0.9), rng.normal(size=8)
    for n, value in enumerate(values, 1):
        mean.update(float(value))
        weights = 0.9 ** np.arange(n)[::-1]
        assert_close(mean.compute(), (weights * values[:n]).sum() / weights.sum())


def test_exponential_mean_without_memory():
    mean = metrics.ExponentialMean(decay=0.0)
    mean.update(tensor([1.0, 2.0]))
    mean.update(5.0)
    assert mean.compute().item() == 5.0


def test_python_numbers_keep_their_digits():
    mean = metrics.MeanMetric()
    mean.update(0.1)
    assert mean.compute().item() == 0.1


def test_weights_of_numbers_must_fit():
    with pytest.raises(ValueError, match=r"MeanMetric: weight must have the shape \(2,\) of value or \(\), not \(3,\)"):
        metrics.MeanMetric().update(tensor([1.0, 2.0]), tensor([1.0, 2.0, 3.0]))


# -- collections and own metrics ---------------------------------------------------------------------------------------


def collection():
    return metrics.MetricCollection(
        [metrics.Accuracy(), metrics.Precision(), metrics.Recall(), metrics.F1Score(average="weighted")],
        prefix="valid_",
    )


def test_a_collection_has_the_values_of_its_metrics():
    found = collection()
    for part in PARTS:
        found.update(tensor(SCORES[part]), tensor(LABELS[part]))
    values = found.compute()
    assert list(values) == ["valid_Accuracy", "valid_Precision", "valid_Recall", "valid_F1Score"]
    for name, metric in collection().items():
        metric.update(tensor(SCORES), tensor(LABELS))
        assert_close(values[f"valid_{name}"], metric.compute().item())


def test_a_collection_computes_equal_statistics_once(monkeypatch):
    calls = []
    counts = metrics.Precision.statistics

    def counted(self, *args, **kwargs):
        calls.append(type(self).__name__)
        return counts(self, *args, **kwargs)

    monkeypatch.setattr(metrics.Precision.__mro__[2], "statistics", counted)
    found = collection()
    found(tensor(SCORES), tensor(LABELS))
    assert calls == ["Precision"]
    different = metrics.MetricCollection(
        {"all": metrics.Precision("binary"), "sure": metrics.Precision("binary", threshold=0.9)}
    )
    different.update(tensor(SCORES[:, 0]), tensor(BITS[:, 0]))
    assert len(calls) == 3


def test_a_collection_is_saved_merged_and_reset(tmp_path):
    first, second = collection(), collection()
    first.update(tensor(SCORES[:10]), tensor(LABELS[:10]))
    second.update(tensor(SCORES[10:]), tensor(LABELS[10:]))
    tl.save(second.state_dict(), tmp_path / "metrics.safetensors")
    loaded = collection()
    loaded.load_state_dict(tl.load(tmp_path / "metrics.safetensors"))
    first.merge(loaded)
    assert_close(first.compute()["valid_Accuracy"], whole(metrics.Accuracy(), CLASSES[:2]).item())
    first.reset()
    assert set(map(len, first.state_dict().values())) == {0}
    copied = loaded.clone(prefix="test_")
    assert next(iter(copied.compute())) == "test_Accuracy"


def test_a_batch_that_one_metric_refuses_changes_none():
    found = metrics.MetricCollection([metrics.Accuracy(), metrics.LogLoss()])
    with pytest.raises(ValueError, match="LogLoss: preds must be probabilities"):
        found.update(tensor(SCORES * 3), tensor(LABELS))
    assert found["Accuracy"].state_dict() == {}


def test_collections_refuse_what_they_cannot_name():
    with pytest.raises(ValueError, match="two with the name 'Accuracy'"):
        metrics.MetricCollection([metrics.Accuracy(), metrics.Accuracy(top_k=2)])
    with pytest.raises(TypeError, match="must be a metric with a name"):
        metrics.MetricCollection({"loss": 3})
    with pytest.raises(ValueError, match="must have the keys"):
        collection().load_state_dict({"Accuracy": {}})


@declared
class Geometric(metrics.Metric):
    """A metric of a user: the geometric mean of rows."""

    names = ("logs", "count")
    power: Size = 1

    def statistics(self, x):
        return {"logs": self.power * x.log().sum(axis=0), "count": x.shape[0]}

    def value(self, statistics):
        return (statistics["logs"] / statistics["count"]).exp()


def test_own_metrics():
    metric = Geometric(power=2)
    assert repr(metric) == "Geometric(power=2)"
    metric.update(tensor([[1.0, 2.0]]))
    metric.update(tensor([[4.0, 2.0], [2.0, 2.0]]))
    assert_close(metric.compute(), [4.0, 4.0])
    assert_close(metric(tensor([[3.0, 1.0]])), [9.0, 1.0])
    with pytest.raises(AttributeError, match=r"^Geometric: "):
        metric.update(3)
