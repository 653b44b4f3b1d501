"""ROC, precision and recall, and calibration, beside scikit-learn and counts by hand."""

import numpy as np
import pytest
from helpers import seeded, tensor

from tensorlab import viz

pytest.importorskip("matplotlib")


def curve(figure, label):
    """Return the data of the line whose label begins with a text."""
    (line,) = [line for line in figure.axes[0].lines if line.get_label().startswith(label)]
    return line.get_xdata(), line.get_ydata(), line.get_label()


def two_classes(ties):
    rng = seeded("two", ties)
    targets = rng.integers(0, 2, 300)
    scores = targets + rng.normal(size=300)
    return targets, np.round(scores) if ties else scores


def three_classes():
    rng = seeded("three")
    targets = rng.integers(0, 3, 200)
    return targets, 2 * np.eye(3)[targets] + rng.normal(size=(200, 3))


def softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("ties", [False, True])
class TestTwoClasses:
    def test_roc(self, ties):
        metrics = pytest.importorskip("sklearn.metrics")
        targets, scores = two_classes(ties)
        false, true, label = curve(viz.roc_curve(tensor(targets), tensor(scores)), "AUC")
        expected = metrics.roc_curve(targets, scores, drop_intermediate=False)
        np.testing.assert_allclose(false, expected[0])
        np.testing.assert_allclose(true, expected[1])
        assert label == f"AUC {metrics.roc_auc_score(targets, scores):.3f}"

    def test_precision_and_recall(self, ties):
        metrics = pytest.importorskip("sklearn.metrics")
        targets, scores = two_classes(ties)
        figure = viz.precision_recall_curve(targets, tensor(scores))
        recall, precision, label = curve(figure, "AP")
        expected = metrics.precision_recall_curve(targets, scores)
        np.testing.assert_allclose(recall, expected[1][::-1])
        np.testing.assert_allclose(precision[1:], expected[0][::-1][1:])
        assert label == f"AP {metrics.average_precision_score(targets, scores):.3f}"
        assert curve(figure, "chance")[2] == f"chance {targets.mean():.3f}"


class TestCurves:
    @pytest.mark.parametrize("probabilities", [False, True])
    def test_each_class_and_the_rest(self, probabilities):
        metrics = pytest.importorskip("sklearn.metrics")
        targets, logits = three_classes()
        p = softmax(logits)
        scores = p if probabilities else logits
        roc = viz.roc_curve(targets, tensor(scores), class_names=["a", "b", "c"])
        precision = viz.precision_recall_curve(targets, scores, class_names=["a", "b", "c"])
        for number, name in enumerate("abc"):
            area = metrics.roc_auc_score(targets == number, p[:, number])
            assert curve(roc, f"{name}: ")[2] == f"{name}: AUC {area:.3f}"
            average = metrics.average_precision_score(targets == number, p[:, number])
            assert curve(precision, f"{name}: ")[2] == f"{name}: AP {average:.3f}"

    def test_scores_of_both_classes(self):
        targets, scores = two_classes(False)
        both = np.stack([-scores, scores], axis=1)
        for draw in (viz.roc_curve, viz.precision_recall_curve):
            one, two = (curve(draw(targets, x), "A") for x in (scores, both))
            np.testing.assert_allclose(one[0], two[0])
            np.testing.assert_allclose(one[1], two[1])

    def test_several_models(self):
        targets, scores = two_classes(False)
        figure = viz.roc_curve(targets, {"good": tensor(scores), "perfect": targets.astype(float)})
        assert curve(figure, "perfect: ")[2] == "perfect: AUC 1.000"
        assert len({line.get_color() for line in figure.axes[0].lines}) == 3

    def test_many_curves_have_their_legend_beside(self):
        rng = seeded("many")
        targets, scores = np.arange(60) % 8, rng.normal(size=(60, 8))
        ours = viz.roc_curve(targets, scores)
        assert ours.get_size_inches()[0] > viz.roc_curve(targets % 2, scores[:, 0]).get_size_inches()[0]
        assert ours.axes[0].get_legend().get_bbox_to_anchor().x0 > ours.axes[0].bbox.x1 - 1
        figure = pytest.importorskip("matplotlib.figure").Figure()
        viz.roc_curve(targets, scores, ax=figure.subplots())
        assert figure.get_size_inches().tolist() == [6.4, 4.8]

    def test_booleans_and_integers_are_scores(self):
        assert curve(viz.roc_curve([0, 1, 1], [0, 1, 1]), "AUC")[2] == "AUC 1.000"

    @pytest.mark.parametrize("draw", [viz.roc_curve, viz.precision_recall_curve])
    def test_errors(self, draw):
        name = draw.__name__
        with pytest.raises(ValueError, match=rf"{name}: scores must have 2 rows, .* not shape \(3,\)"):
            draw([0, 1], [0.1, 0.2, 0.3])
        with pytest.raises(ValueError, match=f"{name}: targets must have samples of class 1 and others"):
            draw([1, 1], [0.1, 0.2])
        with pytest.raises(ValueError, match=f"{name}: scores must not be NaN"):
            draw([0, 1], [0.1, float("nan")])
        with pytest.raises(ValueError, match=f"{name}: targets must be 0 or 1 with scores of one class, not 2"):
            draw([0, 2], [0.1, 0.2])
        with pytest.raises(ValueError, match=f"{name}: targets must be less than the 3 classes of scores, not 3"):
            draw([0, 3], np.zeros((2, 3)))
        with pytest.raises(ValueError, match=f"{name}: scores must not be an empty mapping"):
            draw([0, 1], {})
        with pytest.raises(ValueError, match=rf"{name}: scores of one class must have shape \(2,\), not \(2, 1\)"):
            draw([0, 1], np.zeros((2, 1)))


