"""Grids of images: which axis the channels are on, which values are black and white, titles; filters of layers."""

import numpy as np
import pytest
from helpers import seeded, tensor

import tensorlab as tl
from tensorlab import nn, viz

pytest.importorskip("matplotlib")


def shown(figure):
    """Return the arrays of the images in a picture."""
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


class TestImageGrid:
    def test_channels_first(self):
        x = seeded("first").random((5, 3, 6, 7))
        for image, picture in zip(x, shown(viz.image_grid(tensor(x))), strict=True):
            np.testing.assert_array_equal(picture, image.transpose(1, 2, 0))

    def test_channels_last(self):
        x = seeded("last").integers(0, 256, (4, 6, 7, 3)).astype(np.uint8)
        for image, picture in zip(x, shown(viz.image_grid(x)), strict=True):
            np.testing.assert_allclose(picture, image / 255)

    @pytest.mark.parametrize(("dtype", "place"), [(np.uint8, 3), (np.float64, 1)])
    def test_both_axes_may_hold_the_channels(self, dtype, place):
        x = seeded("both").integers(0, 2, (2, 3, 5, 3)).astype(dtype)
        assert shown(viz.image_grid(x))[0].shape == ((3, 5, 3) if place == 3 else (5, 3, 3))
        assert shown(viz.image_grid(x, channels="first"))[0].shape == (5, 3, 3)
        assert shown(viz.image_grid(x, channels="last"))[0].shape == (3, 5, 3)

    @pytest.mark.parametrize("shape", [(8, 9), (1, 8, 9), (1, 1, 8, 9), (1, 8, 9, 1)])
    def test_grey(self, shape):
        x = seeded("grey").random(shape)
        figure = viz.image_grid(tensor(x))
        np.testing.assert_array_equal(shown(figure)[0], x.reshape(8, 9))
        assert figure.axes[0].images[0].get_cmap().name == "gray"

    def test_lists_of_tensors_and_arrays(self):
        x = seeded("lists").random((3, 4, 4))
        for images in ([tensor(image) for image in x], list(x), x.tolist()):
            np.testing.assert_allclose(np.stack(shown(viz.image_grid(images))), x, rtol=1e-6)

    def test_values(self):
        x = np.array([[[-1.0, 0.0]], [[1.0, 3.0]]])
        limits = [image.get_clim() for image in viz.image_grid(x).axes[0].images]
        assert limits == [(-1, 3), (-1, 3)]
        assert [image.get_clim() for image in viz.image_grid(x, scale_each=True).axes[0].images] == [(-1, 0), (1, 3)]
        assert [image.get_clim() for image in viz.image_grid(x, value_range=(0, 2)).axes[0].images] == [(0, 2)] * 2
        assert viz.image_grid(x.clip(0.2, 0.6)).axes[0].images[0].get_clim() == (0, 1)
        assert viz.image_grid(x > 0).axes[0].images[0].get_clim() == (0, 1)
        assert viz.image_grid((x > 0).astype(np.uint8)).axes[0].images[0].get_clim() == (0, 255)

    def test_colours_are_scaled_and_clipped(self):
        x = np.arange(12.0).reshape(1, 3, 2, 2)
        np.testing.assert_allclose(shown(viz.image_grid(x))[0], x[0].transpose(1, 2, 0) / 11)
        clipped = shown(viz.image_grid(x, value_range=(3, 7)))[0]
        np.testing.assert_allclose(clipped, ((x[0].transpose(1, 2, 0) - 3) / 4).clip(0, 1))

    def test_opacity_is_not_scaled(self):
        x = np.concatenate([np.full((1, 3, 2, 2), 4.0), np.full((1, 1, 2, 2), 0.5)], axis=1)
        picture = shown(viz.image_grid(x))[0]
        assert (picture[..., 3] == 0.5).all()
        assert (picture[..., :3] == 1).all()

    def test_a_normalisation_is_undone(self):
        x = seeded("normalised").random((2, 3, 4, 4))
        mean, std = np.array([0.5, 0.4, 0.3]), np.array([0.2, 0.3, 0.25])
        normalised = (x - mean[:, None, None]) / std[:, None, None]
        pictures = shown(viz.image_grid(tensor(normalised), mean=mean, std=std.tolist()))
        np.testing.assert_allclose(np.stack(pictures), x.transpose(0, 2, 3, 1), rtol=1e-5)  # a list is float32
        np.testing.assert_allclose(shown(viz.image_grid(x[:, 0] - 0.5, mean=0.5))[0], x[0, 0])

    def test_infinite_and_missing_values(self):
        x = np.array([[[np.nan, 2.0], [np.inf, 5.0]]])
        assert viz.image_grid(x).axes[0].images[0].get_clim() == (2, 5)
        viz.image_grid(np.full((1, 2, 2), np.nan)).canvas.draw()

    def test_places_and_titles(self):
        figure = viz.image_grid(np.zeros((5, 4, 6)), columns=2, titles=["a", "b", "c", "d", 5], title="all")
        ax = figure.axes[0]
        lefts, tops = ([image.get_extent()[side] for image in ax.images] for side in (0, 3))
        assert lefts[0] == lefts[2] == lefts[4] < lefts[1] == lefts[3]
        assert tops[0] == tops[1] < tops[2] == tops[3] < tops[4]
        assert [text.get_text() for text in ax.texts] == ["a", "b", "c", "d", "5"]
        for text, image in zip(ax.texts, ax.images, strict=True):
            left, right, _, top = image.get_extent()
            assert text.get_position()[0] == (left + right) / 2
            assert text.get_position()[1] < top
        assert ax.get_title() == "all"

    def test_images_do_not_overlap_and_are_inside(self):
        ax = viz.image_grid(np.zeros((24, 28, 28)), titles=["two\nlines"] * 24).axes[0]
        boxes = [(image.get_extent()[0], image.get_extent()[3]) for image in ax.images]
        assert len(set(boxes)) == 24
        assert min(abs(a - b) for a, _ in boxes for b, _ in boxes if a != b) > 28
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        for image in ax.images:
            extent = image.get_extent()
            assert left <= extent[0] < extent[1] <= right
            assert top <= extent[3] < extent[2] <= bottom

    @pytest.mark.parametrize(
        ("count", "columns"), [(1, 1), (4, 2), (9, 3), (16, 4), (24, 6), (25, 5), (64, 8), (23, 6)]
    )
    def test_rows_are_full_where_they_can_be(self, count, columns):
        ax = viz.image_grid(np.zeros((count, 8, 8))).axes[0]
        assert len({image.get_extent()[0] for image in ax.images}) == columns

    def test_axes_of_the_user(self):
        from matplotlib.figure import Figure

        figure = Figure()
        ax = figure.subplots(1, 2)[1]
        assert viz.image_grid(np.zeros((2, 4, 4)), ax=ax) is figure
        assert len(ax.images) == 2
        part = Figure().subfigures(1, 2)[0]
        assert viz.image_grid(np.zeros((2, 4, 4)), ax=part.subplots()) is part.figure

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (np.zeros((2, 5, 6, 7)), r"image_grid: images must have 1, 3 or 4 channels .*images\[0\]"),
            (np.zeros(3), r"image_grid: images must have 2 or 3 or 4 axes, not shape \(3,\)"),
            (np.zeros((0, 3, 3)), "image_grid: images must not be empty"),
            ([np.zeros((2, 2)), np.zeros((3, 2))], r"images must have one size, not shapes \(2, 2\) and \(3, 2\)"),
        ],
    )
    def test_shapes(self, images, message):
        with pytest.raises(tl.ShapeError, match=message):
            viz.image_grid(images)

    def test_errors(self):
        x = np.zeros((2, 3, 4, 4))
        with pytest.raises(TypeError, match="image_grid: images must be numbers"):
            viz.image_grid("images")
        with pytest.raises(TypeError, match="image_grid: images must have real elements, not complex128"):
            viz.image_grid(x * 1j)
        with pytest.raises(ValueError, match="image_grid: titles must have 2 entries, one for each image, not 1"):
            viz.image_grid(x, titles=["a"])
        with pytest.raises(ValueError, match="image_grid: mean must be a number or 3, one for each channel, not 2"):
            viz.image_grid(x, mean=[0.1, 0.2])
        with pytest.raises(ValueError, match="image_grid: columns must be a positive integer"):
            viz.image_grid(x, columns=0)
        with pytest.raises(TypeError, match="image_grid: ax must be axes of Matplotlib"):
            viz.image_grid(x, ax=3)
        with pytest.raises(ValueError, match="image_grid: channels must be 'first', 'last' or None"):
            viz.image_grid(x, channels="middle")


