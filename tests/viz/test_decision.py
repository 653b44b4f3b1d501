"""Decision boundaries: the regions of known functions, stages of a training, the animation."""

import copy

import numpy as np
import pytest
from helpers import seeded, tensor

import tensorlab as tl
from tensorlab import nn, viz

pytest.importorskip("matplotlib")


def data(count=40):
    points = seeded("plane").normal(size=(count, 2))
    return points, (points[:, 0] > 0).astype(int)


def regions(ax):
    """Return the class drawn at each pixel, 0 for the first colour, and the opacity."""
    from matplotlib.colors import to_rgb

    from tensorlab.viz.style import PALETTE

    picture = np.asarray(ax.images[0].get_array())
    palette = np.array([to_rgb(color) for color in PALETTE])
    distances = abs(picture[:, :, None, :3] - palette).sum(axis=-1)
    return distances.argmin(axis=-1), picture[..., 3]


def half_planes(x):
    """Logits that say class 1 where the first coordinate is positive."""
    return x[:, 0]


class TestDecisionBoundary:
    @pytest.mark.parametrize(
        ("model", "output"),
        [
            (half_planes, "logits"),
            (lambda x: x[:, :1], "logits"),
            (lambda x: tl.stack([0 * x[:, 0], x[:, 0]], axis=1), "logits"),
            (lambda x: x[:, 0].sigmoid(), "probabilities"),
            (lambda x: (x[:, 0] > 0).astype("int64"), "labels"),
        ],
    )
    def test_half_planes(self, model, output):
        points, labels = data()
        figure = viz.decision_boundary(model, tensor(points), labels, output=output, bounds=((-2, 2), (-1, 3)))
        classes, opacity = regions(figure.axes[0])
        xs = np.linspace(-2, 2, 200)
        np.testing.assert_array_equal(classes, np.tile(xs > 0, (200, 1)))
        certainty = np.ones(200) if output == "labels" else abs(2 / (1 + np.exp(-xs)) - 1)
        np.testing.assert_allclose(opacity, np.tile(0.12 + 0.5 * certainty, (200, 1)), atol=1e-9)

    def test_the_grid_is_where_it_is_drawn(self):
        points, labels = data()
        seen = []
        viz.decision_boundary(
            lambda x: seen.append(x) or x[:, 0], tensor(points), labels, bounds=((0, 2), (1, 4)), resolution=3
        )
        expected = [[x, y] for y in (1, 2.5, 4) for x in (0, 1, 2)]
        np.testing.assert_allclose(seen[0].numpy(), expected)
        ax = viz.decision_boundary(half_planes, points, labels, bounds=((0, 2), (1, 4)), resolution=3).axes[0]
        assert ax.images[0].get_extent() == [-0.5, 2.5, 0.25, 4.75]
        assert (ax.get_xlim(), ax.get_ylim()) == ((0, 2), (1, 4))

    def test_boundaries(self):
        points, labels = data()
        figure = viz.decision_boundary(lambda x: x[:, 0] - 0.3, points, labels, resolution=101)
        (boundary,) = figure.axes[0].collections[:1]
        vertices = np.concatenate([path.vertices for path in boundary.get_paths()])
        np.testing.assert_allclose(vertices[:, 0], 0.3, atol=1e-3)

    def test_three_classes(self):
        angles = np.array([0.0, 2.0, 4.0])
        directions = np.stack([np.cos(angles), np.sin(angles)])
        points = seeded("three").normal(size=(30, 2))
        labels = (points @ directions).argmax(axis=1)
        figure = viz.decision_boundary(
            lambda x: x @ tensor(directions), tensor(points), labels, class_names=list("abc")
        )
        ax = figure.axes[0]
        classes, _ = regions(ax)
        left, right, bottom, top = (*ax.get_xlim(), *ax.get_ylim())
        grid = np.stack(np.meshgrid(np.linspace(left, right, 200), np.linspace(bottom, top, 200)), axis=-1)
        assert (classes == (grid @ directions).argmax(axis=-1)).mean() > 0.999
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]
        drawn = [collection.get_offsets() for collection in ax.collections if len(collection.get_offsets()) > 1]
        np.testing.assert_allclose(np.concatenate(drawn), points[np.argsort(labels, kind="stable")])

    def test_one_class(self):
        points, _ = data()
        figure = viz.decision_boundary(lambda x: (0 * x[:, 0]).astype("int64"), points, [0] * 40, output="labels")
        assert (regions(figure.axes[0])[0] == 0).all()
        figure.canvas.draw()

    def test_modules_run_in_evaluation_mode_and_stay_as_they_are(self):
        points, labels = data()
        model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2)).double()
        model[1].eval()
        before = copy.deepcopy(model.state_dict())
        first = viz.decision_boundary(model, tensor(points), labels, resolution=20)
        second = viz.decision_boundary(model, tensor(points), labels, resolution=20)
        np.testing.assert_array_equal(regions(first.axes[0])[1], regions(second.axes[0])[1])
        assert [module.training for module in model.modules()] == [True, True, False, True, True]
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), before[name].numpy())

    def test_points_have_the_type_and_the_device_of_the_parameters(self, other_backend):
        points, labels = data()
        seen = []

        class Net(nn.Linear):
            def forward(self, x):
                seen.append((x.dtype.name, x.backend.name))
                return super().forward(x)

        model = Net(2, 1)
        viz.decision_boundary(model, points, labels, resolution=5)
        viz.decision_boundary(model, points, labels, stages=[model.state_dict()], resolution=5)
        viz.decision_boundary(model.to(other_backend), points.tolist(), labels, resolution=5)
        assert seen == [("float32", tl.active_backend().name)] * 2 + [("float32", other_backend)]

    def test_stages(self):
        points, labels = data()
        model = nn.Linear(2, 1).double()
        states = {
            "left": {"weight": tensor([[1.0, 0.0]]), "bias": tensor([1.0])},
            "right": {"weight": tensor([[1.0, 0.0]]), "bias": tensor([-1.0])},
        }
        before = copy.deepcopy(model.state_dict())
        figure = viz.decision_boundary(model, tensor(points), labels, stages=states, bounds=((-2, 2), (-2, 2)))
        assert [ax.get_title() for ax in figure.axes] == ["left", "right"]
        for ax, boundary in zip(figure.axes, (-1, 1), strict=True):
            np.testing.assert_array_equal(regions(ax)[0][0], np.linspace(-2, 2, 200) > boundary)
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), before[name].numpy())
        numbered = viz.decision_boundary(model, tensor(points), labels, stages=list(states.values()), resolution=9)
        assert [ax.get_title() for ax in numbered.axes] == ["stage 0", "stage 1"]

    def test_several_models(self):
        points, labels = data()
        figure = viz.decision_boundary({"a": half_planes, "b": lambda x: -x[:, 0]}, points, labels, title="Both")
        first, second = (regions(ax)[0] for ax in figure.axes)
        np.testing.assert_array_equal(first, 1 - second)
        assert figure.get_suptitle() == "Both"

    def test_errors(self):
        points, labels = data()
        with pytest.raises(ValueError, match=r"decision_boundary: points must have shape \(N, 2\), not \(40, 3\)"):
            viz.decision_boundary(half_planes, np.zeros((40, 3)), labels)
        with pytest.raises(ValueError, match="decision_boundary: labels must have 40 entries"):
            viz.decision_boundary(half_planes, points, labels[:5])
        with pytest.raises(ValueError, match=r"bounds must be two pairs \(low, high\)"):
            viz.decision_boundary(half_planes, points, labels, bounds=((1, 0), (0, 1)))
        with pytest.raises(TypeError, match="decision_boundary: model must be a Module or a function"):
            viz.decision_boundary(3, points, labels)
        with pytest.raises(ValueError, match=r"model must return scores of shape \(25, C\) or \(25,\), not \(5,\)"):
            viz.decision_boundary(lambda x: x[:5, 0], points, labels, resolution=5)
        with pytest.raises(TypeError, match="model returns int64; for class numbers give output='labels'"):
            viz.decision_boundary(lambda x: x[:, 0].astype("int64"), points, labels, resolution=5)
        with pytest.raises(TypeError, match="model must be a Module where stages are given, not function"):
            viz.decision_boundary(half_planes, points, labels, stages=[{}])
        with pytest.raises(TypeError, match="stages must be state dicts"):
            viz.decision_boundary(nn.Linear(2, 1), points, labels, stages=[])


