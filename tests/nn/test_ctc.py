"""Connectionist temporal classification against the sum over all alignments, one by one."""

from itertools import groupby, product

import numpy as np
import pytest
from helpers import assert_close, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional
STEPS, CLASSES = 5, 3


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def reading(path, blank):
    """Return what an alignment says: repetitions are one, and blanks nothing."""
    return [label for label, _ in groupby(path) if label != blank]


def alignments(labels, steps, blank):
    return [path for path in product(range(CLASSES), repeat=steps) if reading(path, blank) == list(labels)]


def likelihood(log_probs, labels, steps, blank=0):
    """Add up the probabilities of all alignments."""
    paths = alignments(labels, steps, blank)
    return sum(np.exp(sum(log_probs[t, c] for t, c in enumerate(path))) for path in paths)


def minus_posteriors(log_probs, labels, steps, blank=0):
    """Return minus the probability of each class at each time, given what is said."""
    found = np.zeros_like(log_probs)
    total = likelihood(log_probs, labels, steps, blank)
    for path in alignments(labels, steps, blank):
        p = np.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
        for t, c in enumerate(path):
            found[t, c] -= p / total
    return found


TARGETS = [(), (1,), (1, 2), (1, 1), (2, 1, 2), (2, 2, 1)]
INPUTS = [5, 4, 2, 3, 5, 4]


@pytest.fixture
def log_probs(rng):
    return log_softmax(rng.standard_normal((STEPS, len(TARGETS), CLASSES)))


def padded(targets, blank=0):
    rows = np.full((len(targets), 4), 77)  # what stands behind the labels does not matter
    for n, labels in enumerate(targets):
        rows[n, : len(labels)] = labels
    return rows


def losses_of(log_probs, targets=TARGETS, inputs=INPUTS, blank=0):
    return np.array(
        [
            -np.log(likelihood(log_probs[:, n], labels, steps, blank))
            for n, (labels, steps) in enumerate(zip(targets, inputs, strict=True))
        ]
    )


class TestValues:
    @pytest.mark.parametrize("form", ["padded", "joined"])
    @pytest.mark.parametrize("as_tensors", [False, True])
    def test_every_reduction(self, log_probs, form, as_tensors):
        lengths = [len(labels) for labels in TARGETS]
        targets = padded(TARGETS) if form == "padded" else np.concatenate(TARGETS).astype("int64")
        losses = losses_of(log_probs)
        mean = np.mean(losses / np.maximum(lengths, 1))
        inputs, sizes = (tensor(INPUTS), tensor(lengths)) if as_tensors else (INPUTS, lengths)
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": mean}.items():
            layer = nn.CTCLoss(reduction=reduction)
            assert_close(layer(tensor(log_probs), tensor(targets), inputs, sizes), expected)

    @pytest.mark.parametrize("blank", [1, 2])
    def test_another_blank(self, log_probs, blank):
        swapped = [tuple({blank: 0}.get(label, label) for label in labels) for labels in TARGETS]
        lengths = [len(labels) for labels in TARGETS]
        found = F.ctc_loss(tensor(log_probs), tensor(padded(swapped)), INPUTS, lengths, blank, "none")
        assert_close(found, losses_of(log_probs, swapped, blank=blank))

    @pytest.mark.parametrize("number", [int, lambda n: tensor(np.array(n)), lambda n: (n,)])
    def test_without_a_batch(self, log_probs, number):
        x = tensor(log_probs[:, 2])
        for reduction, scale in {"none": 1, "sum": 1, "mean": 0.5}.items():
            found = F.ctc_loss(x, tensor([1, 2]), number(4), number(2), reduction=reduction)
            assert found.shape == ()
            assert_close(found, scale * -np.log(likelihood(log_probs[:, 2], (1, 2), 4)))

    def test_nothing_said(self, log_probs):
        """Blanks alone; and no steps say nothing, and nothing else."""
        x = tensor(log_probs[:, :3])
        found = F.ctc_loss(x, tl.zeros(3, 1, dtype=tl.int64) + 1, (5, 0, 0), (0, 0, 1), reduction="none")
        assert_close(found, [-log_probs[:, 0, 0].sum(), 0, np.inf])
        found = F.ctc_loss(x, tl.zeros(0, dtype=tl.int64), (5, 0, 2), (0, 0, 0), reduction="none")
        assert_close(found, [-log_probs[:, 0, 0].sum(), 0, -log_probs[:2, 2, 0].sum()])

    def test_long_inputs_do_not_underflow(self):
        """The number of alignments of one label in T steps is T (T + 1) / 2: probabilities of 2**-T each."""
        steps = 3000
        x = tl.full((steps, 1, 2), -np.log(2.0), dtype=tl.float64)
        loss = F.ctc_loss(x, tl.tensor([[1]]), (steps,), (1,))
        assert_close(loss, steps * np.log(2.0) - np.log(steps * (steps + 1) / 2), rtol=1e-11)

    def test_single_precision_stays(self, log_probs):
        arrays = tensor(log_probs, dtype="float32").array, tensor(padded(TARGETS)).array
        found = F.ctc_loss(*arrays, INPUTS, [len(labels) for labels in TARGETS], reduction="none")
        assert not isinstance(found, tl.Tensor)
        assert tl.asarray(found).dtype == tl.float32
        assert_close(found, losses_of(log_probs), rtol=1e-5)


