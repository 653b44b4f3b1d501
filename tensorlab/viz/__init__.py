"""Pictures of data, models and runs, drawn with Matplotlib (extra ``viz``).

Functions that draw return the figure, for ``figure.savefig("name.png")``; a notebook shows it. The figures are not
those of pyplot: they need no display and no closing. To draw into a figure of your own, pass its axes as `ax`, or
`axes` where there are several panels: ``tl.viz.roc_curve(targets, scores, ax=plt.gca())``. Values are tensors of any
backend, arrays or lists.

What networks see is computed by functions of its own, which return tensors and need no Matplotlib: those of
`attribution`, and `activations`, `attention_weights`, `maximize_activation` and `loss_landscape`.
"""

from . import attribution
from .attention import attention_maps, attention_weights
from .attribution_maps import attribution_maps
from .curves import learning_rates, training_curves
from .decision import animate_decision_boundary, decision_boundary
from .embeddings import PCAResult, embedding, pca
from .graph import ModelGraph, model_graph
from .hidden import activations, feature_maps
from .images import image_grid
from .landscape import (
    LossLandscape, direction_to, loss_landscape, loss_surface, principal_directions, random_directions,
)  # fmt: skip
from .maximization import MaximizedActivation, maximize_activation, maximized_inputs
from .mistakes import confusion_matrix, misclassified
from .paths import animate_optimizer_paths, optimizer_paths
from .profiles import flame_graph, memory_timeline
from .receptive_fields import receptive_field
from .thresholds import precision_recall_curve, reliability_diagram, roc_curve
from .weights import filters, gradient_flow, weight_histograms

__all__ = [
    # Data
    "image_grid", "embedding", "pca", "PCAResult",
    # Runs
    "training_curves", "learning_rates", "optimizer_paths", "animate_optimizer_paths",
    # Models
    "model_graph", "ModelGraph",
    # Profiles
    "flame_graph", "memory_timeline",
    # Weights
    "filters", "weight_histograms", "gradient_flow",
    # Classifiers
    "confusion_matrix", "misclassified", "roc_curve", "precision_recall_curve", "reliability_diagram",
    "decision_boundary", "animate_decision_boundary",
    # What models see
    "attribution", "activations", "feature_maps", "attention_weights", "attention_maps", "maximize_activation",
    "maximized_inputs", "MaximizedActivation", "attribution_maps", "receptive_field",
    # Loss landscapes
    "loss_landscape", "loss_surface", "LossLandscape", "random_directions", "principal_directions", "direction_to",
]  # fmt: skip
