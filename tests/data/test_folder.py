"""Folders of images and arrays."""

import gc
import io
import os
import pickle
import struct
import sys
import zlib

import numpy as np
import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab.data import DataLoader
from tensorlab.data.folder import ArrayFolder, DatasetFolder, ImageFolder, load_image

Image = pytest.importorskip("PIL.Image")


def pixels(height=4, width=5, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype="uint8")


def write(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    array = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    Image.fromarray(array).save(path, **options)
    return path


@pytest.fixture
def root(tmp_path):
    """Two classes with three images, beside things that are none."""
    for number, name in enumerate(["cat/1.png", "cat/more/2.PNG", "dog/a.png"]):
        write(tmp_path / name, pixels(seed=number))
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "cat" / "._1.png").write_bytes(b"what macOS leaves")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "file.png").write_bytes(b"in no class")
    return tmp_path


def test_samples_are_found(root):
    data = ImageFolder(root)
    assert (data.classes, data.class_to_idx) == (["cat", "dog"], {"cat": 0, "dog": 1})
    relative = [(os.path.relpath(path, root), target) for path, target in data.samples]
    assert relative == [("cat/1.png", 0), ("cat/more/2.PNG", 0), ("dog/a.png", 1)]
    assert (data.targets, data.imgs, data.skipped) == ([0, 0, 1], data.samples, [])
    assert (len(data), repr(data)) == (3, "ImageFolder(3 samples, 2 classes)")
    for number in range(3):
        image, label = data[number]
        assert_same(image, pixels(seed=number).transpose(2, 0, 1))
        assert (image.dtype.name, label) == ("uint8", [0, 0, 1][number])


def test_transforms_and_batches(root):
    data = ImageFolder(root, lambda image: image.astype("float32") / 255, lambda label: 10 * label)
    images, labels = next(iter(DataLoader(data, batch_size=3)))
    assert_same(
        images, np.stack([pixels(seed=n).transpose(2, 0, 1) for n in range(3)]).astype("float32") / np.float32(255)
    )
    assert labels.tolist() == [0, 0, 10]


def test_the_choice_of_files(root):
    assert len(ImageFolder(root, extensions=[".txt", ".PNG"], loader=os.path.getsize)) == 4
    picked = ImageFolder(root, is_valid_file=lambda path: path.endswith(("1.png", "a.png")))
    assert len(picked) == 2
    sizes = DatasetFolder(root, os.path.getsize, [".txt"], allow_empty=True)
    assert list(sizes) == [(8, 0)]