class TestAnimation:
    def test_frames(self):
        points, labels = data()
        model = nn.Linear(2, 1).double()
        states = {f"epoch {k}": {"weight": tensor([[1.0, 0.0]]), "bias": tensor([-float(k)])} for k in range(3)}
        animation = viz.animate_decision_boundary(
            model, tensor(points), labels, states, bounds=((-3, 3), (-3, 3)), resolution=40, title="Lines"
        )
        frames = []
        animation._func, show = lambda number: frames.append(number) or show(number), animation._func
        assert "<img" in animation._repr_html_()
        assert sorted(set(frames)) == [0, 1, 2]
        ax = animation._fig.axes[0]
        for number in (2, 0, 1):
            show(number)
            assert ax.get_title() == f"Lines\nepoch {number}"
            np.testing.assert_array_equal(regions(ax)[0][0], np.linspace(-3, 3, 40) > number)
            assert sum(hasattr(collection, "levels") for collection in ax.collections) == 1

    def test_files(self, tmp_path):
        image = pytest.importorskip("PIL.Image")
        points, labels = data()
        states = [{"bias": tensor([float(k)])} for k in range(3)]
        animation = viz.animate_decision_boundary(nn.Linear(2, 1).double(), tensor(points), labels, states)
        animation.save(tmp_path / "boundary.gif", writer="pillow")
        with image.open(tmp_path / "boundary.gif") as file:
            assert file.n_frames == 3

    def test_without_stages(self):
        points, labels = data()
        with pytest.raises(ValueError, match="animate_decision_boundary: stages must be state dicts, not None"):
            viz.animate_decision_boundary(nn.Linear(2, 1), points, labels, None)
