"""Losses and distances beside PyTorch's, over all options."""

import warnings

import numpy as np
import pytest
from beside import assert_alike, assert_same_gradients, compare_functions, compare_layers, ours, theirs, torch
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl

REDUCTIONS = ("mean", "sum", "none")


def normal(*shape):
    return seeded("normal", shape).normal(size=shape)


def other(*shape):
    return seeded("other", shape).normal(size=shape)


def positive(*shape):
    return seeded("positive", shape).uniform(0.1, 2, shape)


def inside(*shape):
    return seeded("inside", shape).uniform(0.05, 0.95, shape)


def log_probabilities(*shape):
    x = normal(*shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def classes(*shape, of=4):
    return np.asarray(seeded("classes", shape).integers(0, of, shape))


def signs(*shape):
    return np.asarray(2 * seeded("signs", shape).integers(0, 2, shape) - 1)


W4 = positive(4)

FUNCTIONS = [
    # name, operands, options
    ("l1_loss", (normal(3, 4), other(3, 4)), {}),
    ("mse_loss", (normal(3, 4), other(3, 4)), {}),
    ("mse_loss", (normal(3, 4), other(3, 4)), {"weight": positive(3, 4)}),
    ("smooth_l1_loss", (normal(3, 4), other(3, 4)), {}),
    ("smooth_l1_loss", (normal(3, 4), other(3, 4)), {"beta": 0.3}),
    ("smooth_l1_loss", (normal(3, 4), other(3, 4)), {"beta": 0.0}),
    ("smooth_l1_loss", (np.array([-0.5, 0.0, 0.5, 2.0]), np.zeros(4)), {"beta": 0.5}),
    ("huber_loss", (normal(3, 4), other(3, 4)), {}),
    ("huber_loss", (normal(3, 4), other(3, 4)), {"delta": 0.3}),
    ("huber_loss", (normal(3, 4), other(3, 4)), {"delta": 0.3, "weight": positive(3, 4)}),
    ("huber_loss", (np.array([-0.5, 0.0, 0.5, 2.0]), np.zeros(4)), {"delta": 0.5}),
    ("gaussian_nll_loss", (normal(3, 4), other(3, 4), positive(3, 4)), {}),
    ("gaussian_nll_loss", (normal(3, 4), other(3, 4), positive(3)), {"full": True}),
    ("gaussian_nll_loss", (normal(3, 4), other(3, 4), positive(3, 1)), {"eps": 0.5}),
    ("gaussian_nll_loss", (normal(3, 4), other(3, 4), positive(1, 4)), {"eps": 0.5, "full": True}),
    ("gaussian_nll_loss", (normal(3, 4), other(3, 4), 0.7), {}),
    ("poisson_nll_loss", (normal(3, 4), 3 * positive(3, 4)), {}),
    ("poisson_nll_loss", (normal(3, 4), 3 * positive(3, 4)), {"full": True}),
    ("poisson_nll_loss", (positive(3, 4), 3 * positive(3, 4)), {"log_input": False, "eps": 0.1}),
    ("kl_div", (log_probabilities(3, 4), inside(3, 4)), {}),
    ("kl_div", (log_probabilities(3, 4), log_probabilities(3, 4)[::-1].copy()), {"log_target": True}),
    ("kl_div", (log_probabilities(3, 4), inside(1, 4)), {}),
    ("binary_cross_entropy", (inside(3, 4), inside(3, 4)[::-1].copy()), {}),
    ("binary_cross_entropy", (inside(3, 4), inside(3, 4)[::-1].copy()), {"weight": positive(4)}),
    ("binary_cross_entropy_with_logits", (5 * normal(3, 4), inside(3, 4)), {}),
    ("binary_cross_entropy_with_logits", (5 * normal(3, 4), inside(3, 4)), {"weight": positive(3, 1)}),
    ("binary_cross_entropy_with_logits", (5 * normal(3, 4), inside(3, 4)), {"pos_weight": W4}),
    ("binary_cross_entropy_with_logits", (5 * normal(3, 4), inside(3, 4)), {"pos_weight": W4, "weight": positive(4)}),
    ("multilabel_soft_margin_loss", (normal(3, 4), inside(3, 4)), {}),
    ("multilabel_soft_margin_loss", (normal(3, 4), inside(3, 4)), {"weight": W4}),
    ("multilabel_soft_margin_loss", (normal(4), inside(4)), {}),
    ("multilabel_soft_margin_loss", (normal(2, 3, 4), inside(2, 3, 4)), {}),
    ("soft_margin_loss", (5 * normal(3, 4), signs(3, 4)), {}),
    ("soft_margin_loss", (5 * normal(3, 4), signs(4)), {}),
    ("hinge_embedding_loss", (positive(3, 4), signs(3, 4)), {}),
    ("hinge_embedding_loss", (positive(3, 4), signs(3, 4)), {"margin": 0.4}),
    ("hinge_embedding_loss", (np.array([1.0, 0.5, 2.0]), np.array([-1, 0, 2])), {}),
    ("margin_ranking_loss", (normal(6), other(6), signs(6)), {}),
    ("margin_ranking_loss", (normal(3, 1), other(1, 4), signs(3, 4)), {"margin": 0.5}),
    ("margin_ranking_loss", (np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([1, -1])), {}),
    ("multi_margin_loss", (normal(5, 4), classes(5)), {}),
    ("multi_margin_loss", (normal(5, 4), classes(5)), {"p": 2, "margin": 0.6}),
    ("multi_margin_loss", (normal(5, 4), classes(5)), {"weight": W4}),
    ("multi_margin_loss", (normal(4), classes()), {}),
    ("multi_margin_loss", (normal(4), classes(1)), {}),
    ("multi_margin_loss", (np.array([[1.0, 0.0, 0.5]]), np.array([0])), {}),
    ("multilabel_margin_loss", (normal(3, 4), np.array([[1, 0, -1, 2], [3, -1, 0, 0], [-1, 1, 1, 1]])), {}),
    ("multilabel_margin_loss", (normal(2, 3), np.array([[0, 1, 2], [1, 1, -1]])), {}),
    ("multilabel_margin_loss", (normal(4), np.array([1, 3, -1, -1])), {}),
    ("multilabel_margin_loss", (np.array([[1.0, 0.0, 0.0]]), np.array([[0, -1, 1]])), {}),
    ("cosine_embedding_loss", (normal(5, 3), other(5, 3), signs(5)), {}),
    ("cosine_embedding_loss", (normal(5, 3), other(5, 3), signs(5)), {"margin": 0.3}),
    ("cosine_embedding_loss", (normal(5, 3), other(5, 3), np.array([1, -1, 0, 2, 1])), {}),
    ("cosine_embedding_loss", (normal(3), other(3), signs()), {}),
    ("triplet_margin_loss", (normal(5, 3), other(5, 3), positive(5, 3)), {}),
    ("triplet_margin_loss", (normal(5, 3), other(5, 3), positive(5, 3)), {"margin": 0.3, "p": 1, "swap": True}),
    ("triplet_margin_loss", (normal(5, 3), other(5, 3), positive(5, 3)), {"p": 3, "eps": 0.1}),
    ("triplet_margin_loss", (normal(3), other(3), positive(3)), {}),
    ("triplet_margin_with_distance_loss", (normal(5, 3), other(5, 3), positive(5, 3)), {}),
    ("triplet_margin_with_distance_loss", (normal(5, 3), other(5, 3), positive(5, 3)), {"margin": 2.0, "swap": True}),
    ("nll_loss", (log_probabilities(5, 4), classes(5)), {}),
    ("nll_loss", (log_probabilities(5, 4), classes(5)), {"weight": W4, "ignore_index": 2}),
    ("nll_loss", (normal(2, 4, 3), classes(2, 3)), {"weight": W4}),
    ("nll_loss", (normal(2, 4, 3, 2), classes(2, 3, 2)), {"ignore_index": 1}),
    ("nll_loss", (normal(4), classes()), {}),
    ("cross_entropy", (normal(5, 4), classes(5)), {"weight": W4, "ignore_index": 2}),
    ("cross_entropy", (normal(2, 4, 3, 2), classes(2, 3, 2)), {"label_smoothing": 0.2, "ignore_index": 1}),
    ("cross_entropy", (normal(2, 4, 3, 2), classes(2, 3, 2)), {"label_smoothing": 0.2, "weight": W4}),
    ("cross_entropy", (normal(2, 4, 3), inside(2, 4, 3)), {"label_smoothing": 0.2, "weight": W4}),
    ("cross_entropy", (normal(4), inside(4)), {}),
    ("cross_entropy", (normal(4), classes()), {"weight": W4}),
]


def names(cases):
    return [f"{case[0]}-{i}" for i, case in enumerate(cases)]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")  # PyTorch's, of kl_div
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("name", "operands", "options"), FUNCTIONS, ids=names(FUNCTIONS))
def test_functions(name, operands, options, reduction):
    compare_functions(name, operands, {**options, "reduction": reduction})