class TestGradients:
    @pytest.mark.parametrize("scale", [1.0, 0.3, 3.0])
    def test_is_minus_the_posterior(self, log_probs, scale):
        """Whether or not the probabilities of a step add up to one."""
        log_probs = scale * log_probs
        x = leaf(log_probs)
        F.ctc_loss(x, tensor(padded(TARGETS)), INPUTS, [len(labels) for labels in TARGETS], reduction="sum").backward()
        expected = np.stack(
            [
                minus_posteriors(log_probs[:, n], labels, steps)
                for n, (labels, steps) in enumerate(zip(TARGETS, INPUTS, strict=True))
            ],
            axis=1,
        )
        assert_close(x.grad, expected)

    @pytest.mark.parametrize("reduction", ["mean", "none"])
    def test_two_orders_in_both_modes(self, log_probs, reduction):
        lengths, y = [len(labels) for labels in TARGETS], tensor(padded(TARGETS))
        tl.check_gradients(lambda x: F.ctc_loss(x, y, INPUTS, lengths, reduction=reduction), (leaf(log_probs),))

    def test_third_order(self, log_probs):
        """Adding a number to all log-probabilities of a step changes the loss by it: no curvature that way."""
        x, y = leaf(log_probs[:, 2:3]), tl.tensor([[1, 2]])
        g = tl.grad(lambda x: F.ctc_loss(x, y, (5,), (2,), reduction="sum"))
        h = tl.grad(lambda x: (g(x) ** 2).sum())
        third = tl.grad(lambda x: h(x).sum())(x)
        assert_close(third.detach(), np.zeros(x.shape))

    def test_what_lies_behind_the_end_does_not_matter(self, log_probs):
        y = tensor(padded(TARGETS))
        lengths = [len(labels) for labels in TARGETS]
        spoilt = log_probs.copy()
        for n, steps in enumerate(INPUTS):
            spoilt[steps:, n] = np.nan
        x = leaf(spoilt)
        loss = F.ctc_loss(x, y, INPUTS, lengths, reduction="none")
        assert_close(loss.detach(), losses_of(log_probs))
        loss.sum().backward()
        assert np.all(host(x.grad)[np.isnan(spoilt)] == 0)
        assert np.all(np.isfinite(host(x.grad)))

    @pytest.mark.parametrize("zero_infinity", [False, True])
    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    def test_impossible_targets(self, log_probs, zero_infinity, reduction):
        """A repeated label needs a blank between; the gradient of the impossible is zero."""
        x = leaf(log_probs[:, :2])
        layer = nn.CTCLoss(zero_infinity=zero_infinity, reduction=reduction)
        loss = layer(x, tl.tensor([[1, 1, 1], [1, 2, 0]]), (4, 4), (3, 2))
        possible = -np.log(likelihood(log_probs[:, 1], (1, 2), 4))
        expected = {"none": [0, possible], "sum": possible, "mean": possible / 4}[reduction]
        if not zero_infinity:
            expected = [np.inf, possible] if reduction == "none" else np.inf
        assert_close(loss.detach(), expected)
        loss.sum().backward()
        scale = 0.25 if reduction == "mean" else 1
        assert_close(x.grad[:, 0], np.zeros((STEPS, CLASSES)))
        assert_close(x.grad[:, 1], scale * minus_posteriors(log_probs[:, 1], (1, 2), 4))

    def test_classes_of_no_probability(self, log_probs):
        log_probs[1, 0, 1] = -np.inf
        log_probs[0, 0, 2] = -np.inf
        x = leaf(log_probs[:, :1])
        loss = F.ctc_loss(x, tl.tensor([[1, 2]]), (5,), (2,), reduction="sum")
        assert_close(loss.detach(), -np.log(likelihood(log_probs[:, 0], (1, 2), 5)))
        loss.backward()
        assert_close(x.grad[:, 0], minus_posteriors(log_probs[:, 0], (1, 2), 5))


