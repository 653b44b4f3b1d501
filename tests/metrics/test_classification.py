"""Metrics of classes beside scikit-learn's, with ties, absent classes, weights, ignored targets and several labels."""

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

from tensorlab import metrics

sk = pytest.importorskip("sklearn.metrics")
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning"),
    pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true"),
    pytest.mark.filterwarnings("ignore:No positive class found in y_true"),
]

CLASSES = 4


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Case:
    """Random predictions of a task: scores with ties, targets that lack a class, and weights."""

    def __init__(self, task, seed, size=60):
        rng = seeded(task, seed)
        self.task, self.name = task, f"{task}-{seed}"
        self.weight = rng.integers(0, 4, size) / 2.0
        if task == "multiclass":
            self.target = rng.integers(0, CLASSES - seed % 2, size)
            self.scores = softmax(np.round(rng.normal(size=(size, CLASSES)) + 2 * np.eye(CLASSES)[self.target], 1))
            self.labels = self.scores.argmax(axis=1)
        elif task == "binary":
            self.target = rng.integers(0, 2, size)
            self.scores = np.round(rng.uniform(size=size) * 0.6 + 0.4 * self.target, 1)
            self.labels = (self.scores > 0.5).astype(int)
        else:
            self.target = rng.integers(0, 2, (size, 3)) * [1, 1, seed % 2]
            self.scores = np.round(rng.uniform(size=(size, 3)) * 0.6 + 0.4 * self.target, 1)
            self.labels = (self.scores > 0.5).astype(int)

    def __str__(self):
        return self.name

    def of(self, metric, scores=True, weighted=False, batches=3):
        """Return the value of a metric that was updated in batches."""
        parts = np.array_split(np.arange(len(self.target)), batches)
        for part in parts:
            preds = (self.scores if scores else self.labels)[part]
            weight = tensor(self.weight[part]) if weighted else None
            metric.update(tensor(preds), tensor(self.target[part]), weight)
        return metric.compute()


CASES = [(task, seed) for task in ("multiclass", "binary", "multilabel") for seed in range(4)]
cases = pytest.mark.parametrize("case", [Case(*key) for key in CASES], ids=str)
several = pytest.mark.parametrize("case", [Case("multiclass", n) for n in range(4)], ids=str)


def averages(task):
    return ["binary"] if task == "binary" else ["micro", "macro", "weighted", None]


SCORES = {
    "precision": (metrics.Precision, sk.precision_score, {}),
    "recall": (metrics.Recall, sk.recall_score, {}),
    "f1": (metrics.F1Score, sk.f1_score, {}),
    "f2": (metrics.FBetaScore, sk.fbeta_score, {"beta": 2.0}),
    "f0": (metrics.FBetaScore, sk.fbeta_score, {"beta": 0.0}),
    "jaccard": (metrics.JaccardIndex, sk.jaccard_score, {}),
    "dice": (metrics.DiceScore, sk.f1_score, {}),
}


@cases
@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_counts(case, name, weighted):
    cls, reference, options = SCORES[name]
    for average in averages(case.task):
        for zero_division in (0.0, 1.0, np.nan) if name not in ("jaccard",) else (0.0, 1.0):
            ours = {} if average == "binary" else {"average": average}
            labels = {"labels": range(CLASSES)} if case.task == "multiclass" and average is None else {}
            expected = reference(
                case.target, case.labels, average=average, zero_division=zero_division,
                sample_weight=case.weight if weighted else None, **labels, **options,
            )  # fmt: skip
            for scores in (True, False):
                classes = {"num_classes": CLASSES} if case.task == "multiclass" and not scores else {}
                metric = cls(case.task, zero_division=zero_division, **ours, **options, **classes)
                assert_close(case.of(metric, scores, weighted), expected)