@pytest.mark.parametrize("log_target", [False, True])
def test_divergence_of_a_batch(log_target):
    target = log_probabilities(3, 4) if log_target else inside(3, 4)
    compare_functions("kl_div", (normal(3, 4), target), {"reduction": "batchmean", "log_target": log_target})


def test_zero_probability_costs_nothing():
    # PyTorch's gradient of the target is NaN there.
    compare_functions("kl_div", (normal(2, 2),), {"target": np.array([[0.0, 1.0], [1.0, 0.0]]), "reduction": "sum"})


def test_certainty_costs_what_it_does_in_pytorch():
    p, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    # The 1e-12 that PyTorch divides by is a number of single precision; its gradient of the target is infinite here.
    rounding = abs(float(np.float32(1e-12)) / 1e-12 - 1)
    compare_functions("binary_cross_entropy", (p,), {"target": y, "reduction": "none"}, rtol=2 * rounding)


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_with_a_warning(name):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # The suite's own filter, which "always" has overridden: where both libraries' data types meet in a set.
        warnings.filterwarnings("ignore", "You are comparing a array_api_strict dtype", UserWarning)
        compare_functions(name, (normal(3, 1), other(4)), {"reduction": "none"})
    # Not what the process says meanwhile about something else, as a garbage collection may.
    places = [warning.filename for warning in caught if issubclass(warning.category, UserWarning)]
    assert [place.endswith("beside.py") for place in places] == [True, True]


