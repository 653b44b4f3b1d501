"""Files under attack: damaged at random, and written by processes that are killed."""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import tensorlab as tl

SEED = 11
FEW, MANY = 400, 5000

TRAPS = [None, True, -1, 0, 1, 2**62, 2**64, 1e300, "", "x", "F64", "F8_E5M2", [], [0], [-1, 8], {}, {"x": 1}]
"""Values that take the place of parts of a header."""


def example():
    """Return the bytes of a file with every kind of part."""
    file = io.BytesIO()
    obj = {
        "model": {"weight": tl.ones(2, 3), "bias": np.zeros(3, "float16"), "steps": tl.tensor(3)},
        "mask": [tl.tensor([True, False]), np.arange(4), np.float32(0.5)],
        "epoch": 3,
        "rest": ("text", None, 1j, [1e300, float("nan")], tl.ones(0)),
    }
    tl.save(obj, file, {"licence": "MIT"})
    return file.getvalue()


def split(content):
    """Return the header of a file as an object, and the data."""
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def joined(fields, data):
    header = json.dumps(fields).encode()
    return len(header).to_bytes(8, "little") + header + data


def save_again_and_again(obj, path):
    """Save for a second, unless an alarm comes: Python ignores those that come while a finalizer runs."""
    end = time.perf_counter() + 1
    while time.perf_counter() < end:
        tl.save(obj, path)


def positions(part):
    """Return all containers and keys of nested dictionaries and lists."""
    found = []
    for key, value in list(part.items() if isinstance(part, dict) else enumerate(part)):
        found.append((part, key))
        if isinstance(value, dict | list):
            found += positions(value)
    return found


def change_part(root, rng):
    """Replace, remove, rename or copy a part of nested dictionaries and lists, in place."""
    places = positions(root)
    part, key = places[rng.integers(len(places))]
    action = rng.integers(4)
    if action == 0:
        part[key] = TRAPS[rng.integers(len(TRAPS))]
    elif action == 1:
        del part[key]
    elif action == 2 and isinstance(part, dict):
        part[["x", "tensor", "list", "__metadata__", "dtype"][rng.integers(5)]] = part.pop(key)
    else:
        other, place = places[rng.integers(len(places))]
        copy = json.loads(json.dumps(other[place]))  # before the change: a part may be put inside itself
        part[key] = copy


def with_changed_structure(content, rng):
    fields, data = split(content)
    texts = fields["__metadata__"]
    texts.pop("tensorlab.crc32")  # else the checksum would find every change
    structure = json.loads(texts["tensorlab.structure"])
    for _ in range(rng.integers(1, 4)):
        if structure:
            change_part(structure, rng)
    texts["tensorlab.structure"] = json.dumps(structure)
    return joined(fields, data)


def with_changed_header(content, rng):
    fields, data = split(content)
    if rng.integers(2):
        fields["__metadata__"].pop("tensorlab.crc32")
    for _ in range(rng.integers(1, 4)):
        if fields:
            change_part(fields, rng)
    return joined(fields, data)


def with_changed_bytes(content, rng):
    damaged = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        damaged[rng.integers(len(damaged))] = rng.integers(256)
    return bytes(damaged)


def with_another_length(content, rng):
    if rng.integers(2):
        return content[: rng.integers(len(content))]
    length = int.from_bytes(content[:8], "little")
    wrong = [0, 1, 2, length - 1, length + 8, len(content), 2**32, 2**63, 2**64 - 1][rng.integers(9)]
    return wrong.to_bytes(8, "little") + content[8:]


def with_a_block_moved(content, rng):
    start, stop, place = sorted(rng.integers(len(content), size=3))
    return content[:start] + content[stop:place] + content[start:stop] + content[place:]


def with_other_text(content, rng):
    """Replace a stretch of the header by nested brackets, digits, escapes or bytes that are no text."""
    filling = [b"[" * 5000, b"9" * 5000, b"\\ud800", b"\xff\xfe", b'{"a":' * 3000, b"NaN", b'"', b"\0"][rng.integers(8)]
    end = 8 + int.from_bytes(content[:8], "little")
    start = rng.integers(8, end)
    header = content[8:start] + filling + content[rng.integers(start, end) : end]
    return len(header).to_bytes(8, "little") + header + content[end:]


DAMAGES = [
    with_changed_structure,
    with_changed_header,
    with_changed_bytes,
    with_another_length,
    with_a_block_moved,
    with_other_text,
]


def load_open_file(path):
    with path.open("rb") as file:
        return tl.load(file)


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_files(count, tmp_path):
    """`load` and `read_metadata` return, or raise one ``ValueError`` that names the file, and nothing else."""
    rng = np.random.default_rng(SEED)
    content, path = example(), tmp_path / "damaged.safetensors"
    refused = 0
    for number in range(count):
        path.write_bytes(DAMAGES[number % len(DAMAGES)](content, rng))
        for read in (tl.load, load_open_file, lambda path: tl.load(path, verify=False, lazy=True), tl.io.read_metadata):
            try:
                read(path)
            except ValueError as error:
                assert str(error).startswith(str(path)), f"number {number}: {error}"
                refused += read is tl.load
            except BaseException as error:
                pytest.fail(f"number {number}: {type(error).__name__}: {error}")
    assert refused > 0.7 * count


SAVER = textwrap.dedent(
    """
    import os, random, signal, sys, time
    import tensorlab as tl

    path, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    tensors = [{"x": tl.full((500_000,), float(number))} for number in range(4)]
    tl.save(tensors[0], path)
    started = time.perf_counter()
    tl.save(tensors[0], path)
    duration = time.perf_counter() - started
    leftovers = 0
    for _ in range(kills):
        child = os.fork()
        if not child:
            for number in range(1_000_000):
                tl.save(tensors[number % 4], path)
        time.sleep(rng.uniform(0, 3 * duration))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        loaded = tl.load(path)["x"]  # verifies the checksum
        assert loaded.shape == (500_000,) and float(loaded.min()) == float(loaded.max()) in range(4)
        leftovers += len(os.listdir(os.path.dirname(path))) - 1
    tl.save(tensors[1], path)
    print(leftovers, *os.listdir(os.path.dirname(path)))
    """
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no processes to fork")
@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_kills(kills, tmp_path):
    """After a kill the file is an old one or the new one; the next save leaves nothing but it."""
    done = subprocess.run(
        [sys.executable, "-c", SAVER, str(tmp_path / "x.safetensors"), str(kills), str(SEED)],
        capture_output=True,
        text=True,
        env={**os.environ, "TENSORLAB_BACKEND": "numpy", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    leftovers, *names = done.stdout.split()
    assert names == ["x.safetensors"]
    if kills > 100:
        assert int(leftovers) > 0  # the kills did come while files were written


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # between `open` and its `with`
def test_an_interrupt_leaves_nothing(tmp_path):
    """A KeyboardInterrupt removes the temporary folder; where it interrupts just that, the next save does."""
    path = tmp_path / "x.safetensors"
    tl.save({"x": tl.ones(1)}, path)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    big = {"x": tl.zeros(2_000_000)}
    try:
        for number in range(20):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0005 * (number + 1))
                save_again_and_again(big, path)
            except KeyboardInterrupt:
                pass
            assert tl.load(path)["x"].shape in ((1,), (2_000_000,))
    finally:
        signal.signal(signal.SIGALRM, before)
    tl.save({"x": tl.ones(1)}, path)
    assert list(tmp_path.iterdir()) == [path]
