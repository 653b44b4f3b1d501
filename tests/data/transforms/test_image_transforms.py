"""Transforms: batches and single images, seeds, masks, containers, worker processes."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from helpers import host, native

import tensorlab as tl
from tensorlab.data import transforms as T

RANDOM = [
    T.RandomCrop(8, padding=2),
    T.RandomCrop((20, 6), pad_if_needed=True, padding_mode="reflect"),
    T.RandomCrop(8, 3, fill=(1, 2, 3)),
    T.RandomResizedCrop(9),
    T.RandomResizedCrop((5, 12), scale=(0.5, 1.0), interpolation="bicubic"),
    T.RandomHorizontalFlip(),
    T.RandomVerticalFlip(0.3),
    T.RandomRotation(30),
    T.RandomRotation((0, 90), interpolation="bilinear", fill=1, center=(3, 4)),
    T.RandomAffine(20, translate=(0.2, 0.1), scale=(0.8, 1.2), shear=10),
    T.RandomAffine((5, 9), shear=(-5, 5, -10, 10), interpolation="bilinear"),
    T.RandomPerspective(),
    T.RandomErasing(),
    T.RandomErasing(value=(0.1, 0.2, 0.3)),
    T.ColorJitter(0.5, 0.5, 0.5, 0.5),
    T.ColorJitter(brightness=(0.5, 0.6), hue=(-0.1, 0.4)),
    T.RandomGrayscale(0.5),
    T.GaussianBlur(5),
    T.RandomPosterize(2),
    T.RandomSolarize(0.5),
    T.RandomInvert(),
    T.RandomAutocontrast(),
    T.RandomEqualize(),
    T.RandomAdjustSharpness(2.0),
    T.RandAugment(3, magnitude=15),
    T.TrivialAugmentWide(interpolation="bilinear"),
    T.AugMix(chain_depth=2, mixture_width=2),
]
FIXED = [
    T.Resize(7),
    T.Resize((5, 20), "bicubic"),
    T.CenterCrop(8),
    T.CenterCrop((20, 5)),
    T.Pad((1, 2, 3, 4), fill=3, padding_mode="edge"),
    T.Grayscale(3),
    T.Normalize([0.1, 0.2, 0.3], 2.0),
    T.ToDtype(tl.float64, scale=True),
]
LAYERED = [T.FiveCrop(6), T.TenCrop((5, 7))]


def names(transform):
    return repr(transform).replace("\n", "")[:60]


def batch_of(rng, count=6, dtype="float32"):
    values = rng.uniform(size=(count, 3, 12, 16))
    return values.astype(np.float32) if dtype == "float32" else (values * 255).astype(np.uint8)


def of_one(params, place):
    return {name: value[place] if isinstance(value, list) else value for name, value in params.items()}


# -- batches -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("transform", RANDOM, ids=names)
def test_a_batch_is_transformed_as_its_images_alone(transform, dtype, rng):
    images = native(batch_of(rng, dtype=dtype))
    params = transform.make_params(images)
    chosen = params.pop("chosen", None)
    if chosen is None:
        together = transform.transform(images, params)
        alone = [transform.transform(images[i, ...], of_one(params, i)) for i in range(6)]
    else:
        together = transform._apply({"chosen": chosen, **params}, images, ())
        order = np.cumsum(chosen) - 1
        alone = [
            transform.transform(images[i, ...], of_one(params, order[i])) if chosen[i] else images[i, ...]
            for i in range(6)
        ]
    assert all(isinstance(value, list) and len(value) in (6, sum(chosen or [])) for value in params.values())
    for found, expected in zip(host(together), alone, strict=True):
        np.testing.assert_allclose(found, host(expected), rtol=1e-5, atol=1e-6 if dtype == "float32" else 1)


@pytest.mark.parametrize("transform", FIXED, ids=names)
def test_fixed_transforms_of_batches_and_images(transform, rng):
    images = native(batch_of(rng))
    together = host(transform(images))
    for place in range(6):
        np.testing.assert_allclose(together[place], host(transform(images[place, ...])), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("transform", LAYERED, ids=names)
def test_crops_of_batches(transform, rng):
    images = native(batch_of(rng))
    for part, alone in zip(transform(images), transform(images[2, ...]), strict=True):
        np.testing.assert_array_equal(host(part)[2], host(alone))


@pytest.mark.parametrize("transform", RANDOM, ids=names)
def test_the_seed_determines_everything(transform, rng):
    images = native(batch_of(rng))
    first, again, other = (seeded(transform, images, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()
    assert len({sample.tobytes() for sample in host(transform(native(np.stack([batch_of(rng)[0]] * 6))))}) > 1


def seeded(transform, images, seed):
    tl.manual_seed(seed)
    return host(transform(images))


@pytest.mark.parametrize("transform", RANDOM, ids=names)
def test_the_same_for_all_on_request(transform, rng):
    options = {name: getattr(transform, name) for name in transform._declared}
    shared = type(transform)(**{**options, "same_on_batch": True, "generator": tl.Generator(1)})
    images = native(np.stack([batch_of(rng)[0]] * 4))
    out = host(shared(images))
    for sample in out:
        np.testing.assert_allclose(sample, out[0], rtol=1e-6)


def test_a_generator_leaves_the_default_one_alone(rng):
    state = tl.random.default_generator.get_state()
    T.ColorJitter(0.5, 0.5, 0.5, generator=tl.Generator(0))(native(batch_of(rng)))
    assert tl.random.default_generator.get_state() == state


def test_frames_of_a_video_share_parameters(rng):
    frames = native(np.stack([batch_of(rng, 2)] * 3, axis=1))
    for transform in (T.RandomRotation(40), T.RandomCrop(8), T.ColorJitter(0.5), T.RandomHorizontalFlip()):
        out = host(transform(frames))
        assert out.shape[:3] == (2, 3, 3)
        np.testing.assert_array_equal(out[:, 0], out[:, 2])


def test_empty_batches():
    for transform in [*RANDOM, *FIXED]:
        assert transform(tl.zeros(0, 3, 12, 16)).shape[:2] == (0, 3)


# -- what is drawn -----------------------------------------------------------------------------------------------------


def test_flips_happen_with_their_probability():
    images = tl.arange(2.0).reshape(1, 1, 1, 2).expand(4000, 1, 1, 2)
    flipped = host(T.RandomHorizontalFlip(0.3, generator=tl.Generator(0))(images))[:, 0, 0, 0]
    assert abs(flipped.mean() - 0.3) < 0.03
    assert not host(T.RandomHorizontalFlip(0.0)(images))[:, 0, 0, 0].any()
    assert host(T.RandomHorizontalFlip(1.0)(images))[:, 0, 0, 0].all()


def test_crops_cover_every_place():
    transform = T.RandomCrop(2, generator=tl.Generator(0))
    params = transform.make_params(tl.zeros(3000, 1, 4, 5))
    counts = np.histogram2d(params["top"], params["left"], bins=[range(4), range(5)])[0]
    assert counts.shape == (3, 4)
    assert abs(counts / 250 - 1).max() < 0.3


def test_resized_crops_have_the_areas_and_ratios_asked_for():
    transform = T.RandomResizedCrop(8, scale=(0.2, 0.5), ratio=(0.5, 2.0), generator=tl.Generator(0))
    params = transform.make_params(tl.zeros(2000, 1, 200, 200))
    heights, widths = np.array(params["height"]), np.array(params["width"])
    area, ratio = heights * widths / 40000, widths / heights
    assert 0.19 < area.min() < 0.22 < 0.48 < area.max() < 0.51
    assert 0.48 < ratio.min() < 0.55 < 1.8 < ratio.max() < 2.1
    assert abs(np.log(ratio).mean()) < 0.05
    assert (np.array(params["top"]) + heights).max() <= 200


def test_a_crop_that_cannot_fit_is_central():
    params = T.RandomResizedCrop(4, scale=(1.0, 1.0), ratio=(1.0, 1.0)).make_params(tl.zeros(1, 10, 40))
    assert params == {"top": 0, "left": 15, "height": 10, "width": 10}


def test_jitter_stays_in_its_range():
    params = T.ColorJitter(0.4, hue=(0.1, 0.2)).make_params(tl.zeros(500, 3, 2, 2))
    assert set(params) == {"brightness", "hue"}
    assert 0.6 <= min(params["brightness"]) < 0.65 < 1.35 < max(params["brightness"]) <= 1.4
    assert 0.1 <= min(params["hue"]) < max(params["hue"]) <= 0.2


def test_erased_rectangles():
    images = tl.ones(50, 3, 20, 20)
    erased = host(T.RandomErasing(1.0, scale=(0.1, 0.2), generator=tl.Generator(0))(images)) == 0
    assert ((erased.sum((1, 2, 3)) / 1200 > 0.05) & (erased.sum((1, 2, 3)) / 1200 < 0.25)).all()
    for mask in erased[:, 0]:
        rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
        assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    noisy = host(T.RandomErasing(1.0, value="random", generator=tl.Generator(0))(tl.zeros(50, 3, 20, 20)))
    assert abs(noisy[noisy != 0].std() - 1) < 0.05


def test_identity_strength_of_augmentation(rng):
    image = native(batch_of(rng, dtype="uint8"))
    transform = T.RandAugment(1, magnitude=0, generator=tl.Generator(0))
    names = [name for name, _ in transform.make_params(tl.zeros(2000, 3, 4, 4))["operation_0"]]
    assert len(set(names)) == 14
    for name in ("Identity", "ShearX", "Rotate", "Brightness", "Posterize", "TranslateY", "Sharpness"):
        out = transform.transform(image, {"operation_0": [(name, 8 if name == "Posterize" else 0.0)] * 6})
        np.testing.assert_array_equal(host(out), host(image))


# -- masks -------------------------------------------------------------------------------------------------------------

MOVING = [t for t in RANDOM if isinstance(t, T.RandomCrop | T.RandomResizedCrop | T.RandomHorizontalFlip)]
MOVING += [t for t in RANDOM if isinstance(t, T.RandomVerticalFlip | T.RandomRotation | T.RandomAffine)]
MOVING += [T.Resize(9), T.CenterCrop(7), T.Pad(2), T.RandomPerspective(1.0, p=0.5)]


@pytest.mark.parametrize("transform", MOVING, ids=names)
@pytest.mark.parametrize("single", [False, True])
def test_masks_move_with_their_images(transform, single, rng):
    if getattr(transform, "padding_mode", "constant") == "constant" and getattr(transform, "fill", 0) != 0:
        pytest.skip("images are filled with something else than masks")
    classes = rng.integers(0, 200, (4, 12, 16))
    image = native(np.repeat(classes[:, None], 3, 1).astype(np.uint8))
    mask = native(classes)
    if single:
        image, mask = image[0, ...], mask[0, ...]
    options = {name: getattr(transform, name) for name in transform._declared}
    if "interpolation" in options:
        transform = type(transform)(**{**options, "interpolation": "nearest"})
    moved, moved_mask = transform(image, mask)
    assert moved_mask.dtype == mask.dtype
    np.testing.assert_array_equal(host(moved)[..., 0, :, :], host(moved_mask))


def test_masks_keep_their_values_where_colours_change(rng):
    images, masks = native(batch_of(rng)), native(rng.integers(0, 5, (6, 12, 16)))
    transform = T.Compose([T.ColorJitter(0.5), T.GaussianBlur(3), T.RandomErasing(1.0), T.Normalize(0.5, 0.5), np.abs])
    changed, kept = transform(images, masks)
    assert (host(changed) != host(images)).any()
    np.testing.assert_array_equal(host(kept), host(masks))


def test_masks_of_one_class(rng):
    images, inside = native(batch_of(rng)), native(rng.integers(0, 2, (6, 12, 16)) == 1)
    for transform in (T.Resize(5), T.RandomCrop(8, 2), T.RandomResizedCrop(5), T.RandomRotation(30), T.RandomAffine(9)):
        moved = transform(images, inside)[1]
        assert moved.dtype == inside.dtype
        assert 0.2 < host(moved).mean() < 0.8


def test_masks_of_another_size_are_refused():
    with pytest.raises(tl.errors.ShapeError, match=r"RandomCrop: a mask .* must have shape \(8, 8\)"):
        T.RandomCrop(4)(tl.zeros(3, 8, 8), tl.zeros(9, 8))


# -- containers --------------------------------------------------------------------------------------------------------


def test_chains_and_choices(rng):
    images = native(batch_of(rng))
    double, negative = T.Lambda(lambda x: 2 * x), T.Lambda(lambda x: -x)
    chain = T.Compose([double, negative, lambda x: x + 1])
    np.testing.assert_allclose(host(chain(images)), 1 - 2 * host(images), rtol=1e-6)
    sometimes = host(T.RandomApply([double, negative], p=0.5)(images)) / host(images)
    assert {round(float(sample.mean())) for sample in sometimes} == {1, -2}
    one_of = host(T.RandomChoice([double, negative], p=[1, 3])(native(np.ones((4000, 1, 1, 1), np.float32))))
    assert abs((one_of == 2).mean() - 0.25) < 0.03
    assert set(np.unique(one_of)) == {-1, 2}
    order = T.RandomOrder([double, T.Lambda(lambda x: x + 1)])
    found = {float(host(order(native(np.ones((1, 1, 1), np.float32)))).item()) for _ in range(20)}
    assert found == {3.0, 4.0}


def test_choices_with_masks(rng):
    classes = rng.integers(0, 200, (8, 6, 6))
    image, mask = native(classes[:, None].astype(np.uint8)), native(classes)
    for transform in (
        T.RandomChoice([T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0)]),
        T.RandomApply([T.RandomRotation((90, 90))]),
        T.RandomOrder([T.RandomHorizontalFlip(), T.RandomVerticalFlip()]),
    ):
        moved, moved_mask = transform(image, mask)
        np.testing.assert_array_equal(host(moved)[:, 0], host(moved_mask))


def test_changes_of_shape_in_some_of_a_batch_are_refused():
    with pytest.raises(tl.errors.ShapeError, match="must keep their shape"):
        T.RandomApply([T.Resize(4)], generator=tl.Generator(0))(tl.zeros(20, 3, 8, 8))


def test_mixing_while_collating():
    data = tl.data.TensorDataset(tl.rand(8, 3, 6, 6), tl.arange(8))
    for mix in (T.MixUp(num_classes=8), T.CutMix(num_classes=8), T.RandomChoice([T.MixUp(num_classes=8)] * 2)):
        images, targets = next(iter(tl.data.DataLoader(data, 8, collate_fn=T.BatchTransform(mix))))
        assert images.shape == (8, 3, 6, 6)
        np.testing.assert_allclose(host(targets.sum(axis=1)), 1, rtol=1e-6)
    plain = tl.data.DataLoader(data, 4, collate_fn=T.BatchTransform(T.CenterCrop(2)))
    assert [tuple(part.shape) for part in next(iter(plain))] == [(4, 3, 2, 2), (4,)]


def test_arrays_of_pictures_through_a_usual_pipeline(rng):
    pipeline = T.Compose(
        [
            T.ToImage(),
            T.RandomResizedCrop(8),
            T.RandomHorizontalFlip(),
            T.ToDtype("float32", scale=True),
            T.Normalize(0.5, 0.5),
        ]
    )
    image = pipeline((rng.uniform(size=(20, 30, 3)) * 255).astype(np.uint8))
    assert image.shape == (3, 8, 8)
    assert -1 <= float(image.min()) < float(image.max()) <= 1


# -- text, processes ---------------------------------------------------------------------------------------------------


def test_text():
    assert repr(T.RandomCrop(8, padding=2)) == (
        "RandomCrop(size=8, padding=2, pad_if_needed=False, fill=0, padding_mode='constant')"
    )
    assert repr(T.RandomHorizontalFlip(same_on_batch=True)) == "RandomHorizontalFlip(same_on_batch=True, p=0.5)"
    assert repr(T.Compose([T.ToImage(), T.RandomApply([T.Grayscale()])])) == (
        "Compose(\n  ToImage()\n  RandomApply(\n    Grayscale(num_output_channels=1)\n    p=0.5\n  )\n)"
    )


@pytest.mark.parametrize("transform", [*RANDOM, *FIXED, *LAYERED, T.MixUp(num_classes=3), T.Compose(FIXED)], ids=names)
def test_pickles(transform):
    again = pickle.loads(pickle.dumps(transform))
    assert repr(again) == repr(transform)


def transformed(seed):
    tl.manual_seed(seed)
    return host(T.Compose(RANDOM[3:8])(tl.rand(4, 3, 12, 16))).tolist()


@pytest.mark.slow
@pytest.mark.skipif(tl.active_backend().name == "strict", reason="other processes do not know the backend")
def test_other_processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(transformed, (1, 2))) == [transformed(1), transformed(2)]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: T.Resize(0), ValueError, "Resize: size must be"),
        (lambda: T.Resize(5, "cubic"), ValueError, "Resize: interpolation must be"),
        (lambda: T.RandomCrop((1, 2, 3)), ValueError, "RandomCrop: size must be one number"),
        (lambda: T.RandomResizedCrop(5, scale=(0.5, 0.1)), ValueError, "RandomResizedCrop: scale must be a range"),
        (lambda: T.RandomHorizontalFlip(1.5), ValueError, "RandomHorizontalFlip: p must be"),
        (lambda: T.ColorJitter(hue=0.6), ValueError, "ColorJitter: hue must be"),
        (lambda: T.ColorJitter(-1), ValueError, "ColorJitter: brightness must be"),
        (lambda: T.ColorJitter("strong"), TypeError, "ColorJitter: brightness must be"),
        (lambda: T.GaussianBlur(4), ValueError, "GaussianBlur: kernel_size must be one odd"),
        (lambda: T.RandomErasing(value="noise"), ValueError, "RandomErasing: value must be"),
        (lambda: T.Normalize(0.5, 0.0), ValueError, "Normalize: std must not be zero"),
        (lambda: T.RandAugment(magnitude=31), ValueError, "RandAugment: magnitude=31"),
        (lambda: T.RandomChoice([]), ValueError, "RandomChoice: transforms must have"),
        (lambda: T.RandomChoice([T.Grayscale()], p=[1, 2]), ValueError, "RandomChoice: p must have"),
        (lambda: T.Compose(5), TypeError, "Compose: transforms must be"),
        (lambda: T.Compose(["flip"]), TypeError, "Compose: transforms must be"),
        (lambda: T.RandomCrop(9)(tl.zeros(3, 8, 8)), tl.errors.ShapeError, "RandomCrop: the size .* is larger"),
        (lambda: T.RandomHorizontalFlip()(tl.zeros(8, 8)), tl.errors.ShapeError, "channels, height, width"),
    ],
)
def test_refusals(make, error, message):
    with pytest.raises(error, match=message):
        make()