@pytest.mark.parametrize("zero_division", [0.0, 1.0, np.nan])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
def test_zero_division(zero_division, average):
    for target, preds in ([0, 0, 1], [2, 2, 2]), ([0, 0, 0], [1, 1, 1]):
        for cls, reference in (metrics.Precision, sk.precision_score), (metrics.Recall, sk.recall_score):
            metric = cls(num_classes=4, average=average, zero_division=zero_division)
            expected = reference(target, preds, average=average, zero_division=zero_division)
            assert_close(metric(tensor(preds), tensor(target)), expected)


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy(case, weighted):
    weight = case.weight if weighted else None
    if case.task == "multilabel":
        expected = sk.accuracy_score(case.target, case.labels, sample_weight=weight)
        assert_close(case.of(metrics.Accuracy(case.task, subset_accuracy=True), weighted=weighted), expected)
        right = case.target == case.labels
        each = np.average(right, axis=0, weights=weight)
        assert_close(case.of(metrics.Accuracy(case.task, average=None), weighted=weighted), each)
        assert_close(case.of(metrics.Accuracy(case.task), weighted=weighted), each.mean())
        assert_close(case.of(metrics.Accuracy(case.task, average="macro"), weighted=weighted), each.mean())
        return
    expected = sk.accuracy_score(case.target, case.labels, sample_weight=weight)
    for scores in (True, False):
        assert_close(case.of(metrics.Accuracy(case.task), scores, weighted), expected)
    if case.task == "multiclass":
        balanced = sk.balanced_accuracy_score(case.target, case.labels, sample_weight=weight)
        assert_close(case.of(metrics.Accuracy(average="macro"), weighted=weighted), balanced)


@several
@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy_among_the_largest_scores(case, weighted):
    for k in (2, 3, 4):
        expected = sk.top_k_accuracy_score(
            case.target, case.scores, k=k, labels=range(CLASSES), sample_weight=case.weight if weighted else None
        ) if k < CLASSES else 1.0  # fmt: skip
        assert_close(case.of(metrics.Accuracy(top_k=k), weighted=weighted), expected)


def test_scores_that_are_nan_are_never_right():
    scores = tensor([[np.nan] * 3, [0.0, np.nan, 1.0]])
    assert metrics.Accuracy(top_k=2)(scores, tensor([0, 1])).item() == 0


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_confusion_matrix(case, weighted):
    weight = case.weight if weighted else None
    if case.task == "multilabel":
        expected = sk.multilabel_confusion_matrix(case.target, case.labels, sample_weight=weight)
        assert_close(case.of(metrics.ConfusionMatrix(case.task), weighted=weighted), expected)
        return
    labels = range(CLASSES if case.task == "multiclass" else 2)
    for normalize in (None, "true", "pred", "all"):
        expected = sk.confusion_matrix(
            case.target, case.labels, labels=labels, sample_weight=weight, normalize=normalize
        )
        found = case.of(metrics.ConfusionMatrix(case.task, normalize=normalize), weighted=weighted)
        assert_close(found, expected)
        assert str(found.dtype) == ("int64" if normalize is None and not weighted else "float64")


