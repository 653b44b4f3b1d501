"""What all pictures share: figures of their own, notebooks, a clear error without Matplotlib."""

import builtins
import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn, viz

DRAWN = {
    "image_grid": lambda **options: viz.image_grid(np.zeros((2, 3, 3)), **options),
    "filters": lambda **options: viz.filters(nn.Conv2d(1, 2, 3), **options),
    "misclassified": lambda **options: viz.misclassified(np.zeros((2, 3, 3)), [0, 1], [1, 1], **options),
    "confusion_matrix": lambda **options: viz.confusion_matrix([0, 1], [1, 1], **options),
    "roc_curve": lambda **options: viz.roc_curve([0, 1], [0.1, 0.2], **options),
    "precision_recall_curve": lambda **options: viz.precision_recall_curve([0, 1], [0.1, 0.2], **options),
    "reliability_diagram": lambda **options: viz.reliability_diagram([0, 1], [0.1, 0.2], **options),
    "embedding": lambda **options: viz.embedding(np.eye(4), [0, 1, 0, 1], **options),
    "training_curves": lambda **options: viz.training_curves({"loss": [1.0, 2.0]}, **options),
    "weight_histograms": lambda **options: viz.weight_histograms(nn.Linear(2, 3), **options),
    "gradient_flow": lambda **options: viz.gradient_flow({"a": tl.ones(2)}, **options),
    "decision_boundary": lambda **options: viz.decision_boundary(
        lambda x: x[:, 0], np.eye(2), [0, 1], resolution=5, **options
    ),
}
each = pytest.mark.parametrize("name", DRAWN)


@each
def test_figures_are_returned_and_drawn_without_warnings(name):
    figure = pytest.importorskip("matplotlib.figure")
    drawn = DRAWN[name](title="A title")
    assert isinstance(drawn, figure.Figure)
    assert drawn._repr_png_().startswith(b"\x89PNG")
    titles = [ax.get_title() for ax in drawn.axes]
    assert "A title" in [*titles, drawn.get_suptitle()]


@each
def test_axes_of_the_user(name):
    figure = pytest.importorskip("matplotlib.figure").Figure(layout="constrained")
    ax = figure.subplots(1, 2)[1]
    several = "axes" in inspect.signature(getattr(viz, name)).parameters
    assert DRAWN[name](**({"axes": ax} if several else {"ax": ax})) is figure
    assert ax.has_data()
    assert figure.get_size_inches().tolist() == [6.4, 4.8]
    figure.canvas.draw()


@each
def test_without_matplotlib(name, monkeypatch):
    real = builtins.__import__

    def without(module, *rest):
        if module.startswith("matplotlib") or module == "notebook":
            raise ImportError(module)
        return real(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=rf"^{name} draws with Matplotlib.* pip install 'tensorlab\[viz\]'"):
        DRAWN[name]()


def test_pyplot_is_not_imported_and_settings_stay():
    pytest.importorskip("matplotlib")
    program = """
import sys
import tensorlab as tl
tl.viz
assert not any(name.startswith("matplotlib") for name in sys.modules)
import matplotlib
before = matplotlib.rcParams.copy()  # a look at the entry "backend" would import pyplot
figure = tl.viz.training_curves({"loss": [2.0, 1.0]})
figure._repr_png_()
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
    env = {name: value for name, value in os.environ.items() if name not in ("TENSORLAB_BACKEND", "MPLBACKEND")}
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, env=env)


def test_figures_can_be_pickled():
    pytest.importorskip("matplotlib")
    import pickle

    figure = pickle.loads(pickle.dumps(viz.confusion_matrix([0, 1], [1, 1])))
    assert figure.axes[0].get_title() == "Accuracy 50.0 % (1 of 2)"


def test_colours_are_told_apart_without_red_and_green():
    """Under simulated deuteranopia (Viénot et al., 1999) no two of the first six colours fall together."""
    colors = pytest.importorskip("matplotlib.colors")
    from tensorlab.viz.style import PALETTE

    linear = np.array([colors.to_rgb(color) for color in PALETTE[:6]]) ** 2.2
    lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    seen = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    simulated = (linear @ (np.linalg.inv(lms) @ seen @ lms).T).clip(0, 1) ** (1 / 2.2)
    distances = np.linalg.norm(simulated[:, None] - simulated, axis=-1)
    assert distances[~np.eye(6, dtype=bool)].min() > 0.1
