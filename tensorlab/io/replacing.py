"""Replacing files atomically: a path always leads to the complete old content or to the complete new content.

The new content is written to a file in a temporary folder next to the target, and that file is then renamed. The
folder is private, so that whatever a library writes there is found again. The writing process holds a lock on a file in
it. The system releases the lock when the process ends for any reason, so a temporary folder without a lock is a
leftover.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows, which neither removes nor renames a file that Python has open: no lock is needed
    fcntl = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\.tensorlab-[0-9a-f]{16}\.tmp")
"""The names of temporary folders. They do not contain the name of the target, which may be as long as names can be."""

LOCK = "lock"
"""The name of the locked file in a temporary folder. It is empty, and has the mode of new files."""


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether there is a device, pipe or folder at a path, which is not to be replaced."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def replace_file(path: str | os.PathLike[str], write: Callable[[Path], object], *, sync: bool = True) -> None:
    """Let `write` make a file at the path passed to it, and put that file in the place of the one at `path`.

    The new file has the mode and owner of the old one. Symbolic links are followed. With `sync` the file is on the disk
    before this returns, so that it survives a power failure as well.
    """
    target = Path(os.path.realpath(path))
    _remove_leftovers(target.parent)
    folder, lock = _create_folder(target)
    with lock:
        try:
            written = folder / "new"
            write(written)
            with written.open("r+b") as file:
                _take_owner_and_mode(written, target if target.exists() else folder / LOCK)
                if sync:
                    os.fsync(file.fileno())
            written.replace(target)
        finally:
            if fcntl is None:
                lock.close()  # an open file cannot be removed
            _remove_folder(folder)
    if sync:
        _sync_folder(target.parent)


def write_all(file: Any, data: bytes) -> None:
    """Write bytes to an open file, even if it accepts only some of them at a time."""
    rest = memoryview(data)
    while rest.nbytes:
        count = file.write(rest)
        rest = rest[rest.nbytes if count is None else count :]


def _create_folder(target: Path) -> tuple[Path, BinaryIO]:
    """Return a new folder next to `target`, and its locked file."""
    while True:
        folder = target.with_name(f".tensorlab-{token_hex(8)}.tmp")
        try:
            folder.mkdir(0o700)
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(target)) from None
        with suppress(FileNotFoundError):  # another process removed the folder as a leftover before it was locked
            lock = (folder / LOCK).open("xb")
            if fcntl is None or not _lock(lock, wait=True) or os.fstat(lock.fileno()).st_nlink:
                return folder, lock
            lock.close()


def _lock(file: BinaryIO, wait: bool) -> bool:
    """Lock a file; return whether that succeeded. Some network file systems have no locks."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders of processes that ended while they wrote into `folder`."""
    with suppress(OSError), os.scandir(folder) as entries:
        leftovers = [Path(entry.path) for entry in entries if TEMPORARY.fullmatch(entry.name)]
        for leftover in leftovers:
            with suppress(OSError):  # it is gone, in use, or belongs to another user
                _remove_unless_locked(leftover)


def _remove_unless_locked(folder: Path) -> None:
    lock = folder / LOCK
    if not lock.exists():
        folder.rmdir()  # fails if the folder has been locked meanwhile
    elif fcntl is None:
        lock.replace(folder / "unlocked")  # fails while another process has the file open
        _remove_folder(folder)
    else:
        with lock.open("r+b") as file:
            if _lock(file, wait=False):
                _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    """Remove a temporary folder; the lock is the last file to go."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == LOCK):
        path.unlink(missing_ok=True)
    with suppress(FileNotFoundError):  # another process removed the folder, in which it found no lock
        folder.rmdir()


def _take_owner_and_mode(path: Path, model: Path) -> None:
    made, wanted = path.stat(), model.stat()
    if (made.st_uid, made.st_gid) != (wanted.st_uid, wanted.st_gid):
        with suppress(OSError):  # only a privileged process may give files away
            os.chown(path, wanted.st_uid, wanted.st_gid)
    path.chmod(stat.S_IMODE(wanted.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the renaming survive a power failure, on systems that can open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