EMPTY = np.zeros((0, 4)), np.zeros((0,), "int64")

EMPTY_BATCHES = [
    ("l1_loss", (EMPTY[0], EMPTY[0])),
    ("mse_loss", (EMPTY[0], EMPTY[0])),
    ("smooth_l1_loss", (EMPTY[0], EMPTY[0])),
    ("huber_loss", (EMPTY[0], EMPTY[0])),
    ("binary_cross_entropy", (EMPTY[0], EMPTY[0])),
    ("binary_cross_entropy_with_logits", (EMPTY[0], EMPTY[0])),
    ("multilabel_soft_margin_loss", (EMPTY[0], EMPTY[0])),
    ("soft_margin_loss", (EMPTY[0], EMPTY[0].astype("int64"))),
    ("gaussian_nll_loss", (EMPTY[0], EMPTY[0], EMPTY[0])),
    ("nll_loss", EMPTY),
    ("cross_entropy", EMPTY),
    ("multi_margin_loss", EMPTY),
    ("multilabel_margin_loss", (EMPTY[0], EMPTY[0].astype("int64"))),
    ("triplet_margin_loss", (EMPTY[0], EMPTY[0], EMPTY[0])),
    ("cosine_embedding_loss", (EMPTY[0], EMPTY[0], EMPTY[1])),
]


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize(("name", "operands"), EMPTY_BATCHES, ids=names(EMPTY_BATCHES))
def test_empty_batches(name, operands, reduction):
    compare_functions(name, operands, {"reduction": reduction})


