"""Files of ``torch.save``, read without PyTorch, and without calling anything that they name.

Since PyTorch 1.6 a file is a zip archive: ``data.pkl`` is a pickle in which tensors refer to storages, and each storage
is an uncompressed entry ``data/<key>``. Before, pickles and storages followed one another in a plain file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from functools import partial
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any, Literal, NamedTuple
from zlib import crc32

from ..backend import dtypes, get_backend
from ..tensor import Tensor
from . import numpy_pickles
from .octets import are_sizes, array_of
from .source import Source
from .structure import Damaged, Unreadable
from .unpickling import Function, Names, Unpickler, checked_key

ADVICE = ", and only tensors, containers, numbers and text are read; save model.state_dict() from PyTorch"

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
"""The first object in files of the old format."""

STORAGES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "Untyped": "uint8",
}  # fmt: skip
"""The data types of storages, by the names of PyTorch's classes without the ending ``Storage``."""

Key = tuple[str, str, int, tuple[int, ...], tuple[int, ...]]
ToTensor = Callable[[Any], Tensor]


class StorageType(NamedTuple):
    """Stands for a class of storages."""

    dtype: str
    itemsize: int


class Storage(NamedTuple):
    """Stands for a storage: its key, its bytes, and where in them it begins, in elements of its data type."""

    key: str
    dtype: str
    octets: Any
    start: int = 0


class SourceReader(RawIOBase):
    """A source as a file that is read."""

    def __init__(self, source: Source) -> None:
        self._source, self._position = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, offset + (0, self._position, self._source.size)[whence])
        return self._position

    def readinto(self, buffer: Any) -> int:
        start = min(self._position, self._source.size)
        stop = min(start + len(buffer), self._source.size)
        buffer[: stop - start] = self._source.fetch(start, stop)
        self._position = stop
        return stop - start


def is_zip(start: bytes) -> bool:
    """Whether a file that begins so is a zip archive."""
    return start.startswith(b"PK\x03\x04")


def is_legacy(start: bytes) -> bool:
    """Whether a file that begins so is one of the old format."""
    try:
        return bool(Unpickler(BytesIO(start), {}).load() == LEGACY_MAGIC)
    except Unreadable:
        return False


# -- the two formats ---------------------------------------------------------------------------------------------------


def read_zip(source: Source, to_tensor: ToTensor, verify: bool) -> Any:
    """Return the object in a zip archive.

    Raises
    ------
    Unreadable
        If it is no archive of ``torch.save``, is damaged, or names anything but tensors and plain containers.
    """
    archive = Archive(source, verify)
    order = bytes(archive.read("byteorder")).decode("latin-1") if "byteorder" in archive else "little"
    if order not in ("little", "big"):
        raise Damaged(f"its byte order is {order!r}")
    octets: dict[str, Any] = {}

    def storage(pid: Any) -> Storage:
        kind, key, numel, _ = _identifier(pid)
        if key not in octets:
            octets[key] = archive.read(f"data/{key}")
        if numel * kind.itemsize != len(octets[key]):
            raise Damaged(f"its storage {key!r} has {len(octets[key])} bytes in place of {numel} of {kind.dtype}")
        return Storage(key, kind.dtype, octets[key])

    names = {**NAMES, **Rebuilding(to_tensor, order).names()}
    return Unpickler(BytesIO(archive.read("data.pkl")), names, storage, ADVICE).load()


