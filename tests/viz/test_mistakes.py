"""Confusion matrices against counts by hand and scikit-learn, and the examples that are misclassified."""

import numpy as np
import pytest
from helpers import seeded, tensor

import tensorlab as tl
from tensorlab import viz

pytest.importorskip("matplotlib")


def entries(figure):
    """Return the texts of a matrix, row by row."""
    ax = figure.axes[0]
    found = {tuple(map(round, text.get_position()[::-1])): text.get_text() for text in ax.texts}
    size = round(len(found) ** 0.5)
    return [[found[row, column] for column in range(size)] for row in range(size)]


class TestConfusionMatrix:
    def test_counts(self):
        figure = viz.confusion_matrix(tensor([0, 0, 1, 2, 2, 2]), tensor([0, 1, 1, 0, 2, 2]))
        assert entries(figure) == [["1", "1", "0"], ["0", "1", "0"], ["1", "0", "2"]]
        np.testing.assert_allclose(
            figure.axes[0].images[0].get_array(), [[0.5, 0.5, 0], [0, 1, 0], [1 / 3, 0, 2 / 3]], rtol=1e-12
        )
        assert figure.axes[0].get_title() == "Accuracy 66.7 % (4 of 6)"

    @pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
    def test_beside_sklearn(self, normalize):
        metrics = pytest.importorskip("sklearn.metrics")
        rng = seeded("confusion")
        targets, predictions = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
        figure = viz.confusion_matrix(targets, tensor(predictions), normalize=normalize)
        expected = metrics.confusion_matrix(targets, predictions, normalize=normalize or "true")
        np.testing.assert_allclose(figure.axes[0].images[0].get_array(), expected)
        if normalize:
            written = np.array(entries(figure), dtype=float)
            np.testing.assert_allclose(written, 100 * expected, atol=0.5)

    def test_scores(self):
        scores = seeded("scores").normal(size=(50, 4))
        targets = seeded("targets").integers(0, 3, 50)
        assert entries(viz.confusion_matrix(targets, tensor(scores))) == entries(
            viz.confusion_matrix(targets, scores.argmax(axis=1))
        )
        assert len(entries(viz.confusion_matrix(targets, scores))) == 4

    def test_a_matrix(self):
        figure = viz.confusion_matrix(tensor([[5, 1], [0, 2]]), class_names=["cat", "dog"], title="Pets")
        assert entries(figure) == [["5", "1"], ["0", "2"]]
        ax = figure.axes[0]
        assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog"]
        assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
        assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Pets", "predicted class", "true class")

    def test_classes_that_never_occur(self):
        figure = viz.confusion_matrix([2, 2], [2, 0], normalize="true")
        assert entries(figure) == [["0", "0", "0"], ["0", "0", "0"], ["50", "0", "50"]]
        figure.canvas.draw()
        viz.confusion_matrix(np.zeros((2, 2), dtype=int)).canvas.draw()

    def test_many_classes_have_no_numbers(self):
        figure = viz.confusion_matrix(np.eye(40, dtype=int))
        assert not figure.axes[0].texts
        assert figure.get_size_inches()[0] < 12

    def test_text_is_readable_on_its_colour(self):
        figure = viz.confusion_matrix(np.array([[90, 10], [50, 50]]))
        assert [text.get_color() == "white" for text in figure.axes[0].texts] == [True, False, False, False]

    def test_errors(self):
        with pytest.raises(ValueError, match=r"confusion_matrix: predictions must have 3 entries, .* not 2"):
            viz.confusion_matrix([0, 1, 1], [0, 1])
        with pytest.raises(TypeError, match="confusion_matrix: targets must be class numbers, of integer type"):
            viz.confusion_matrix([0.0, 1.0], [0, 1])
        with pytest.raises(ValueError, match="must be class numbers from 0, not -1"):
            viz.confusion_matrix([0, -1], [0, 1])
        with pytest.raises(ValueError, match=r"a square matrix, not shape \(2, 3\)"):
            viz.confusion_matrix(np.ones((2, 3)))
        with pytest.raises(ValueError, match="must be counts, not negative or NaN"):
            viz.confusion_matrix(-np.ones((2, 2)))
        with pytest.raises(ValueError, match="class_names must have 3 entries, one for each class, not 2"):
            viz.confusion_matrix([0, 2], [1, 1], class_names=["a", "b"])


class TestMisclassified:
    scores = np.array([[0.9, 0.1, 0.0], [0.3, 0.6, 0.1], [0.1, 0.0, 0.9], [0.2, 0.1, 0.7], [0.0, 1.0, 0.0]])
    targets = np.array([0, 0, 1, 0, 1])

    def images(self):
        return np.stack([np.full((4, 4), k / 10) for k in range(5)])

    def test_the_most_certain_first(self):
        figure = viz.misclassified(tensor(self.images()), tensor(self.targets), tensor(self.scores))
        ax = figure.axes[0]
        assert [float(image.get_array()[0, 0]) for image in ax.images] == [0.2, 0.3, 0.1]
        assert [text.get_text() for text in ax.texts] == ["1\n→ 2 (90 %)", "0\n→ 2 (70 %)", "0\n→ 1 (60 %)"]
        assert ax.get_title() == "3 of 5 images misclassified: true → predicted"

    def test_logits(self):
        logits = 3 * seeded("logits").normal(size=(5, 3)) - 1
        figure = viz.misclassified(self.images(), self.targets, logits)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        wrong = [i for i in np.argsort(-p.max(axis=1)) if p[i].argmax() != self.targets[i]]
        expected = [f"{self.targets[i]}\n→ {p[i].argmax()} ({100 * p[i].max():.0f} %)" for i in wrong]
        assert [text.get_text() for text in figure.axes[0].texts] == expected

    def test_predicted_classes(self):
        predicted = self.scores.argmax(axis=1)
        figure = viz.misclassified(self.images(), self.targets, predicted, class_names=list("abc"), max_images=2)
        assert [text.get_text() for text in figure.axes[0].texts] == ["a\n→ b", "b\n→ c"]

    def test_none(self):
        figure = viz.misclassified(self.images(), self.scores.argmax(axis=1), self.scores)
        assert figure.axes[0].get_title() == "None of 5 images misclassified"
        assert not figure.axes[0].images

    def test_only_what_is_drawn_is_moved(self, monkeypatch):
        moved = []
        backend = tl.active_backend()
        real = type(backend).to_numpy
        monkeypatch.setattr(
            type(backend), "to_numpy", lambda self, array: moved.append(array.shape) or real(self, array)
        )
        images = tl.zeros(1000, 3, 16, 16)
        scores = tl.asarray(np.eye(2)[np.zeros(1000, int)])
        viz.misclassified(images, tl.ones(1000, dtype="int64"), scores, max_images=2)
        assert max(shape[0] for shape in moved if len(shape) > 2) == 2

    def test_errors(self):
        with pytest.raises(ValueError, match="misclassified: targets must have 5 entries"):
            viz.misclassified(self.images(), [0, 1], self.scores)
        with pytest.raises(ValueError, match=r"misclassified: scores must have 5 rows, .* not shape \(4, 3\)"):
            viz.misclassified(self.images(), self.targets, self.scores[:4])