LAYERS = [
    ("L1Loss", (), {}, (normal(3, 4), other(3, 4))),
    ("MSELoss", (), {"reduction": "sum"}, (normal(3, 4), other(3, 4))),
    ("SmoothL1Loss", (), {"beta": 0.4}, (normal(3, 4), other(3, 4))),
    ("HuberLoss", ("sum", 0.4), {}, (normal(3, 4), other(3, 4))),
    ("GaussianNLLLoss", (), {"full": True, "eps": 0.3}, (normal(3, 4), other(3, 4), positive(3, 4))),
    ("PoissonNLLLoss", (False, True), {"eps": 0.2}, (positive(3, 4), 1 + positive(3, 4))),
    ("KLDivLoss", (), {"reduction": "batchmean", "log_target": True}, (normal(3, 4), other(3, 4))),
    ("BCELoss", (positive(4),), {"reduction": "sum"}, (inside(3, 4), inside(3, 4)[::-1].copy())),
    ("BCEWithLogitsLoss", (positive(4),), {"pos_weight": W4, "reduction": "none"}, (normal(3, 4), inside(3, 4))),
    ("BCEWithLogitsLoss", (), {}, (normal(3, 4), inside(3, 4))),
    ("MultiLabelSoftMarginLoss", (W4,), {"reduction": "sum"}, (normal(3, 4), inside(3, 4))),
    ("SoftMarginLoss", (), {"reduction": "none"}, (normal(3, 4), signs(3, 4))),
    ("HingeEmbeddingLoss", (0.7,), {"reduction": "sum"}, (positive(3, 4), signs(3, 4))),
    ("MarginRankingLoss", (0.7,), {"reduction": "sum"}, (normal(5), other(5), signs(5))),
    ("MultiMarginLoss", (2, 0.7, W4), {"reduction": "sum"}, (normal(5, 4), classes(5))),
    ("MultiLabelMarginLoss", (), {"reduction": "sum"}, (normal(2, 3), np.array([[0, -1, 2], [1, 1, -1]]))),
    ("CosineEmbeddingLoss", (0.2,), {"reduction": "sum"}, (normal(5, 3), other(5, 3), signs(5))),
    ("TripletMarginLoss", (0.5, 3.0, 1e-3, True), {"reduction": "sum"}, (normal(5, 3), other(5, 3), positive(5, 3))),
    ("TripletMarginWithDistanceLoss", (), {"margin": 0.5, "swap": True}, (normal(5, 3), other(5, 3), positive(5, 3))),
    ("NLLLoss", (W4,), {"ignore_index": 1, "reduction": "sum"}, (normal(5, 4), classes(5))),
    ("CrossEntropyLoss", (W4,), {"ignore_index": 1, "label_smoothing": 0.1}, (normal(5, 4), classes(5))),
    ("CosineSimilarity", (), {}, (normal(3, 4), other(3, 4))),
    ("CosineSimilarity", (), {"axis": -1, "eps": 0.5}, (0.2 + positive(3, 4, 2), other(4, 2))),
    ("PairwiseDistance", (), {}, (normal(3, 4), other(3, 4))),
    ("PairwiseDistance", (3.0, 0.1, True), {}, (normal(3, 4), other(4))),
    ("AdaptiveLogSoftmaxWithLoss", (9, 20, [4, 9]), {"div_value": 2.0}, (normal(6, 9), classes(6, of=20))),
    ("AdaptiveLogSoftmaxWithLoss", (9, 20, [4, 9]), {"div_value": 2.0, "head_bias": True}, (normal(6, 9), classes(6))),
    ("AdaptiveLogSoftmaxWithLoss", (9, 20, [15]), {}, (normal(9), np.array(17))),
    ("AdaptiveLogSoftmaxWithLoss", (9, 20, [15]), {}, (normal(1, 9), np.array([2]))),
]


