"""Pictures of profiles."""

import pytest

import tensorlab as tl
from tensorlab import nn, optim, viz

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def profile():
    model = nn.Sequential(nn.Linear(20, 300), nn.Tanh(), nn.Linear(300, 5))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with tl.profile() as p:
        model(tl.ones(64, 20)).sum().backward()
        optimizer.step()
    return p


def test_flame_graph(profile):
    figure = viz.flame_graph(profile)
    (ax,) = figure.axes
    boxes = [patch for patch in ax.patches if patch.get_y() < 0]
    assert sum(box.get_width() for box in boxes) == pytest.approx(1, abs=0.01)  # the phases
    shown = {text.get_text() for text in ax.texts}
    assert {"forward", "backward"} <= shown
    for level in range(1, 4):  # what is above is not wider than what is below
        widths = [
            sum(patch.get_width() for patch in ax.patches if round(patch.get_y() + 0.47) == row)
            for row in (level - 1, level)
        ]
        assert widths[1] <= widths[0] + 1e-6


def test_memory_timeline(profile):
    (ax,) = viz.memory_timeline(profile).axes
    (line, *_) = ax.lines
    assert max(line.get_ydata()) == pytest.approx(profile.peak_bytes / 1e6)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[1:] == ["forward", "backward", "update"]


@pytest.mark.parametrize("draw", [viz.flame_graph, viz.memory_timeline])
def test_axes_of_ones_own_and_empty_profiles(draw):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    with tl.profile() as empty:
        pass
    assert draw(empty, ax=ax, title="a title") is ax.figure
    assert ax.get_title() == "a title"
