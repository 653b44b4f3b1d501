"""The ways of optimizers: what is drawn, where, and frame by frame."""

import numpy as np
import pytest
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab import viz
from tensorlab.optim import landscapes, minimize
from tensorlab.viz import paths

Figure = pytest.importorskip("matplotlib.figure").Figure


def result(function=landscapes.rosenbrock, start=(-1.2, 1.0), steps=5, **options):
    return minimize(function, tl.tensor(start), "SGD", max_steps=steps, **{"lr": 1e-3, **options})


class TestPicture:
    def test_ways(self):
        results = {"slow": result(lr=1e-4), "quick": result(steps=1)}
        ax = viz.optimizer_paths(landscapes.rosenbrock, results).axes[0]
        drawn = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
        assert list(drawn) == ["slow: 5 steps", "quick: 1 step"]
        for line, found in zip(drawn.values(), results.values(), strict=True):
            np.testing.assert_allclose(np.stack(line.get_data(), axis=1), host(found.path), rtol=1e-6)
        marked = {line.get_marker(): np.stack(line.get_data(), axis=1).tolist() for line in ax.lines}
        assert marked["x"] == [[1.0, 1.0]]
        assert marked["o"] == [pytest.approx([-1.2, 1.0])]
        assert marked["*"] == [pytest.approx(host(results["quick"].x).tolist())]
        assert (ax.get_xlim(), ax.get_ylim()) == landscapes.rosenbrock.bounds
        assert ax.get_title() == "rosenbrock"

    def test_levels_stand_closer_where_it_is_low(self):
        ax = viz.optimizer_paths(landscapes.rosenbrock, {"": result()}).axes[0]
        # The contours cut the line x = 0, where the function is 1 + 100 y², ever farther apart in height.
        levels = ax.collections[-1].levels
        assert len(levels) > 10
        heights = np.diff(np.expm1(levels))
        assert (heights[1:] > heights[:-1]).all()

    def test_heights_are_where_they_belong(self):
        xs, ys = tensor(np.linspace(-1, 2, 4)), tensor(np.linspace(0, 5, 3))
        x, y = np.meshgrid(host(xs), host(ys))
        expected = (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2
        for function in (landscapes.booth, lambda x: landscapes.booth(x)):
            assert_close(paths._heights("optimizer_paths", function, xs, ys), expected, rtol=1e-12)

    def test_other_functions_are_drawn_around_the_ways(self, monkeypatch):
        monkeypatch.setattr(paths, "POINTS", 11)
        found = result(lambda x: (x * x).sum(), (0.0, 4.0), steps=50, lr=0.5)
        ax = viz.optimizer_paths(lambda x: (x * x).sum(), {"SGD": found}).axes[0]
        assert ax.get_xlim() == (-1.0, 1.0)
        assert ax.get_ylim() == pytest.approx((-0.8, 4.8))
        assert ax.get_title() == ""

    @pytest.mark.filterwarnings("ignore:.*(overflow|invalid value):RuntimeWarning")
    def test_ways_that_leave_the_world(self):
        found = result(lr=1.0, steps=30)
        assert not np.isfinite(found.fun)
        viz.optimizer_paths(landscapes.rosenbrock, {"SGD": found}).canvas.draw()

    def test_bounds_title_and_axes(self):
        figure = Figure()
        ax = figure.subplots()
        drawn = viz.optimizer_paths(
            landscapes.booth, {"SGD": result(landscapes.booth)}, bounds=((0, 2), (1, 5)), title="Booth", ax=ax
        )
        assert drawn is figure
        assert (ax.get_xlim(), ax.get_ylim(), ax.get_title()) == ((0, 2), (1, 5), "Booth")

    @pytest.mark.parametrize("draw", [viz.optimizer_paths, viz.animate_optimizer_paths])
    def test_errors(self, draw):
        good, ax = result(), Figure().subplots()
        with pytest.raises(ValueError, match=f"{draw.__name__}: results must hold at least one"):
            draw(landscapes.rosenbrock, {}, ax=ax)
        with pytest.raises(ValueError, match=r"bounds must be two pairs \(low, high\)"):
            draw(landscapes.rosenbrock, {"a": good}, bounds=((1, 0), (0, 1)), ax=ax)
        with pytest.raises(ValueError, match=r"the path of 'b' has iterates of shape \(3,\)"):
            draw(landscapes.rosenbrock, {"a": good, "b": result(start=(0.0, 0.0, 0.0))}, ax=ax)
        with pytest.raises(ValueError, match="the path of 'c' is a list of trees"):
            draw(landscapes.rosenbrock, {"c": minimize(sum, [1.0, 2.0], "SGD", max_steps=2)}, ax=ax)
        with pytest.raises(TypeError, match="results must be those of minimize, not int: see 'd'"):
            draw(landscapes.rosenbrock, {"d": 3}, ax=ax)
        assert not ax.lines


class TestAnimation:
    def test_frames(self):
        results = {"short": result(steps=2), "long": result(steps=5)}
        animation = viz.animate_optimizer_paths(landscapes.rosenbrock, results)
        frames = []
        show = animation._func
        animation._func = lambda number: frames.append(number) or show(number)
        assert "<img" in animation.to_jshtml()
        assert sorted(set(frames)) == [0, 1, 2, 3, 4, 5]
        ax = animation._fig.axes[0]
        ways = {line.get_label(): line for line in ax.lines if line.get_label() in results}
        tips = [line for line in ax.lines if line.get_marker() == "*"]
        for step in (0, 4, 1):
            show(step)
            assert ax.get_title() == f"rosenbrock, step {step}"
            for tip, (name, found) in zip(tips, results.items(), strict=True):
                path = host(found.path)[: step + 1]
                np.testing.assert_allclose(np.stack(ways[name].get_data(), axis=1), path, rtol=1e-6)
                np.testing.assert_allclose(np.stack(tip.get_data(), axis=1), path[-1:], rtol=1e-6)

    @pytest.mark.parametrize(("max_frames", "steps"), [(3, [0, 3, 5]), (1, [0, 5]), (100, [0, 1, 2, 3, 4, 5])])
    def test_long_ways_have_several_steps_in_a_frame(self, max_frames, steps):
        animation = viz.animate_optimizer_paths(landscapes.rosenbrock, {"": result()}, max_frames=max_frames)
        ax, seen = animation._fig.axes[0], []
        for number in range(len(steps)):
            animation._func(number)
            seen.append(int(ax.get_title().rpartition(" ")[2]))
        assert seen == steps
        animation.to_jshtml()

    def test_files(self, tmp_path):
        image = pytest.importorskip("PIL.Image")
        animation = viz.animate_optimizer_paths(landscapes.booth, {"SGD": result(landscapes.booth, steps=3)})
        animation.save(tmp_path / "ways.gif", writer="pillow")
        with image.open(tmp_path / "ways.gif") as file:
            assert file.n_frames == 4