class Archive:
    """The entries of a zip archive, which all are in one folder."""

    def __init__(self, source: Source, verify: bool) -> None:
        self._source, self._verify = source, verify
        try:
            with zipfile.ZipFile(BufferedReader(SourceReader(source))) as archive:
                self._entries = {info.filename: info for info in archive.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OverflowError) as error:
            raise Damaged(f"it is no readable zip archive: {error}") from error
        folders = [name.removesuffix("data.pkl") for name in self._entries if name.count("/") == 1]
        self._folder = next((folder for folder in folders if folder + "data.pkl" in self._entries), None)
        if self._folder is None:
            raise Unreadable("is a zip archive that torch.save did not write: it has no data.pkl")
        if "constants.pkl" in self:
            raise Unreadable("is a TorchScript archive, whose code is not run; save model.state_dict() from PyTorch")
        if sum(info.file_size for info in self._entries.values()) > source.size:
            raise Damaged("its entries take more bytes than the file has")

    def __contains__(self, name: str) -> bool:
        return f"{self._folder}{name}" in self._entries

    def read(self, name: str) -> Any:
        """Return the bytes of an entry, which must not be compressed: that would let a small file fill the memory."""
        if name not in self:
            raise Damaged(f"it has no entry {name!r}")
        info = self._entries[f"{self._folder}{name}"]
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
            raise Damaged(f"its entry {name!r} is compressed or encrypted, which torch.save never does")
        start = info.header_offset + 30
        if info.header_offset < 0 or start > self._source.size:
            raise Damaged(f"its entry {name!r} lies outside the file")
        header = bytes(self._source.fetch(info.header_offset, start))
        start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        if header[:4] != b"PK\x03\x04" or start + info.file_size > self._source.size:
            raise Damaged(f"its entry {name!r} lies outside the file")
        octets = self._source.fetch(start, start + info.file_size)
        if self._verify and crc32(octets) != info.CRC:
            raise Damaged(f"its entry {name!r} does not match its checksum; verify=False loads it nevertheless")
        return octets


def read_legacy(source: Source, to_tensor: ToTensor) -> Any:
    """Return the object in a file of the old format: the object comes first, its storages last.

    Raises
    ------
    Unreadable
        If it is damaged, or names anything but tensors and plain containers.
    """
    file = BufferedReader(SourceReader(source))
    load = partial(Unpickler, file)
    magic, version, system = (load({}).load() for _ in range(3))
    if magic != LEGACY_MAGIC or version != 1001 or not isinstance(system, dict):
        raise Damaged("it does not begin as files of torch.save do")
    order: Literal["little", "big"] = "little" if system.get("little_endian", True) else "big"
    start, kinds = file.tell(), {}

    def note(pid: Any) -> None:
        kind, key, *_ = _identifier(pid)
        kinds[key] = kind

    load({**NAMES, **dict.fromkeys(REBUILDING, Function(lambda *arguments: None))}, note, ADVICE).load()
    octets = {}
    for key in load({}).load():
        if key not in kinds:
            raise Damaged(f"it has a storage {key!r} which nothing uses")
        numel = int.from_bytes(file.read(8), order, signed=True)
        begin = file.tell()
        end = begin + numel * kinds[key].itemsize
        if not begin <= end <= source.size:
            raise Damaged(f"its storage {key!r} ends beyond the file")
        octets[key] = source.fetch(begin, end)
        file.seek(end)

    def storage(pid: Any) -> Storage:
        kind, key, _, view = _identifier(pid)
        return Storage(key, kind.dtype, octets[key], view)

    file.seek(start)
    return load({**NAMES, **Rebuilding(to_tensor, order).names()}, storage, ADVICE).load()


def _identifier(pid: Any) -> tuple[StorageType, str, int, int]:
    """Return what an identifier of a storage says: its type, key, number of elements, and where a view begins."""
    word, kind, key, _, numel, *view = pid
    if word != "storage" or not isinstance(kind, StorageType) or not isinstance(key, str) or type(numel) is not int:
        raise Damaged(f"it refers to an object outside by {pid!r}")
    return kind, key, numel, view[0][1] if view and view[0] else 0


# -- tensors -----------------------------------------------------------------------------------------------------------