class TestFilters:
    def test_one_channel(self):
        layer = nn.Conv2d(1, 6, 5)
        weight = layer.weight.detach().numpy()
        for given in (nn.Sequential(nn.ReLU(), nn.Sequential(layer), nn.Conv2d(6, 2, 3)), layer, layer.weight, weight):
            figure = viz.filters(given)
            np.testing.assert_allclose(np.stack(shown(figure)), weight[:, 0])
            limit = abs(weight).max()
            assert {image.get_clim() for image in figure.axes[0].images} == {(-limit, limit)}
            assert figure.axes[0].get_title() == "6 filters of 5×5"
            assert figure.axes[1].get_ylabel() == "weight"

    def test_three_channels_are_colours(self):
        weight = seeded("rgb").normal(size=(4, 3, 5, 5))
        pictures = shown(viz.filters(tensor(weight)))
        for kernel, picture in zip(weight, pictures, strict=True):
            expected = (kernel - kernel.min()) / (kernel.max() - kernel.min())
            np.testing.assert_allclose(picture, expected.transpose(1, 2, 0))

    def test_other_depths_take_a_row_each(self):
        weight = seeded("deep").normal(size=(3, 2, 4, 4))
        figure = viz.filters(tensor(weight))
        np.testing.assert_array_equal(np.stack(shown(figure)), weight.reshape(6, 4, 4))
        assert len({image.get_extent()[0] for image in figure.axes[0].images}) == 2
        assert figure.axes[0].get_title() == "3 filters of 4×4 over 2 channels"

    def test_linear_layers(self):
        layer = nn.Linear(12, 5)
        pictures = shown(viz.filters(nn.Sequential(nn.Flatten(), layer), shape=(3, 4)))
        np.testing.assert_allclose(np.stack(pictures), layer.weight.detach().numpy().reshape(5, 3, 4))

    def test_the_first_ones(self):
        figure = viz.filters(nn.Conv2d(1, 80, 3), max_filters=10)
        assert len(figure.axes[0].images) == 10
        assert figure.axes[0].get_title() == "10 of 80 filters of 3×3"
        assert len(viz.filters(nn.Conv2d(1, 80, 3)).axes[0].images) == 64

    def test_errors(self):
        with pytest.raises(ValueError, match=r"a network with a weight of 4 axes; give shape=\(height, width\)"):
            viz.filters(nn.Linear(4, 2))
        with pytest.raises(ValueError, match="filters: weight must have 4 axes"):
            viz.filters(np.zeros((2, 2)))
        with pytest.raises(ValueError, match=r"weight of shape \(5, 12\) has no rows of 5×2 pixels"):
            viz.filters(nn.Linear(12, 5), shape=(5, 2))