@pytest.mark.parametrize("case", [Case(*key) for key in CASES if key[0] != "multilabel"], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_agreement(case, weighted):
    weight = case.weight if weighted else None
    expected = sk.matthews_corrcoef(case.target, case.labels, sample_weight=weight)
    assert_close(case.of(metrics.MatthewsCorrCoef(case.task), weighted=weighted), expected)
    for kind in (None, "linear", "quadratic"):
        expected = sk.cohen_kappa_score(
            case.target, case.labels, weights=kind, sample_weight=weight,
            labels=range(CLASSES if case.task == "multiclass" else 2),
        )  # fmt: skip
        assert_close(case.of(metrics.CohenKappa(case.task, weights=kind), weighted=weighted), expected)


def test_agreement_of_one_label():
    same = tensor([1, 1, 1])
    assert metrics.MatthewsCorrCoef(num_classes=3)(same, same).item() == 0
    assert np.isnan(metrics.CohenKappa(num_classes=3)(same, same).item())


@pytest.mark.parametrize("case", [Case(t, n) for t in ("multiclass", "binary") for n in (0, 2)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_area_under_the_roc_curve(case, weighted):
    weight = case.weight if weighted else None
    if case.task == "binary":
        expected = sk.roc_auc_score(case.target, case.scores, sample_weight=weight)
        assert_close(case.of(metrics.AUROC(case.task), weighted=weighted), expected)
        return
    for average in ("macro", "weighted", "micro", None):
        expected = sk.roc_auc_score(case.target, case.scores, multi_class="ovr", average=average, sample_weight=weight)
        assert_close(case.of(metrics.AUROC(average=average), weighted=weighted), expected)


@pytest.mark.parametrize("seed", [0, 2, 4])
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_area_of_pairs_of_classes(seed, average):
    case = Case("multiclass", seed)
    expected = sk.roc_auc_score(case.target, case.scores, multi_class="ovo", average=average)
    assert_close(case.of(metrics.AUROC(multi_class="ovo", average=average)), expected)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", [1, 3])
def test_area_and_precision_of_several_labels(seed, weighted):
    case = Case("multilabel", seed)
    weight = case.weight if weighted else None
    for average in ("macro", "weighted", "micro", None):
        for cls, reference in (metrics.AUROC, sk.roc_auc_score), (metrics.AveragePrecision, sk.average_precision_score):
            expected = reference(case.target, case.scores, average=average, sample_weight=weight)
            assert_close(case.of(cls(case.task, average=average), weighted=weighted), expected)


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_average_precision(case, weighted):
    weight = case.weight if weighted else None
    target = np.eye(CLASSES, dtype=int)[case.target] if case.task == "multiclass" else case.target
    for average in ("macro", "weighted", "micro", None) if case.task != "binary" else ("macro",):
        expected = sk.average_precision_score(target, case.scores, average=average, sample_weight=weight)
        assert_close(case.of(metrics.AveragePrecision(case.task, average=average), weighted=weighted), expected)


def test_classes_that_do_not_occur_have_no_area():
    scores = tensor(softmax(seeded("absent").normal(size=(20, 3))))
    target = np.arange(20) % 2
    each = metrics.AUROC(average=None)(scores, tensor(target))
    assert np.isnan(each[2].item())
    assert_close(metrics.AUROC()(scores, tensor(target)), each[:2].mean().item())
    assert np.isnan(metrics.AUROC("binary")(scores[:, 0], tensor(np.ones(20, dtype=int))).item())
    assert np.isnan(metrics.AUROC("binary")(tensor([0.5, np.nan]), tensor([0, 1])).item())


@cases
@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss(case, weighted):
    weight = case.weight if weighted else None
    if case.task == "multilabel":
        p = np.clip(case.scores, 2.0**-52, 1 - 2.0**-52)
        losses = -np.where(case.target == 1, np.log(p), np.log(1 - p)).mean(axis=1)
        expected = np.average(losses, weights=weight)
    else:
        labels = range(CLASSES if case.task == "multiclass" else 2)
        expected = sk.log_loss(case.target, case.scores, labels=labels, sample_weight=weight)
    assert_close(case.of(metrics.LogLoss(case.task), weighted=weighted), expected)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_logits(task):
    case = Case(task, 1)
    p = np.clip(case.scores, 1e-3, 1 - 1e-3)
    p = p / p.sum(axis=1, keepdims=True) if task == "multiclass" else p
    logits = np.log(p) + 5.0 if task == "multiclass" else np.log(p / (1 - p))
    for cls in (metrics.LogLoss, metrics.AUROC, metrics.AveragePrecision, metrics.CalibrationError, metrics.Accuracy):
        if cls is metrics.CalibrationError and task == "multilabel":
            continue
        found = cls(task, from_logits=True)(tensor(logits), tensor(case.target))
        assert_close(found, cls(task)(tensor(p), tensor(case.target)).item(), rtol=1e-9)


@pytest.mark.parametrize("cls", [metrics.LogLoss, metrics.CalibrationError, metrics.AUROC])
def test_logits_are_refused_as_probabilities(cls):
    with pytest.raises(ValueError, match=r"preds must be probabilities from 0 to 1, not -2; from_logits=True"):
        cls()(tensor([[0.5, -2.0]]), tensor([0]))


def test_large_logits_have_a_finite_loss():
    loss = metrics.LogLoss("binary", from_logits=True)
    assert_close(loss(tensor([800.0, -800.0]), tensor([1, 1])), 400.0)


def calibration(confidence, right, weight, bins, norm):
    """The calibration error by loops over the bins."""
    gaps, parts = [], []
    for k in range(bins):
        inside = (confidence > k / bins) & (confidence <= (k + 1) / bins)
        if k == 0:
            inside |= confidence == 0
        total = weight[inside].sum()
        if total:
            gaps.append(abs((weight * (right - confidence))[inside].sum() / total))
            parts.append(total / weight.sum())
    gaps, parts = np.array(gaps), np.array(parts)
    return {"l1": (gaps * parts).sum(), "l2": np.sqrt((gaps**2 * parts).sum()), "max": gaps.max()}[norm]


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
@pytest.mark.parametrize("case", [Case(t, n) for t in ("multiclass", "binary") for n in (0, 1)], ids=str)
def test_calibration_error(case, norm):
    confidence, right = case.scores, case.target
    if case.task == "multiclass":
        confidence, right = case.scores.max(axis=1), case.labels == case.target
    for bins, weighted in (15, False), (8, True), (1, False):
        weight = case.weight if weighted else np.ones(len(right))
        expected = calibration(confidence, right, weight, bins, norm)
        assert_close(case.of(metrics.CalibrationError(case.task, n_bins=bins, norm=norm), weighted=weighted), expected)


def test_calibration_bins_are_those_of_scikit_learn():
    calibration_curve = pytest.importorskip("sklearn.calibration").calibration_curve
    rng = seeded("bins")
    scores = np.round(rng.uniform(size=200), 2)
    target = (rng.uniform(size=200) < scores).astype(int)
    true, predicted = calibration_curve(target, scores, n_bins=10)
    found = metrics.CalibrationError("binary", n_bins=10, norm="max")(tensor(scores), tensor(target))
    assert_close(found, np.abs(true - predicted).max())


# -- forms of the data -------------------------------------------------------------------------------------------------

LABEL_METRICS = (
    metrics.Accuracy, metrics.Precision, metrics.Recall, metrics.F1Score, metrics.JaccardIndex, metrics.DiceScore,
    metrics.ConfusionMatrix,
)  # fmt: skip
SCORE_METRICS = (metrics.AUROC, metrics.AveragePrecision, metrics.LogLoss, metrics.CalibrationError)


@pytest.mark.parametrize("cls", [*LABEL_METRICS, *SCORE_METRICS, metrics.CohenKappa, metrics.MatthewsCorrCoef])
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
@pytest.mark.parametrize("weighted", [False, True])
def test_ignored_targets_do_not_count(cls, task, weighted):
    if task == "multilabel" and cls in (metrics.CohenKappa, metrics.MatthewsCorrCoef, metrics.CalibrationError):
        pytest.skip("one matrix")
    case = Case(task, 3)
    ignored = seeded("ignored").uniform(size=case.target.shape) < 0.3
    if task == "multilabel":
        ignored[:] = ignored[:, :1]
    kept = ~ignored if ignored.ndim == 1 else ~ignored[:, 0]
    weights = (tensor(case.weight), tensor(case.weight[kept])) if weighted else (None, None)
    target = np.where(ignored, -7, case.target)
    found = cls(task, ignore_index=-7)(tensor(case.scores), tensor(target), weights[0])
    expected = cls(task)(tensor(case.scores[kept]), tensor(case.target[kept]), weights[1])
    assert_close(found, expected.numpy())


def test_single_labels_can_be_ignored():
    preds, target = tensor([[1, 1, 0], [0, 1, 1]]), tensor([[1, -1, 0], [0, 0, -1]])
    assert_close(metrics.Accuracy("multilabel", ignore_index=-1)(preds, target), 3 / 4)
    assert_close(metrics.Accuracy("multilabel", ignore_index=-1, average=None)(preds, target), [1.0, 0.0, 1.0])
    assert_close(metrics.Accuracy("multilabel", ignore_index=-1, subset_accuracy=True)(preds, target), 0.5)


@pytest.mark.parametrize("cls", [*LABEL_METRICS, *SCORE_METRICS])
def test_pixels_are_samples(cls):
    rng = seeded("pixels")
    scores = softmax(rng.normal(size=(2, 3, 4, CLASSES)))
    target = rng.integers(0, CLASSES, (2, 3, 4))
    expected = cls()(tensor(scores.reshape(-1, CLASSES)), tensor(target.reshape(-1)))
    images = tensor(np.moveaxis(scores, -1, 1))
    assert_close(cls()(images, tensor(target)), expected.numpy())
    weight = rng.uniform(size=(2, 3, 4))
    expected = cls()(tensor(scores.reshape(-1, CLASSES)), tensor(target.reshape(-1)), tensor(weight.reshape(-1)))
    assert_close(cls()(images, tensor(target), tensor(weight)), expected.numpy())
    each = np.broadcast_to(weight[:, :1, :1], weight.shape)
    expected = cls()(images, tensor(target), tensor(each.copy()))
    assert_close(cls()(images, tensor(target), tensor(weight[:, 0, 0])), expected.numpy())


@pytest.mark.parametrize("cls", LABEL_METRICS)
def test_labels_of_pixels(cls):
    rng = seeded("labels")
    preds, target = rng.integers(0, 2, (2, 2, 3, 4, 5))
    columns = [np.moveaxis(x, 1, -1).reshape(-1, 3) for x in (preds, target)]
    found = cls("multilabel")(tensor(preds), tensor(target))
    assert_close(found, cls("multilabel")(*map(tensor, columns)).numpy())
    found = cls("binary")(tensor(preds.astype(bool)), tensor(target.astype("float32")))
    assert_close(found, cls("binary")(*(tensor(x.reshape(-1)) for x in (preds, target))).numpy())


SCORES_OF_ONE, LABEL = [[0.1, 0.9]], [1]
REFUSED = {
    "shapes": (metrics.Accuracy(), (SCORES_OF_ONE, [0, 1]), r"\(N, C, \.\.\.\).*\(1, 2\) and \(2,\)"),
    "one-hot": (metrics.Accuracy(), (SCORES_OF_ONE, [[0, 1]]), r"target the shape \(N, \.\.\.\)"),
    "column": (metrics.Accuracy("binary"), ([[0.1], [0.9]], [0, 1]), "must have the same shape"),
    "label": (metrics.Accuracy(), (SCORES_OF_ONE, [2]), "target must be a label from 0 to 1, not 2"),
    "predicted": (metrics.F1Score(num_classes=2), ([3], LABEL), "preds must be a label from 0 to 1"),
    "unknown": (metrics.F1Score(), (LABEL, LABEL), "num_classes must be given where preds are labels"),
    "classes": (metrics.F1Score(num_classes=3), (SCORES_OF_ONE, LABEL), "have 2 classes.*num_classes is 3"),
    "soft": (metrics.F1Score("binary"), ([0.5], [0.5]), "target must be a label from 0 to 1, not 0.5"),
    "top": (metrics.Accuracy(top_k=3), (SCORES_OF_ONE, LABEL), "2 classes, fewer than top_k=3"),
    "labels": (metrics.LogLoss(), (LABEL, LABEL), "preds is int64, but must be of a real floating"),
    "weights": (metrics.Accuracy(), (SCORES_OF_ONE, LABEL, [1.0, 2.0]), r"sample_weight must have the shape \(1,\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_that_does_not_fit_is_refused(name):
    metric, data, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=f"^{type(metric).__name__}: .*{message}"):
        metric(*map(tensor, data))
    with pytest.raises(RuntimeError, match="needs at least one update"):
        metric.compute()


def test_lists_are_refused():
    with pytest.raises(TypeError, match="Accuracy: preds must be a tensor or an array, not list"):
        metrics.Accuracy()([1, 2], tensor([1, 2]))


OPTIONS = {
    "task": (metrics.Accuracy, {"task": "regression"}, "task must be 'binary', 'multiclass' or 'multilabel'"),
    "ovo": (metrics.AUROC, {"task": "binary", "multi_class": "ovo"}, "multi_class='ovo' is for the task 'multiclass'"),
    "matrix": (metrics.CohenKappa, {"task": "multilabel"}, "task must be 'multiclass' or 'binary'"),
    "division": (metrics.Precision, {"zero_division": 2.0}, "zero_division must be 0, 1 or nan"),
    "top_k": (metrics.Accuracy, {"task": "binary", "top_k": 2}, "top_k is only for the task 'multiclass'"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_do_not_fit_are_refused(name):
    cls, options, message = OPTIONS[name]
    with pytest.raises(ValueError, match=f"^{cls.__name__}: {message}"):
        cls(**options)


def test_a_refused_batch_changes_nothing():
    metric = metrics.Accuracy()
    metric.update(tensor([[0.1, 0.9]]), tensor([1]))
    with pytest.raises(ValueError, match="target"):
        metric.update(tensor([[0.1, 0.9]]), tensor([5]))
    metric.update(tensor([[0.1, 0.9]]), tensor([0]))
    assert_close(metric.compute(), 0.5)


def test_an_empty_batch_counts_nothing():
    metric = metrics.F1Score()
    metric.update(tensor(np.zeros((0, 3))), tensor(np.zeros(0, dtype=int)))
    metric.update(tensor([[0.1, 0.9, 0.0]]), tensor([1]))
    assert_close(metric.compute(), 1.0)