def test_what_is_no_root(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^ImageFolder: root='.*none' is not a folder"):
        ImageFolder(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"^ImageFolder: root='.*' has no folders, one for each class"):
        ImageFolder(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(
        FileNotFoundError,
        match=r"the classes cat have no files that fit extensions=\.npy; allow_empty=True allows that",
    ):
        ArrayFolder(tmp_path)
    assert len(ArrayFolder(tmp_path, allow_empty=True)) == 0
    with pytest.raises(ValueError, match=r"^DatasetFolder: give either extensions or is_valid_file"):
        DatasetFolder(tmp_path, os.path.getsize)
    with pytest.raises(ValueError, match=r"^ImageFolder: mode must be 'L', 'LA', 'RGB', 'RGBA' or None, not 'BGR'"):
        ImageFolder(tmp_path, mode="BGR")


def test_links_in_circles(root):
    (root / "cat" / "more" / "up").symlink_to(root / "cat", target_is_directory=True)
    (root / "linked").symlink_to(root / "dog", target_is_directory=True)
    data = ImageFolder(root)
    assert [os.path.relpath(path, root) for path, _ in data.samples] == [
        "cat/1.png",
        "cat/more/2.PNG",
        "dog/a.png",
        "linked/a.png",
    ]


# -- unreadable files --------------------------------------------------------------------------------------------------


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def damaged_images():
    file = io.BytesIO()
    Image.fromarray(pixels(64, 64)).save(file, "PNG")
    png = file.getvalue()
    file = io.BytesIO()
    Image.fromarray(pixels(64, 64)).save(file, "JPEG")
    jpeg = file.getvalue()
    huge = struct.pack(">IIBBBBB", 1 << 20, 1 << 20, 8, 2, 0, 0, 0)
    yield "empty", b""
    yield "text", b"no image at all"
    yield "truncated png", png[: len(png) // 2]
    yield "truncated jpeg", jpeg[: len(jpeg) // 2]
    yield "damaged png", png[:200] + bytes(100) + png[300:]
    yield "only a header", png[:30]
    yield (
        "bomb",
        png[:8] + png_chunk(b"IHDR", huge) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b""),
    )


DAMAGED = dict(damaged_images())


@pytest.mark.parametrize("name", DAMAGED)
def test_unreadable_images_are_named(root, name):
    (root / "dog" / "b.png").write_bytes(DAMAGED[name])
    data = ImageFolder(root)
    assert len(data[0][0]) == 3
    with pytest.raises(
        OSError, match=r"^ImageFolder: .*dog/b\.png cannot be read: .*; on_error='skip' leaves such files out"
    ):
        data[3]


def test_unreadable_images_are_skipped_and_counted(root):
    for number, content in enumerate(DAMAGED.values()):
        (root / "dog" / f"b{number}.png").write_bytes(content)
    data = ImageFolder(root, on_error="skip")
    assert [host(data[n][0]).shape for n in range(len(data))] == [(3, 4, 5)] * 3
    assert [os.path.basename(path) for path, _ in data.skipped] == [f"b{n}.png" for n in range(len(DAMAGED))]
    assert all(reason for _, reason in data.skipped)
    assert repr(data) == "ImageFolder(3 samples, 2 classes, 7 files skipped)"


def test_a_file_that_vanishes(root):
    data = ImageFolder(root)
    (root / "dog" / "a.png").unlink()
    with pytest.raises(OSError, match=r"dog/a\.png cannot be read: load_image: .*is not a file"):
        data[2]


def test_without_pillow(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for on_error in ("raise", "skip"):
        with pytest.raises(ImportError, match=r"reading images requires Pillow: pip install 'tensorlab\[images\]'"):
            ImageFolder(root, on_error=on_error)[0]


def test_no_file_stays_open(root):
    data = ImageFolder(root)
    (root / "dog" / "b.png").write_bytes(DAMAGED["truncated png"])
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    images = [data[n] for n in range(3)]
    with pytest.raises(OSError):
        ImageFolder(root)[3]
    if os.path.isdir("/proc/self/fd"):
        assert len(os.listdir("/proc/self/fd")) == before
    del images
    gc.collect()  # a file that is closed here would be a warning


def test_copies_by_pickle(root):
    for data in (ImageFolder(root, mode="L"), ImageFolder(root, mode=None)):
        copy = pickle.loads(pickle.dumps(data))
        assert_same(copy[1][0], host(data[1][0]))
        assert copy.samples == data.samples


# -- modes -------------------------------------------------------------------------------------------------------------


def palette():
    """Return an image of four colours, and the number of the colour of each pixel."""
    numbers = pixels(4, 5, 1)[..., 0] % 4
    image = Image.new("P", (5, 4))
    image.putdata(numbers.ravel().tolist())
    image.putpalette(COLOURS.ravel().tolist())
    return image, numbers


COLOURS = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]], "uint8")


def test_palettes(tmp_path):
    image, numbers = palette()
    image.save(tmp_path / "plain.png")
    image.save(tmp_path / "one.png", transparency=2)
    image.save(tmp_path / "each.png", transparency=bytes([0, 50, 100, 255]))
    colours = COLOURS[numbers].transpose(2, 0, 1)
    for name, opacity in (("plain", None), ("one", [255, 255, 0, 255]), ("each", [0, 50, 100, 255])):
        path = tmp_path / f"{name}.png"
        assert_same(load_image(path), colours)
        shown = colours if opacity is None else np.concatenate([colours, np.array(opacity, "uint8")[numbers][None]])
        assert_same(load_image(path, mode=None), shown)
        assert load_image(path, mode="RGBA").shape == (4, 4, 5)


def test_grey_and_alpha(tmp_path):
    grey, both = pixels(4, 5, 1), pixels(4, 5, 2)
    write(tmp_path / "L.png", grey)
    write(tmp_path / "LA.png", both)
    write(tmp_path / "RGBA.png", pixels(4, 5, 4))
    assert_same(load_image(tmp_path / "L.png"), np.repeat(grey, 3, axis=2).transpose(2, 0, 1))
    assert_same(load_image(tmp_path / "L.png", None), grey.transpose(2, 0, 1))
    assert_same(load_image(tmp_path / "LA.png", None), both.transpose(2, 0, 1))
    assert_same(load_image(tmp_path / "LA.png", "L"), both[..., :1].transpose(2, 0, 1))
    assert_same(load_image(tmp_path / "RGBA.png"), pixels(4, 5, 4)[..., :3].transpose(2, 0, 1))
    assert_same(load_image(tmp_path / "RGBA.png", None), pixels(4, 5, 4).transpose(2, 0, 1))


def test_grey_of_colours(tmp_path):
    """ITU-R 601-2: 0.299 red, 0.587 green, 0.114 blue."""
    write(tmp_path / "x.png", pixels())
    expected = pixels() @ np.array([0.299, 0.587, 0.114])
    assert np.abs(host(load_image(tmp_path / "x.png", "L"))[0] - expected).max() <= 1


def test_black_and_white(tmp_path):
    Image.fromarray(pixels(4, 5, 1)[..., 0] > 100).convert("1").save(tmp_path / "x.png")
    assert_same(
        load_image(tmp_path / "x.png", None)[0], np.where(pixels(4, 5, 1)[..., 0] > 100, 255, 0).astype("uint8")
    )


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits(tmp_path, ending):
    levels = np.array([[0, 255, 256, 1000], [30000, 32768, 65280, 65535]], "uint16")
    Image.fromarray(levels).save(tmp_path / f"x.{ending}")
    kept = load_image(tmp_path / f"x.{ending}", None)
    assert_same(kept[0].astype("int32"), levels.astype("int32"))
    assert_same(load_image(tmp_path / f"x.{ending}", "L")[0], (levels >> 8).astype("uint8"))
    assert_same(load_image(tmp_path / f"x.{ending}")[1], (levels >> 8).astype("uint8"))


def test_floats(tmp_path):
    values = np.array([[0.5, -2.0], [1e6, 3.25]], "float32")
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert_same(load_image(tmp_path / "x.tif", None)[0], values)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_upright(tmp_path, orientation):
    """The first row and column of the stored picture are, by the EXIF standard, these sides of the scene."""
    upright = pixels(8, 16)
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1), 7: upright[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    write(tmp_path / "x.png", np.ascontiguousarray(stored), exif=exif)
    assert_same(load_image(tmp_path / "x.png"), upright.transpose(2, 0, 1))


def test_the_first_picture_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (3, 2), (200, 0, 0)), Image.new("RGB", (3, 2), (0, 200, 0))]
    frames[0].save(tmp_path / "x.tif", save_all=True, append_images=frames[1:])
    assert load_image(tmp_path / "x.tif")[:, 0, 0].tolist() == [200, 0, 0]