class Rebuilding:
    """The functions with which PyTorch's pickles make tensors.

    Tensors of one storage share their memory where the backend's arrays are NumPy's; elsewhere those that are the same
    elements do.
    """

    def __init__(self, to_tensor: ToTensor, order: str) -> None:
        self._to_tensor, self._order = to_tensor, order
        self._flat: dict[tuple[str, str], Any] = {}
        self._made: dict[Key, Tensor] = {}

    def names(self) -> dict[tuple[str, str], Function]:
        """Return the functions by the names that pickles give them."""
        return {name: Function(getattr(self, method)) for name, method in REBUILDING.items()}

    def tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, *rest: Any
    ) -> Tensor:
        """Return a tensor; `rest` are hooks, which are left out, and marks such as that of a lazy conjugate."""
        return self._tensor(storage, storage.dtype, offset, size, stride, requires_grad, rest[1:])

    def tensor_of_dtype(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, *rest: Any
    ) -> Tensor:
        """Return a tensor of a storage of plain bytes."""
        return self._tensor(storage, dtypes.named(dtype).name, offset, size, stride, requires_grad, rest)

    def parameter(self, data: Any, requires_grad: Any, *rest: Any) -> Tensor:
        """Return the tensor of a parameter; `rest` are hooks and attributes, which are left out."""
        return _requiring(data, requires_grad)

    def with_attributes(self, function: Any, kind: Any, arguments: Any, state: Any) -> Any:
        """Return a tensor that had attributes in PyTorch, which are left out."""
        return function.call(*arguments)

    def _tensor(
        self, storage: Storage, dtype: str, offset: int, size: Any, stride: Any, requires_grad: Any, marks: Any
    ) -> Tensor:
        if marks and marks[0]:
            raise Unreadable("has a lazily conjugated or negated tensor; save x.resolve_conj() from PyTorch")
        if not are_sizes([offset, *size, *stride]) or len(size) != len(stride):
            raise Damaged(f"it has a tensor of shape {size}, strides {stride} and offset {offset}")
        offset += storage.start
        key: Key = storage.key, dtype, offset, tuple(size), tuple(stride)
        if key not in self._made:
            try:
                array = get_backend("numpy").as_strided(self._flat_array(storage, dtype), size, stride, offset)
            except (ValueError, OverflowError) as error:
                raise Damaged(f"a tensor of shape {size} does not fit its storage {storage.key!r}") from error
            self._made[key] = self._to_tensor(array)
        return _requiring(Tensor(self._made[key].array), requires_grad)

    def _flat_array(self, storage: Storage, dtype: str) -> Any:
        """Return all elements of a storage, once for each data type."""
        key = storage.key, dtype
        if key not in self._flat:
            self._flat[key] = array_of(storage.octets, dtype, (-1,), self._order)
        return self._flat[key]


def _requiring(tensor: Any, requires_grad: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise Damaged("it has a parameter that is no tensor")
    return tensor.requires_grad_() if requires_grad and tensor.dtype.is_floating else tensor


REBUILDING = {
    ("torch._utils", "_rebuild_tensor"): "tensor",
    ("torch._utils", "_rebuild_tensor_v2"): "tensor",
    ("torch._utils", "_rebuild_tensor_v3"): "tensor_of_dtype",
    ("torch._utils", "_rebuild_parameter"): "parameter",
    ("torch._utils", "_rebuild_parameter_with_state"): "parameter",
    ("torch._tensor", "_rebuild_from_type_v2"): "with_attributes",
}


def _dict(pairs: Any = ()) -> dict[Any, Any]:
    """Stand for classes of dictionaries; what comes in order stays in order."""
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return {checked_key(key): value for key, value in items}


def _bytearray(data: Any = b"", encoding: str = "latin-1") -> bytearray:
    return bytearray(data.encode(encoding) if isinstance(data, str) else bytes(data))


BUILTINS = {
    "set": Function(lambda items=(): set(map(checked_key, items))),
    "complex": Function(complex),
    "bytearray": Function(_bytearray),
    "dict": Function(_dict),
}

NAMES: Names = {
    **numpy_pickles.NAMES,
    ("collections", "OrderedDict"): Function(_dict),
    ("collections", "Counter"): Function(_dict),
    ("collections", "defaultdict"): Function(lambda factory=None: {}),
    ("torch", "Size"): Function(tuple),
    ("torch", "device"): Function(lambda kind, index=None: kind if index is None else f"{kind}:{index}"),
    ("torch", "Tensor"): Tensor,
    ("torch.nn.parameter", "Parameter"): Tensor,
    **{(module, name): value for module in ("builtins", "__builtin__") for name, value in BUILTINS.items()},
    **{
        (module, f"{name}Storage"): StorageType(dtype, dtypes.named(dtype).itemsize)
        for module in ("torch", "torch.storage")
        for name, dtype in STORAGES.items()
    },
    **{("torch", name): dtype for name, dtype in dtypes.DType.registry.items()},
}
"""What the pickles may name, beside the functions that make tensors."""
