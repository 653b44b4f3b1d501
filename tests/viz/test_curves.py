"""Curves of runs from histories and rows of logs, and schedules."""

import numpy as np
import pytest
from helpers import tensor

import tensorlab as tl
from tensorlab import optim, viz

pytest.importorskip("matplotlib")


def lines(ax):
    """Return the data of the labelled lines of axes, by label."""
    labelled = (line for line in ax.lines if not line.get_label().startswith("_"))
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in labelled}


class TestTrainingCurves:
    def test_a_history(self):
        history = {"loss": [3.0, 2.0, 1.0], "valid_loss": [3.0, 2.5, 2.6], "accuracy": [0.1, 0.5, 0.9]}
        figure = viz.training_curves(history)
        assert [ax.get_title() for ax in figure.axes] == ["loss", "accuracy"]
        assert lines(figure.axes[0]) == {
            "training": ([1, 2, 3], [3, 2, 1]),
            "held out (best 2.5 at 2)": ([1, 2, 3], [3, 2.5, 2.6]),
        }
        assert figure.axes[0].get_xlabel() == "epoch"
        assert figure.axes[1].get_legend() is None

    def test_rows_of_a_log(self):
        rows = [
            {"epoch": 0, "loss": 3.0, "valid_accuracy": 0.5, "note": "first"},
            {"epoch": 1, "loss": 2.0},
            {"epoch": 2, "loss": 1.0, "valid_accuracy": 0.75},
        ]
        figure = viz.training_curves(rows)
        assert lines(figure.axes[0]) == {"training": ([0, 1, 2], [3, 2, 1])}
        assert lines(figure.axes[1]) == {"held out (best 0.75 at 2)": ([0, 2], [0.5, 0.75])}

    def test_rows_of_several_steps_in_an_epoch(self):
        rows = [{"epoch": step // 2, "step": step, "loss": 1.0 / (step + 1)} for step in range(4)]
        ax = viz.training_curves(rows).axes[0]
        assert list(ax.lines[0].get_xdata()) == [0, 1, 2, 3]
        assert ax.get_xlabel() == "step"
        assert list(viz.training_curves(rows, x="epoch").axes[0].lines[0].get_xdata()) == [0, 0, 1, 1]

    @pytest.mark.parametrize(
        "names", [("train_loss", "val_loss"), ("loss/train", "loss/valid"), ("loss", "valid_loss")]
    )
    def test_names_of_the_parts(self, names):
        figure = viz.training_curves({name: [2.0, 1.0] for name in names})
        assert len(figure.axes) == 1
        assert list(lines(figure.axes[0])) == ["training", "held out (best 1 at 2)"]

    def test_several_runs(self):
        runs = {
            "slow": {"loss": [3.0, 2.0], "valid_loss": [3.0, 2.9]},
            "quick": [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}],
        }
        ax = viz.training_curves(runs).axes[0]
        assert lines(ax) == {
            "slow, training": ([1, 2], [3, 2]),
            "slow, held out (best 2.9 at 2)": ([1, 2], [3, 2.9]),
            "quick, training": ([1, 2], [2, 1]),
        }
        by_label = {line.get_label().partition(",")[0]: line.get_color() for line in ax.lines}
        assert by_label["slow"] != by_label["quick"]
        styles = {line.get_label(): line.get_linestyle() for line in ax.lines}
        assert styles["slow, training"] == "-"
        assert styles["slow, held out (best 2.9 at 2)"] == "--"

    def test_runs_without_held_out_data_go_by_their_names(self):
        ax = viz.training_curves({"a": {"loss": [2.0, 1.0]}, "b": {"loss": [3.0, 1.0]}}).axes[0]
        assert list(lines(ax)) == ["a", "b"]

    def test_logarithmic_axes(self):
        def scales(**history):
            return [ax.get_yscale() for ax in viz.training_curves(history).axes]

        assert scales(loss=[1.0, 0.05]) == ["log"]
        assert scales(loss=[1.0, 0.5]) == ["linear"]
        assert scales(loss=[1.0, 0.0]) == ["linear"]
        assert scales(accuracy=[0.01, 1.0]) == ["linear"]
        assert scales(lr=[1.0, 0.01]) == ["log"]
        assert viz.training_curves({"loss": [1.0, 0.5]}, log=True).axes[0].get_yscale() == "log"
        assert viz.training_curves({"loss": [1.0, 0.01]}, log=False).axes[0].get_yscale() == "linear"

    def test_best_is_the_highest_accuracy_and_of_unknown_metrics_unknown(self):
        history = {"valid_accuracy": [0.1, 0.9, 0.5], "valid_wonder": [1.0, 3.0, 2.0]}
        first, second = viz.training_curves(history).axes
        assert list(lines(first)) == ["held out (best 0.9 at 2)"]
        assert list(lines(second)) == ["held out"]

    def test_tensors_numpy_and_missing_values(self):
        history = {
            "loss": [tl.tensor(2.0, requires_grad=True), np.float32(1.0), float("nan")],
            "valid_loss": tensor([2.0, 1.5, 1.25]),
        }
        ax = viz.training_curves(history).axes[0]
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), [2, 1, np.nan])
        assert "held out (best 1.25 at 3)" in lines(ax)
        viz.training_curves({"loss": [float("nan")] * 2, "valid_loss": [float("inf"), 1.0]}).canvas.draw()

    def test_one_run_with_a_name(self):
        figure = viz.training_curves({"first": {"loss": [2.0, 1.0], "valid_loss": [2.0, 1.5]}})
        assert list(lines(figure.axes[0])) == ["training", "held out (best 1.5 at 2)"]
        assert figure.get_suptitle() == "first"

    def test_times_are_drawn_if_they_are_asked_for(self):
        history = {"loss": [2.0, 1.0], "seconds": [3.0, 4.0]}
        assert [ax.get_title() for ax in viz.training_curves(history).axes] == ["loss"]
        assert [ax.get_title() for ax in viz.training_curves(history, metrics=["seconds"]).axes] == ["seconds"]

    def test_chosen_metrics_and_axes(self):
        from matplotlib.figure import Figure

        history = {"loss": [2.0, 1.0], "accuracy": [0.1, 0.2], "lr": [1.0, 1.0]}
        assert [ax.get_title() for ax in viz.training_curves(history, metrics=["lr"]).axes] == ["learning rate"]
        figure = Figure()
        axes = figure.subplots(1, 2)
        assert viz.training_curves(history, metrics=["accuracy", "loss"], axes=axes) is figure
        assert [ax.get_title() for ax in axes] == ["accuracy", "loss"]
        with pytest.raises(ValueError, match="training_curves: axes must be 3, one for each panel, not 2"):
            viz.training_curves(history, axes=axes)
        with pytest.raises(TypeError, match="training_curves: axes must be axes of Matplotlib, not 3"):
            viz.training_curves(history, axes=[3, 3, 3])

    def test_many_runs_share_a_legend_beside_the_panels(self):
        runs = {name: {"loss": [3.0, 2.0], "valid_loss": [3.0, 2.9], "accuracy": [0.1, 0.2]} for name in "abcd"}
        figure = viz.training_curves(runs)
        assert [ax.get_legend() for ax in figure.axes] == [None, None]
        (shared,) = figure.legends
        assert [text.get_text() for text in shared.get_texts()] == ["a", "b", "c", "d", "training", "held out"]
        by_run = {line.get_label(): line.get_color() for line in shared.get_lines()}
        drawn = {
            line.get_label().split(",")[0]: line.get_color() for line in figure.axes[0].lines if "," in line.get_label()
        }
        assert drawn == {name: by_run[name] for name in "abcd"}

    @pytest.mark.parametrize("runs", [3, [], {}, [3], {"a": {"b": {"c": 1}}}, "loss", None])
    def test_no_runs(self, runs):
        with pytest.raises(TypeError, match="training_curves: runs must be a mapping from names to lists of numbers"):
            viz.training_curves(runs)

    def test_errors(self):
        history = {"epoch": [1, 2], "loss": [2.0, 1.0]}
        with pytest.raises(ValueError, match="training_curves: metrics must be among loss, not accuracy"):
            viz.training_curves(history, metrics=["accuracy"])
        with pytest.raises(ValueError, match="training_curves: x must be a column, epoch, loss, not 'time'"):
            viz.training_curves(history, x="time")
        with pytest.raises(ValueError, match="training_curves: runs must have numbers to draw"):
            viz.training_curves({"note": ["a", "b"]})


class TestLearningRates:
    @staticmethod
    def schedule():
        optimizer = optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
        return optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    def test_rates(self):
        figure = viz.learning_rates({"half": self.schedule()}, 4, title="Schedules")
        ax = figure.axes[0]
        assert lines(ax) == {"half": ([0, 1, 2, 3], [1, 0.5, 0.25, 0.125])}
        assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Schedules", "step", "learning rate")
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["half"]

    def test_one_schedule_has_no_legend(self):
        assert viz.learning_rates(self.schedule(), 4).axes[0].get_legend() is None

    def test_errors(self):
        with pytest.raises(ValueError, match="learning_rates: steps must be a positive integer"):
            viz.learning_rates(self.schedule(), 0)
