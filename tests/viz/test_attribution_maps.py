"""Pictures of attributions and of receptive fields: what their artists hold."""

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.nn.utils import effective_receptive_field
from tensorlab.viz import attribution_maps, receptive_field


def test_rows_of_images_and_attributions():
    images, gradient = tl.rand(3, 3, 6, 5), tl.randn(3, 3, 6, 5)
    maps = {"gradient": gradient, "saliency": abs(gradient), "cam": tl.rand(3, 6, 5)}
    figure = attribution_maps(images, maps, titles=["a", "b", "c"], max_images=2, title="Which pixels count")
    axes = np.reshape(figure.axes, (2, 4))
    assert [ax.get_title() for ax in axes[0]] == ["image", "gradient", "saliency", "cam"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["a", "b"]
    assert figure.get_suptitle() == "Which pixels count"
    np.testing.assert_allclose(axes[1, 0].images[0].get_array(), images[1].permute(1, 2, 0).numpy(), rtol=1e-6)
    np.testing.assert_allclose(axes[1, 1].images[0].get_array(), gradient[1].sum(axis=0).numpy(), rtol=1e-5)
    np.testing.assert_allclose(axes[1, 2].images[0].get_array(), abs(gradient)[1].max(axis=0).numpy(), rtol=1e-6)
    over = axes[1, 3].images
    np.testing.assert_allclose(over[0].get_array(), images[1].mean(axis=0).numpy(), rtol=1e-5)
    np.testing.assert_allclose(over[1].get_array(), maps["cam"][1].numpy(), rtol=1e-6)


def test_scales_of_maps():
    signed = tl.zeros(1, 1, 10, 10)
    signed[0, 0, 0] = tl.linspace(-2, 1, 10)
    figure = attribution_maps(tl.rand(1, 1, 10, 10), signed, percentile=100)
    assert figure.axes[1].images[0].get_clim() == (-2, 2)
    assert figure.axes[1].get_title() == "attribution"
    one_bright = tl.ones(1, 10, 10)
    one_bright[0, 0, 0] = 1000.0
    assert attribution_maps(tl.rand(1, 1, 10, 10), one_bright).axes[1].images[1].get_clim()[1] < 20
    attribution_maps(tl.rand(1, 1, 10, 10), tl.zeros(1, 10, 10)).draw_without_rendering()


def test_errors_name_the_map():
    images = tl.rand(2, 1, 6, 6)
    with pytest.raises(ShapeError, match=r"attribution_maps: maps\['cam'\] must be 2 maps of 6×6, as the images are"):
        attribution_maps(images, {"cam": tl.rand(2, 3, 3)})
    with pytest.raises(ShapeError, match="attribution_maps: titles must have 2 entries, one per image, not 1"):
        attribution_maps(images, tl.rand(2, 6, 6), titles=["a"])
    with pytest.raises(ShapeError, match="axes must be 4"):
        attribution_maps(images, tl.rand(2, 6, 6), axes=attribution_maps(images, tl.rand(2, 6, 6)).axes[:3])


def test_the_picture_of_a_receptive_field_holds_frame_and_gradient():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 1, 3))
    images = tl.rand(4, 1, 16, 16)
    figure = receptive_field(net, images, unit=(1, 2))
    (ax,) = figure.axes
    (frame,) = ax.patches
    # Unit (1, 2) depends on rows 2 - 1 to 2 - 1 + 7 and columns 4 - 1 to 4 - 1 + 7.
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((2.5, 0.5), 8, 8)
    expected = effective_receptive_field(net, images, unit=(1, 2)).numpy()
    np.testing.assert_allclose(ax.images[1].get_array(), expected / expected.max(), rtol=1e-6)
    np.testing.assert_allclose(ax.images[0].get_array(), images[0, 0].numpy(), rtol=1e-6)
    assert ax.get_title().startswith("Receptive field: 8×8 in theory, ")


def test_the_middle_is_that_of_the_layer_and_frames_may_reach_into_the_padding():
    net = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.Conv2d(1, 1, 5, padding=2))
    figure = receptive_field(net, tl.rand(1, 1, 8, 8), "0")
    assert figure.axes[0].patches[0].get_xy() == (2.5, 2.5)  # unit (2, 2) of 4×4
    outside = receptive_field(net, tl.rand(1, 1, 8, 8), unit=(0, 0)).axes[0]
    assert outside.patches[0].get_xy() == (-5.5, -5.5)
    assert outside.get_xlim()[0] < -5.5
    with pytest.raises(ShapeError, match=r"receptive_field: images must have shape"):
        receptive_field(nn.Conv1d(1, 1, 3), tl.rand(1, 1, 8))
