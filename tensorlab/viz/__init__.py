"""Pictures of data, models and runs, drawn with Matplotlib (extra ``viz``).

Every function returns the figure, for ``figure.savefig("name.png")``; a notebook shows it. The figures are not those of
pyplot: they need no display and no closing. To draw into a figure of your own, pass its axes as `ax`, or `axes` where
there are several panels: ``tl.viz.roc_curve(targets, scores, ax=plt.gca())``. Values are tensors of any backend, arrays
or lists.
"""

from .images import image_grid
from .mistakes import misclassified
from .weights import filters

__all__ = [
    # Images
    "image_grid",
    # Weights
    "filters",
    # Classifiers
    "misclassified",
]  # fmt: skip