def z(*shape):
    return tl.zeros(*shape)


def i(*shape):
    return tl.zeros(*shape, dtype=tl.int64) + 1


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.ctc_loss(z(5), i(1), (5,), (1,)), tl.ShapeError, r"log_probs has shape .* not \(5,\)"),
        (lambda: F.ctc_loss(z(0, 2, 3), i(2, 1), (0, 0), (1, 1)), tl.ShapeError, r"none of them 0, not \(0, 2, 3\)"),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (1, 1), blank=3), IndexError, "3 classes 0 to 2, not 3"),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (1, 1), blank=-1), IndexError, "3 classes 0 to 2, not -1"),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5,), (1, 1)), tl.ShapeError, "input_lengths must have one .* 2 seq"),
        (
            lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (1,)),
            tl.ShapeError,
            "target_lengths must have one .* not 1",
        ),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 6), (1, 1)), tl.ShapeError, r"the 5 steps .* not \(5, 6\)"),
        (
            lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (1, -1)),
            tl.ShapeError,
            "target_lengths must be not negative",
        ),
        (
            lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (2, 1)),
            tl.ShapeError,
            r"\(2, 2\), .* \(3,\), .*; not \(2, 1\)",
        ),
        (lambda: F.ctc_loss(z(5, 2, 3), i(4), (5, 5), (2, 1)), tl.ShapeError, r"\(3,\), .*; not \(4,\)"),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1) + 2, (5, 5), (1, 1)), IndexError, "outside the 3 classes 0 to 2: 3"),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1) - 2, (5, 5), (1, 1)), IndexError, "outside the 3 classes 0 to 2: -1"),
        (
            lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), (1, 1), 0, "all"),
            ValueError,
            "reduction must be .* not 'all'",
        ),
        (
            lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 2.5), (1, 1)),
            TypeError,
            "ctc_loss: input_lengths must be an int",
        ),
        (lambda: F.ctc_loss(z(5, 2, 3), i(2, 1), (5, 5), None), TypeError, "ctc_loss: target_lengths must be"),
        (lambda: nn.CTCLoss(reduction="all"), ValueError, "CTCLoss: reduction must be"),
        (lambda: F.ctc_loss(i(5, 2, 3), i(2, 1), (5, 5), (1, 1)), TypeError, "ctc_loss: log_probs is int64"),
        (lambda: F.ctc_loss(z(5, 2, 3), z(2, 1), (5, 5), (1, 1)), TypeError, "ctc_loss: targets is float32"),
    ],
)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