def test_cmyk(tmp_path):
    Image.new("CMYK", (2, 2), (0, 255, 255, 0)).save(tmp_path / "x.tif")
    for mode in ("RGB", None):
        assert load_image(tmp_path / "x.tif", mode)[:, 0, 0].tolist() == [255, 0, 0]


# -- arrays ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_arrays(tmp_path, rng, mmap):
    arrays = [rng.normal(size=(2, 3)) for _ in range(4)]
    for number, array in enumerate(arrays):
        (tmp_path / f"class{number // 2}").mkdir(exist_ok=True)
        np.save(tmp_path / f"class{number // 2}" / f"{number}.npy", array)
    data = ArrayFolder(tmp_path, mmap=mmap)
    assert len(data) == 4
    for number, array in enumerate(arrays):
        assert_same(data[number][0], array)
        assert data[number][1] == number // 2
    assert_same(pickle.loads(pickle.dumps(data))[3][0], arrays[3])
    (tmp_path / "class0" / "bad.npy").write_bytes(b"bad")
    with pytest.raises(
        OSError, match=r"^ArrayFolder: .*bad\.npy cannot be read: load_npy: .*is not a readable \.npy file"
    ):
        ArrayFolder(tmp_path)[2]
    assert len(ArrayFolder(tmp_path, on_error="skip").skipped) == 1


def test_images_are_on_the_active_backend(root, other_backend):
    with tl.use_backend(other_backend):
        assert ImageFolder(root)[0][0].backend.name == other_backend
