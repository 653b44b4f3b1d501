"""Histograms of weights and the gradient flow, beside NumPy."""

import numpy as np
import pytest
from helpers import host, seeded, tensor

import tensorlab as tl
from tensorlab import nn, viz

pytest.importorskip("matplotlib")


class TestHistograms:
    def test_counts(self):
        x = seeded("histogram").normal(size=(20, 30))
        figure = viz.weight_histograms({"w": tensor(x)}, bins=12)
        (steps,) = figure.axes[0].patches
        values, edges, _ = steps.get_data()
        expected = np.histogram(x, bins=12)
        np.testing.assert_array_equal(values, expected[0])
        np.testing.assert_allclose(edges, expected[1])
        assert figure.axes[0].get_title() == f"w (20, 30)\n{x.mean():.2g} ± {x.std():.2g}"

    def test_networks(self):
        net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(4, 3))
        names = [ax.get_title().split()[0] for ax in viz.weight_histograms(net).axes]
        assert names == ["0.weight", "3.weight"]
        everything = viz.weight_histograms(dict(net.named_parameters())).axes
        assert [ax.get_title().split()[0] for ax in everything] == [name for name, _ in net.named_parameters()]
        assert len(viz.weight_histograms(dict(net.named_parameters()), max_panels=2).axes) == 2

    def test_elements_that_are_not_finite(self):
        ax = viz.weight_histograms({"w": tensor([1.0, 2.0, np.nan, np.inf])}).axes[0]
        assert ax.get_title() == "w (4,)\n1.5 ± 0.5, 2 not finite"
        assert sum(ax.patches[0].get_data()[0]) == 2
        assert "no finite elements, 1 not finite" in viz.weight_histograms({"w": tensor([np.nan])}).axes[0].get_title()
        viz.weight_histograms({"w": tl.zeros(3), "none": tl.zeros(0)}).canvas.draw()

    def test_errors(self):
        with pytest.raises(ValueError, match="weight_histograms: weights must hold a weight with at least two axes"):
            viz.weight_histograms(nn.ReLU())
        with pytest.raises(TypeError, match="weight_histograms: weights must be a Module, or a mapping"):
            viz.weight_histograms(tl.ones(3))
        with pytest.raises(ValueError, match="weight_histograms: axes must be 1, one for each panel, not 0"):
            viz.weight_histograms(nn.Linear(2, 2), axes=[])


class TestGradientFlow:
    @staticmethod
    def network():
        net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), nn.Linear(3, 1)).double()
        net(tensor(seeded("flow").normal(size=(8, 4)))).square().mean().backward()
        return net

    def test_sizes(self):
        net = self.network()
        figure = viz.gradient_flow(net)
        ax = figure.axes[0]
        gradients = [host(layer.weight.grad) for layer in (net[0], net[2], net[3])]
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [np.sqrt((g**2).mean()) for g in gradients])
        (dots,) = ax.lines
        np.testing.assert_allclose(dots.get_xdata(), [abs(g).max() for g in gradients])
        assert [label.get_text() for label in ax.get_yticklabels()] == ["0.weight", "2.weight", "3.weight"]
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first layer is at the top
        assert ax.get_xscale() == "log"
        figure.canvas.draw()

    def test_relative(self):
        net = self.network()
        ax = viz.gradient_flow(net, relative=True).axes[0]
        expected = [
            np.sqrt((host(layer.weight.grad) ** 2).mean() / (host(layer.weight.detach()) ** 2).mean())
            for layer in (net[0], net[2], net[3])
        ]
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], expected)
        with pytest.raises(ValueError, match="gradient_flow: relative takes a Module"):
            viz.gradient_flow({"a": tl.ones(2)}, relative=True)

    def test_gradients_by_name_and_what_is_wrong_with_them(self):
        gradients = {"good": tl.ones(2), "none": None, "zero": tl.zeros(2), "broken": tensor([np.nan, 1.0])}
        figure = viz.gradient_flow(gradients)
        ax = figure.axes[0]
        assert [text.get_text() for text in ax.texts] == ["no gradient", "zero", "not finite"]
        assert [text.get_position()[1] for text in ax.texts] == [1, 2, 3]
        assert len(ax.patches) == 1
        figure.canvas.draw()
        viz.gradient_flow({"zero": tl.zeros(2)}).canvas.draw()

    def test_errors(self):
        with pytest.raises(ValueError, match=r"must be of a network after backward\(\), but no parameter has one"):
            viz.gradient_flow(nn.Linear(2, 2))
        with pytest.raises(TypeError, match="gradient_flow: gradients must be a Module, or a mapping"):
            viz.gradient_flow([tl.ones(2)])
        with pytest.raises(TypeError, match="gradient_flow: gradients must be numbers"):
            viz.gradient_flow({"a": "b"})