class TestReliability:
    def test_two_classes_beside_sklearn(self):
        calibration = pytest.importorskip("sklearn.calibration")
        rng = seeded("calibration")
        p = rng.random(500)
        targets = (rng.random(500) < p**2).astype(int)
        figure = viz.reliability_diagram(tensor(targets), tensor(p), bins=8)
        confidence, accuracy, _ = curve(figure, "ECE")
        expected_accuracy, expected_confidence = calibration.calibration_curve(targets, p, n_bins=8)
        np.testing.assert_allclose(confidence, expected_confidence)
        np.testing.assert_allclose(accuracy, expected_accuracy)

    def test_error_by_hand(self):
        targets, logits = three_classes()
        p = softmax(logits)
        best, right = p.max(axis=1), p.argmax(axis=1) == targets
        error = 0.0
        for number in range(10):
            inside = (best > number / 10) & (best <= (number + 1) / 10)
            if inside.any():
                error += inside.mean() * abs(right[inside].mean() - best[inside].mean())
        for scores in (logits, p):
            assert curve(viz.reliability_diagram(targets, tensor(scores)), "ECE")[2] == f"ECE {error:.3f}"

    def test_logits_of_one_class(self):
        targets, scores = two_classes(False)
        p = 1 / (1 + np.exp(-scores))
        for one, two in zip(
            curve(viz.reliability_diagram(targets, scores), "ECE")[:2],
            curve(viz.reliability_diagram(targets, p), "ECE")[:2],
            strict=True,
        ):
            np.testing.assert_allclose(one, two)

    def test_ends_of_bins(self):
        figure = viz.reliability_diagram([0, 1, 0, 1], [0.0, 0.5, 0.5, 1.0], bins=2)
        confidence, accuracy, _ = curve(figure, "ECE")
        np.testing.assert_allclose(confidence, [1 / 3, 1])
        np.testing.assert_allclose(accuracy, [1 / 3, 1])

    def test_shares_of_samples(self):
        figure = viz.reliability_diagram([0, 1, 1, 1], [0.1, 0.1, 0.1, 0.9], bins=2)
        heights = [bar.get_height() for bar in figure.axes[0].patches]
        assert heights[0] == pytest.approx(3 * heights[1])
        assert [text.get_text() for text in figure.axes[0].texts] == ["75 %", "25 %"]
        several = viz.reliability_diagram([0, 1], {"a": [0.1, 0.9], "b": [0.2, 0.8]})
        assert not several.axes[0].patches

    def test_errors(self):
        with pytest.raises(ValueError, match="reliability_diagram: bins must be a positive integer"):
            viz.reliability_diagram([0, 1], [0.1, 0.9], bins=0)
        with pytest.raises(ValueError, match="targets must be 0 or 1 with scores of one class, not 2"):
            viz.reliability_diagram([0, 2], [0.1, 0.9])
