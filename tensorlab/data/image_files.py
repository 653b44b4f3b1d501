"""Images in files, read by Pillow."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal

from ..options import checked
from ..tensor import Tensor
from .files import FilePath, existing, from_buffer

Mode = Literal["L", "LA", "RGB", "RGBA"]


@checked
def load_image(path: FilePath, mode: Mode | None = "RGB") -> Tensor:
    """Read an image with Pillow, as `ImageFolder` does.

    Parameters
    ----------
    path : str or path
        The file.
    mode : str, optional
        What the image is converted to; see `ImageFolder`.

    Returns
    -------
    Tensor, shape (channels, height, width)
        uint8; with ``mode=None`` grey images of more than 8 bits are uint16, int32 or float32.

    Raises
    ------
    ImportError
        If Pillow is not installed.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = tempfile.mkdtemp() + "/grey.png"
    >>> Image.new("L", (3, 2), 7).save(path)
    >>> tl.data.folder.load_image(path).shape, tl.data.folder.load_image(path, mode=None).shape
    ((3, 2, 3), (1, 2, 3))
    """
    pillow = _pillow()
    with pillow.Image.open(existing("load_image", path)) as opened:
        opened.load()
        pillow.ImageOps.exif_transpose(opened, in_place=True)
        return _tensor_of(_converted(opened, mode))


def _pillow() -> ModuleType:
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise ImportError("reading images requires Pillow: pip install 'tensorlab[images]'") from error
    return PIL


CHANNELS: Mapping[str, tuple[str, int]] = {
    "L": ("uint8", 1), "LA": ("uint8", 2), "RGB": ("uint8", 3), "RGBA": ("uint8", 4), "I;16": ("uint16", 1),
    "I": ("int32", 1), "F": ("float32", 1),
}  # fmt: skip
"""Data type and number of channels of Pillow's modes."""


def _converted(image: Any, mode: Mode | None) -> Any:
    """Return one of Pillow's images in a mode of `CHANNELS`, which is `mode` if that is not None."""
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode.startswith("I;16") and image.mode != "I;16":  # big-endian
        image = image.convert("I")
    if mode is None:
        return image if image.mode in CHANNELS else image.convert("L" if image.mode == "1" else "RGB")
    if image.mode in ("I", "I;16"):
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    return image if image.mode == mode else image.convert(mode)


def _tensor_of(image: Any) -> Tensor:
    dtype, channels = CHANNELS[image.mode]
    pixels = from_buffer(image.tobytes(), dtype, (image.height, image.width, channels))
    return pixels.permute(2, 0, 1)
