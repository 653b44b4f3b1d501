"""Loss layers."""

from .binary import (
    BCELoss,
    BCEWithLogitsLoss,
    DiceLoss,
    ExponentialLoss,
    MultiLabelSoftMarginLoss,
    SigmoidFocalLoss,
    SoftMarginLoss,
)
from .classification import CrossEntropyLoss, FocalLoss, MultiLabelMarginLoss, MultiMarginLoss, NLLLoss
from .margin import HingeEmbeddingLoss, HingeLoss, MarginRankingLoss, PerceptronLoss, SquaredHingeLoss
from .metric import ContrastiveLoss, CosineEmbeddingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss
from .regression import GaussianNLLLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, PoissonNLLLoss, SmoothL1Loss
from .sequence import CTCLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "ContrastiveLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "ExponentialLoss",
    "FocalLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PerceptronLoss",
    "PoissonNLLLoss",
    "SigmoidFocalLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "SquaredHingeLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]
