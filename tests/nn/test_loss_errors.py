"""What losses and distances refuse, and how their layers are shown."""

import inspect

import pytest

import tensorlab as tl
from tensorlab import nn

F = nn.functional
z, i = tl.zeros, lambda *shape: tl.zeros(*shape, dtype=tl.int64)

LABELLED = {
    "contrastive_loss": lambda label: F.contrastive_loss(z(2, 3), z(2, 3), tl.tensor([0, label])),
    "sigmoid_focal_loss": lambda label: F.sigmoid_focal_loss(z(2), tl.tensor([0, label])),
    "dice_loss": lambda label: F.dice_loss(z(2, 1), tl.tensor([[0], [label]])),
}
"""Losses whose labels are in [0, 1]."""

REFUSED = [
    (
        lambda: F.binary_cross_entropy(z(2, 3), z(3)),
        tl.ShapeError,
        r"input of shape \(2, 3\) and target of shape \(3,\)",
    ),
    (lambda: F.binary_cross_entropy_with_logits(z(2), z(2, 1)), tl.ShapeError, r"\(2,\) and target of shape \(2, 1\)"),
    (lambda: F.binary_cross_entropy(z(2) + 2, z(2)), ValueError, "outside .0, 1."),
    (
        lambda: F.binary_cross_entropy(z(2), z(2), weight=z(3)),
        tl.ShapeError,
        r"weight of shape \(3,\) does not broadcast",
    ),
    (lambda: F.binary_cross_entropy(z(2), z(2), weight=z(3, 2)), tl.ShapeError, r"weight of shape \(3, 2\) does not"),
    (lambda: F.binary_cross_entropy_with_logits(z(2), z(2), pos_weight=z(3)), tl.ShapeError, "pos_weight of shape"),
    (lambda: F.multilabel_soft_margin_loss(z(2, 3), z(2)), tl.ShapeError, r"\(2, 3\) and target of shape \(2,\)"),
    (lambda: F.multilabel_soft_margin_loss(z(()), z(())), tl.ShapeError, "axis of classes"),
    (lambda: F.sigmoid_focal_loss(z(2), z(3)), tl.ShapeError, "same shape"),
    (lambda: F.sigmoid_focal_loss(z(2), z(2), alpha=2), ValueError, "alpha must be at most 1"),
    (
        lambda: nn.SigmoidFocalLoss(gamma=-1),
        ValueError,
        "SigmoidFocalLoss: gamma must be a non-negative number",
    ),
    (lambda: F.focal_loss(z(2, 3), i(2), gamma=-1), ValueError, "gamma must not be negative"),
    (lambda: nn.FocalLoss(gamma=-1), ValueError, "FocalLoss: gamma must be a non-negative number, not -1"),
    (lambda: F.focal_loss(z(2, 3), i(2) + 3), IndexError, "focal_loss: a target is outside the 3 classes 0 to 2: 3"),
    (lambda: F.focal_loss(z(2, 3), i(3)), tl.ShapeError, r"have shape \(2,\), not \(3,\)"),
    (lambda: F.dice_loss(z(2), z(3)), tl.ShapeError, "same shape"),
    (lambda: F.dice_loss(z(2), z(2), eps=-1.0), ValueError, "eps must not be negative"),
    (lambda: nn.DiceLoss(eps=-1.0), ValueError, "DiceLoss: eps"),
    (lambda: F.hinge_loss(z(2), z(3)), tl.ShapeError, "hinge_loss: input of shape"),
    (lambda: F.exponential_loss(z(2), z(3)), tl.ShapeError, "exponential_loss: input of shape"),
    (
        lambda: F.mse_loss(z(2), z(2), weight=z(3)),
        tl.ShapeError,
        r"mse_loss: input of shape \(2,\) and weight of shape",
    ),
    (lambda: F.huber_loss(z(2), z(2), weight=z(3)), tl.ShapeError, r"huber_loss: input of shape \(2,\) and weight of"),
    (lambda: F.huber_loss(z(2), z(2), delta=0), ValueError, "delta must be positive"),
    (lambda: nn.HuberLoss(delta=0), ValueError, "HuberLoss: delta"),
    (lambda: F.smooth_l1_loss(z(2), z(2), beta=-1), ValueError, "beta must not be negative"),
    (lambda: nn.SmoothL1Loss(beta=-1), ValueError, "SmoothL1Loss: beta"),
    (lambda: F.gaussian_nll_loss(z(2), z(2), z(2) - 1), ValueError, "a variance is negative"),
    (lambda: F.gaussian_nll_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"input's shape \(2, 3\).* not \(3,\)"),
    (lambda: F.gaussian_nll_loss(z(2), z(2), z(2), eps=0), ValueError, "eps must be positive"),
    (lambda: nn.GaussianNLLLoss(eps=0), ValueError, "GaussianNLLLoss: eps"),
    (
        lambda: F.kl_div(z(2), z(2), reduction="median"),
        ValueError,
        "'mean', 'batchmean', 'sum' or 'none', not 'median'",
    ),
    (lambda: nn.KLDivLoss(reduction="median"), ValueError, "KLDivLoss: reduction must be"),
    (lambda: nn.L1Loss(reduction="batchmean"), ValueError, "L1Loss: reduction must be 'mean', 'sum' or 'none'"),
    (lambda: F.poisson_nll_loss(z(2), z(3)), tl.ShapeError, r"poisson_nll_loss: shapes \(3,\) and \(2,\) do not"),
    (lambda: F.margin_ranking_loss(z(2), z(2), z(2, 2)), tl.ShapeError, r"\(2,\), \(2,\) and \(2, 2\)"),
    (lambda: F.multi_margin_loss(z(2, 3), i(2), p=3), ValueError, "p must be 1 or 2, not 3"),
    (lambda: nn.MultiMarginLoss(p=3), ValueError, "MultiMarginLoss: p must be"),
    (lambda: nn.MultiMarginLoss(weight=z(2, 2)), tl.ShapeError, r"MultiMarginLoss: weight .* \(2, 2\)"),
    (
        lambda: F.multi_margin_loss(z(2, 3), i(2) + 3),
        IndexError,
        "multi_margin_loss: a target is outside the 3 classes",
    ),
    (lambda: F.multi_margin_loss(z(2, 3), i(3)), tl.ShapeError, r"not \(2, 3\) and \(3,\)"),
    (lambda: F.multi_margin_loss(z(2, 3), i(2), weight=z(2)), tl.ShapeError, "one entry for each of 3 classes"),
    (lambda: F.multilabel_margin_loss(z(2, 3), i(2, 2)), tl.ShapeError, r"\(2, 3\) and target of shape \(2, 2\)"),
    (lambda: F.multilabel_margin_loss(z(2, 3), i(2, 3) + 3), IndexError, "outside the 3 classes 0 to 2: 3"),
    (
        lambda: F.multilabel_margin_loss(z(2, 3, 4), i(2, 3, 4)),
        tl.ShapeError,
        "multilabel_margin_loss: input has shape",
    ),
    (lambda: F.cosine_embedding_loss(z(2, 3), z(2, 3), z(())), tl.ShapeError, r"\(2, 3\), \(2, 3\) and \(\)"),
    (lambda: F.triplet_margin_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"\(2, 3\), \(2, 3\) and \(3,\)"),
    (lambda: F.triplet_margin_loss(z(2), z(2), z(2), margin=0), ValueError, "margin must be positive, not 0"),
    (lambda: nn.TripletMarginLoss(margin=0), ValueError, "TripletMarginLoss: margin"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError, "TripletMarginWithDistanceLoss: margin"),
    (lambda: F.contrastive_loss(z(2, 3), z(3), z(2)), tl.ShapeError, r"input1 of shape \(2, 3\) and input2 of shape"),
    (lambda: F.contrastive_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"\(2, 3\) must have that shape .* not \(3,\)"),
    *(
        (lambda loss=loss, t=t: loss(t), ValueError, f"{name}: an element of target is outside")
        for t in (-0.1, 1.1, -1, 2, float("inf"))
        for name, loss in LABELLED.items()
    ),
    *(
        (lambda loss=loss: loss(1j), TypeError, f"{name}: target is complex64, but must be of a real numeric")
        for name, loss in LABELLED.items()
    ),
    (lambda: F.contrastive_loss(z(2, 3), z(2, 3), z(3) > 0), tl.ShapeError, r"\(2, 3\) must have that shape"),
    (lambda: F.cosine_similarity(z(2, 3), z(2, 4)), tl.ShapeError, r"cosine_similarity: shapes \(2, 3\) and \(2, 4\)"),
    (lambda: F.cosine_similarity(z(2), z(2)), tl.ShapeError, "cosine_similarity: .*axis 1"),
    (lambda: F.pairwise_distance(z(2, 3), z(2, 4)), tl.ShapeError, r"pairwise_distance: shapes \(2, 3\) and \(2, 4\)"),
    (lambda: F.pdist(z(3)), tl.ShapeError, r"pdist: input must have shape \(rows, features\), not \(3,\)"),
    (lambda: F.pdist(z(3, 2), -1), ValueError, "p must not be negative"),
    (
        lambda: F.nll_loss(z(2, 3), i(2), weight=z(2)),
        tl.ShapeError,
        "nll_loss: weight must have one entry for each of 3 classes",
    ),
    (
        lambda: F.cross_entropy(z(2, 3), i(2), z(2)),
        tl.ShapeError,
        "cross_entropy: weight must have one entry for each of 3",
    ),
    (lambda: F.cross_entropy(z(2, 3), z(2, 3), ignore_index=1), ValueError, "ignore_index is for class indices"),
    (lambda: F.cross_entropy(z(()), i(())), tl.ShapeError, "axis of classes"),
    (lambda: F.mse_loss("x", z(1)), TypeError, "mse_loss: input must be a tensor or an array, not str"),
    (lambda: F.hinge_loss(z(2), z(2).astype(tl.complex64)), TypeError, "hinge_loss: target is complex64"),
]


@pytest.mark.filterwarnings("ignore:.*broadcast against each other")
@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_unknown_reduction_is_refused_before_work():
    losses = [name for name in F.__all__ if name.endswith("_loss")] + [
        "kl_div",
        "cross_entropy",
        "binary_cross_entropy",
    ]
    for name in losses:
        operands = [p for p in inspect.signature(getattr(F, name)).parameters.values() if p.default is p.empty]
        with pytest.raises(ValueError, match=f"{name}: reduction must be .*'none', not 'median'"):
            getattr(F, name)(*[tl.ones(())] * len(operands), reduction="median")


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.CrossEntropyLoss(tl.ones(3)), "CrossEntropyLoss()"),
        (nn.BCEWithLogitsLoss(pos_weight=tl.ones(3)), "BCEWithLogitsLoss()"),
        (nn.PairwiseDistance(), "PairwiseDistance()"),
        (
            nn.TripletMarginWithDistanceLoss(),
            "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)",
        ),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text