@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS, ids=names(LAYERS))
def test_layers(name, args, options, inputs):
    compare_layers(name, args, options, inputs)


def test_adaptive_softmax_of_all_classes():
    a, b = tl.nn.AdaptiveLogSoftmaxWithLoss(9, 20, [4, 9], 2.0), torch.nn.AdaptiveLogSoftmaxWithLoss(9, 20, [4, 9], 2.0)
    a.double().load_state_dict(b.double().state_dict())
    x = 20 * normal(40, 9)
    assert_close(a.log_prob(ours(x)).detach(), b.log_prob(theirs(x)).detach().numpy(), rtol=1e-9)
    for part in (x, x[:0], x[:1]):
        found, expected = a.predict(ours(part)), b.predict(theirs(part))
        assert str(found.dtype) == "int64"
        np.testing.assert_array_equal(found.tolist(), expected.tolist())


ORDERS = [0, 0.5, 1, 1.5, 2, 3, float("inf")]


@pytest.mark.parametrize("p", [*ORDERS, -1, -float("inf")])
@pytest.mark.parametrize("keepdims", [False, True])
def test_pairwise_distance(p, keepdims):
    x, y = normal(3, 4), other(3, 4)
    if p == 0:
        y[0] = x[0]
    compare_functions("pairwise_distance", (x, y), {"p": p, "eps": 0.01, "keepdims": keepdims})
    compare_functions("pairwise_distance", (x[0], y), {"p": p})


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (3, 0)])
def test_distances_of_all_pairs(p, shape):
    x = normal(*shape)
    if shape == (5, 3):
        x[2] = x[1]
    compare_functions("pdist", (x,), {"p": p})


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_cosine_similarity(axis):
    compare_functions("cosine_similarity", (normal(3, 4, 4), other(3, 4, 4)), {"axis": axis})
    compare_functions("cosine_similarity", (normal(3, 1, 4), other(4, 4)), {"axis": axis})
    compare_functions("cosine_similarity", (np.zeros((3, 4)), other(3, 4)), {"axis": -1})


# -- linear cross entropy ----------------------------------------------------------------------------------------------

HEADS = [
    # shapes of the input and of the linear weight, shape of the classes
    ((7, 3), (4, 3), (7,)),
    ((3,), (4, 3), ()),
    ((7, 3), (4, 2, 3, 3), (7, 2, 3)),
]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("weight", [None, W4])
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(("input", "matrix", "target"), HEADS)
def test_linear_cross_entropy(input, matrix, target, smoothing, weight, bias, reduction):
    options = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
    labels, shares = classes(*target), inside(*target[:1], 4, *target[1:])
    for y, ignored in [(labels, None), (labels, 2), (labels, -100), (labels, 9), (shares, None)]:
        if input == (3,) and ignored == labels.flat[0] and reduction == "mean":
            continue  # 0 / 0
        a, b = ours([normal(*input), other(*matrix)]), theirs([normal(*input), other(*matrix)])
        if bias:
            a, b = [*a, ours(normal(*matrix[:-1]))], [*b, theirs(normal(*matrix[:-1]))]
        found = tl.nn.functional.linear_cross_entropy(
            *a[:2], ours(y), linear_bias=a[2] if bias else None, ignore_index=ignored, **as_ours(options)
        )
        expected = torch.nn.functional.linear_cross_entropy(
            *b[:2], theirs(y), linear_bias=b[2] if bias else None, ignore_index=ignored, **as_theirs(options)
        )
        assert_alike(found, expected)
        assert_same_gradients([found], [expected], a, b)


def as_ours(options):
    return {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


def as_theirs(options):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


@pytest.mark.parametrize(
    ("args", "options", "inputs"),
    [
        ((3, 4), {}, (normal(7, 3), classes(7))),
        ((3, 4), {"bias": True, "reduction": "sum", "ignore_index": 1}, (normal(7, 3), classes(7))),
        ((3, 4), {"weight": W4, "label_smoothing": 0.1}, (normal(7, 3), classes(7))),
        ((3, 4), {"out_features": (2, 3), "bias": True, "reduction": "none"}, (normal(7, 3), classes(7, 2, 3))),
        ((3, 4), {"out_features": (2,)}, (normal(7, 3), inside(7, 4, 2))),
    ],
)
def test_linear_cross_entropy_layer(args, options, inputs):
    compare_layers("LinearCrossEntropyLoss", args, options, inputs)


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_linear_cross_entropy_in_blocks(rows):
    """PyTorch's computation in blocks has the same options."""
    a, b, y = ours([normal(7, 3), other(4, 3)]), theirs([normal(7, 3), other(4, 3)]), classes(7)
    found = tl.nn.functional.linear_cross_entropy(
        *a, ours(y), options=tl.nn.LinearCrossEntropyOptions(batch_chunk_size=rows)
    )
    expected = torch.nn.functional.linear_cross_entropy(
        *b, theirs(y), options=torch.nn.LinearCrossEntropyOptions(batch_chunk_size=rows)
    )
    both_of = [found], [expected]
    assert_alike(*both_of)
    assert_same_gradients(*both_of, a, b)


# -- CTC ---------------------------------------------------------------------------------------------------------------

LABELS = np.array([[1, 1, 2, 3], [2, 3, 0, 0], [4, 0, 0, 0], [3, 1, 3, 2]])
LENGTHS = (4, 2, 1, 3)
JOINED = np.concatenate([row[:n] for row, n in zip(LABELS, LENGTHS, strict=True)])

CTC = [
    (LABELS, (9, 9, 9, 9), LENGTHS, {}),
    (LABELS, (9, 5, 1, 7), LENGTHS, {}),
    (JOINED, (9, 5, 1, 7), LENGTHS, {}),
    (LABELS, (9, 5, 0, 7), (4, 0, 0, 3), {}),
    (LABELS[:, :0], (9, 5, 1, 7), (0, 0, 0, 0), {}),
    (JOINED[:0], (9, 5, 1, 7), (0, 0, 0, 0), {}),
    (LABELS, (9, 2, 3, 2), LENGTHS, {"zero_infinity": True}),
    (LABELS % 4, (9, 5, 1, 7), LENGTHS, {"blank": 4}),
]


def both(a, b, found, expected):
    assert_alike(found, expected)
    assert_same_gradients(found, expected, (a,), (b,))


@pytest.mark.parametrize("as_tensors", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("labels", "steps", "lengths", "options"), CTC)
def test_ctc_loss(labels, steps, lengths, options, reduction, as_tensors):
    """Gradients of logits: PyTorch's of log-probabilities are right only behind a log_softmax."""
    a, b = ours(normal(9, 4, 5)), theirs(normal(9, 4, 5))
    options = {**options, "reduction": reduction}
    if as_tensors:
        steps, lengths = np.array(steps), np.array(lengths)
    found = tl.nn.CTCLoss(**options)(a.log_softmax(-1), ours(labels), ours(steps), ours(lengths))
    expected = torch.nn.CTCLoss(**options)(b.log_softmax(-1), theirs(labels), theirs(steps), theirs(lengths))
    both(a, b, found, expected)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_ctc_loss_without_a_batch(reduction):
    a, b = ours(normal(9, 5)), theirs(normal(9, 5))
    x, n = np.array([1, 2, 2]), np.array(3)
    found = tl.nn.functional.ctc_loss(a.log_softmax(-1), ours(x), ours(np.array(8)), ours(n), 0, reduction)
    expected = torch.nn.functional.ctc_loss(b.log_softmax(-1), theirs(x), theirs(np.array(8)), theirs(n), 0, reduction)
    both(a, b, found, expected)


def drawn_ctc(seed):
    """Return logits, targets, lengths and options, drawn so that every option and every edge comes up."""
    rng = np.random.default_rng(seed)
    steps, batch, classes = rng.integers(1, 9), rng.integers(1, 4), rng.integers(2, 5)
    blank = int(rng.integers(classes))
    inputs, lengths = rng.integers(seed % 2, steps + 1, batch), rng.integers(0, min(steps, 4) + 1, batch)
    labels = rng.choice([c for c in range(classes) if c != blank], (batch, max(1, lengths.max()) + rng.integers(2)))
    joined = np.concatenate([row[:n] for row, n in zip(labels, lengths, strict=True)])
    options = {"blank": blank, "zero_infinity": bool(rng.integers(2))}
    return 2 * rng.normal(size=(steps, batch, classes)), (labels, joined)[rng.integers(2)], inputs, lengths, options


@pytest.mark.parametrize("seed", range(100))
def test_ctc_loss_with_everything_drawn(seed):
    logits, labels, inputs, lengths, options = drawn_ctc(seed)
    a, b, rest = ours(logits), theirs(logits), (labels, inputs, lengths)
    found = tl.nn.CTCLoss(reduction="none", **options)(a.log_softmax(-1), *map(ours, rest))
    expected = torch.nn.CTCLoss(reduction="none", **options)(b.log_softmax(-1), *map(theirs, rest))
    assert_alike(found, expected)
    weights = np.random.default_rng(seed).uniform(1, 2, len(inputs))
    (found * tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    possible = np.isfinite(expected.detach().numpy())
    assert_close(a.grad[:, tensor(possible)], b.grad.numpy()[:, possible], rtol=1e-9)
    assert not host(a.grad)[:, ~possible].any()  # NaN in PyTorch
    for reduction in ("mean", "sum"):
        found = tl.nn.CTCLoss(reduction=reduction, **options)(a.log_softmax(-1), *map(ours, rest))
        expected = torch.nn.CTCLoss(reduction=reduction, **options)(b.log_softmax(-1), *map(theirs, rest))
        assert_alike(found, expected)
        a.grad = b.grad = None
        found.backward()
        expected.backward()
        assert_close(a.grad[:, tensor(possible)], b.grad.numpy()[:, possible], rtol=1e-9)


def test_ctc_gradients_of_log_probabilities_differ_by_the_probabilities():
    """PyTorch's gradient is not the derivative of its loss unless the probabilities of each step add up to one."""
    x, rest = normal(6, 2, 4), (np.array([[1, 2], [3, 3]]), np.array([4, 6]), np.array([2, 1]))
    a, b = ours(x), theirs(x)
    tl.nn.CTCLoss(reduction="sum")(a, *map(ours, rest)).backward()
    torch.nn.CTCLoss(reduction="sum")(b, *map(theirs, rest)).backward()
    probabilities = np.exp(x)
    probabilities[4:, 0] = 0  # after the end of the first input
    assert_close(a.grad, b.grad.numpy() - probabilities, rtol=1e-9)


def test_impossible_targets():
    a, b = ours(normal(2, 1, 5)), theirs(normal(2, 1, 5))
    found = tl.nn.functional.ctc_loss(a.log_softmax(-1), ours(np.array([[1, 1]])), (2,), (2,), reduction="none")
    expected = torch.nn.functional.ctc_loss(b.log_softmax(-1), theirs(np.array([[1, 1]])), (2,), (2,), reduction="none")
    assert_alike(found, expected)
    assert_close(found.detach(), [np.inf])
