"""The registry: installed backends, the active one, errors for backends that cannot be used, several backends."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import tensor

import tensorlab as tl
from tensorlab.backend import registry

ROOT = Path(__file__).parents[2]


def run(code, *, path=(), **environment):
    """Run Python code in a process of its own; return its standard output."""
    env = {k: v for k, v in os.environ.items() if k != "TENSORLAB_BACKEND"} | environment
    env["PYTHONPATH"] = os.pathsep.join([*map(str, path), str(ROOT), str(ROOT / "backends"), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def broken_backend():
    """A registered backend that cannot be used."""

    @tl.register_backend
    class Broken(tl.Backend):
        name = "broken"
        array_package = "broken_arrays"

        @classmethod
        def unavailable(cls):
            return "no such device answers"

    yield Broken
    del registry._registered["broken"]


def test_available_backends(broken_backend):
    found = tl.available_backends()
    assert found["numpy"] is None
    assert found["strict"] is None
    assert found["broken"] == "no such device answers"
    assert "cupy" in found


def test_unknown_name():
    with pytest.raises(tl.BackendUnavailable) as error:
        tl.use_backend("jax")
    lines = str(error.value).splitlines()
    assert lines[:2] == ["there is no backend 'jax'.", "Installed backends:"]
    assert "  numpy: usable" in lines
    assert any(line.startswith("  cupy: ") for line in lines)


def test_unusable_backend_says_why(broken_backend):
    with pytest.raises(tl.BackendUnavailable, match="the backend 'broken' cannot be used here: no such device answers"):
        tl.use_backend("broken")
    with pytest.raises(tl.BackendUnavailable, match="  broken: no such device answers"):
        tl.use_backend("jax")


@pytest.mark.parametrize(
    ("use", "what"),
    [
        (lambda backend: backend.array_types, "does not define array_types"),
        (lambda backend: backend.to_numpy(None), "does not define to_numpy"),
        (lambda backend: backend.from_bytes(b"", "uint8", (0,)), "has no arrays in host memory"),
    ],
    ids=["array_types", "to_numpy", "from_bytes"],
)
def test_incomplete_backend_says_what_is_missing(use, what):
    class Incomplete(tl.Backend):
        name = "incomplete"

    with pytest.raises(NotImplementedError, match=f"backend 'incomplete' {what}"):
        use(object.__new__(Incomplete))


def test_devices_of_no_backend():
    with pytest.raises(tl.BackendUnavailable, match=r"no backend or device is called 'tpu:0'"):
        tl.zeros(2, device="tpu:0")


def test_block(other_backend):
    before = tl.active_backend()
    with tl.use_backend(other_backend) as backend:
        assert backend is tl.active_backend()
        assert tl.zeros(2).backend.name == other_backend
        with tl.use_backend(before.name):
            assert tl.zeros(2).backend is before
        assert tl.zeros(2).backend.name == other_backend
    assert tl.active_backend() is before


def test_block_left_by_an_exception(other_backend):
    before = tl.active_backend()
    with pytest.raises(KeyError), tl.use_backend(other_backend), tl.use_backend(before.name):
        raise KeyError
    assert tl.active_backend() is before


def test_call(other_backend):
    """A call holds for all threads of the process; a block takes precedence."""
    before = tl.active_backend().name
    try:
        tl.use_backend(other_backend)
        assert tl.active_backend().name == other_backend
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: tl.active_backend().name).result() == other_backend
        with tl.use_backend(before):
            assert tl.active_backend().name == before
        assert tl.active_backend().name == other_backend
    finally:
        tl.use_backend(before)


def test_call_inside_a_block(other_backend):
    """The block determines the backend of its thread; the call takes effect at its end."""
    before = tl.active_backend().name
    try:
        with tl.use_backend(before):
            tl.use_backend(other_backend)
            assert tl.active_backend().name == before
        assert tl.active_backend().name == other_backend
    finally:
        tl.use_backend(before)


def test_a_block_object_used_twice(other_backend):
    before = tl.active_backend().name
    block = tl.use_backend(other_backend)
    for _ in range(2):
        with block:
            assert tl.active_backend().name == other_backend
        assert tl.active_backend().name == before


def test_auto():
    assert run("import tensorlab as tl; print(tl.use_backend('auto') and tl.active_backend().name)") in (
        "cupy",
        "llvm",
        "numpy",
    )


def test_the_instance_is_one():
    assert registry.get_backend("strict") is registry.get_backend("strict")


def test_environment_variable():
    code = "import tensorlab as tl; print(tl.zeros(1).backend.name)"
    assert run(code) == "numpy"
    assert run("from strict_backend import StrictBackend\nimport tensorlab as tl\ntl.register_backend(StrictBackend)\n"
               "print(tl.zeros(1).backend.name)", TENSORLAB_BACKEND="strict") == "strict"  # fmt: skip


def test_environment_variable_is_read_late():
    assert run(
        """
        import os
        import tensorlab as tl
        from strict_backend import StrictBackend
        os.environ["TENSORLAB_BACKEND"] = "strict"
        tl.register_backend(StrictBackend)
        print(tl.zeros(1).backend.name)
        """
    ) == "strict"  # fmt: skip


def test_environment_variable_with_an_unknown_name():
    assert run(
        """
        import tensorlab as tl
        try:
            tl.zeros(1)
        except tl.BackendUnavailable as error:
            print(str(error).splitlines()[0])
        """,
        TENSORLAB_BACKEND="nonsense",
    ) == "there is no backend 'nonsense'."  # fmt: skip


# -- plugins -----------------------------------------------------------------------------------------------------------


def install(folder, name, module, source):
    """Write the files of an installed distribution with an entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tensorlab.backends]\n{name} = {module}:Plugin\n")
    (folder / f"{module}.py").write_text(textwrap.dedent(source))


def test_plugin_is_found(tmp_path):
    install(tmp_path, "plugged", "plugged_arrays", """
        from strict_backend import StrictBackend
        class Plugin(StrictBackend):
            name = "plugged"
    """)  # fmt: skip
    code = """
        import tensorlab as tl
        assert tl.available_backends()["plugged"] is None
        x = tl.ones(3, requires_grad=True)
        (x * x).sum().backward()
        print(x.backend.name, x.grad.tolist())
    """
    assert run(code, path=[tmp_path], TENSORLAB_BACKEND="plugged") == "plugged [2.0, 2.0, 2.0]"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import does_not_exist", "its package cannot be imported: No module named 'does_not_exist'"),
        ("raise OSError('libfast.so: cannot open')", "its package cannot be imported: libfast.so: cannot open"),
        ("1 / 0", "its package cannot be imported: division by zero"),
        ("", "its package cannot be imported: module 'sick_arrays' has no attribute 'Plugin'"),
    ],
)
def test_plugin_that_does_not_import(tmp_path, source, reason):
    install(tmp_path, "sick", "sick_arrays", source)
    code = """
        import tensorlab as tl
        print(tl.available_backends()["sick"])
        tl.ones(1)
        try:
            tl.Tensor([1.0])
        except tl.BackendError:
            pass
        try:
            tl.use_backend("sick")
        except tl.BackendUnavailable as error:
            print(error)
    """
    lines = run(code, path=[tmp_path]).splitlines()
    assert lines[0] == reason
    assert lines[1] == f"the backend 'sick' cannot be used here: {reason}"


# -- arrays of several backends in one process -------------------------------------------------------------------------


def test_mixing_backends(other_backend):
    x = tensor([1.0, 2.0])
    with tl.use_backend(other_backend):
        y = tensor([1.0, 2.0])
    first, second = x.backend.name, y.backend.name
    for mix in (
        lambda: x * y,
        lambda: tl.where(x > 0, x, y),
        lambda: tl.concat([x, y]),
        lambda: tl.linear(x[None], y[None]),
    ):
        with pytest.raises(tl.BackendError) as error:
            mix()
        message = str(error.value)
        assert f"was given arrays of the backends '{first}' and '{second}'; move one of them first" in message
        assert f".to('{first}') or .to('{second}')" in message
    assert (x * y.to(first)).tolist() == [1.0, 4.0]


def test_mixing_backends_in_a_write(other_backend):
    x = tensor([1.0, 2.0])
    y = tensor([3.0, 4.0]).to(other_backend)
    with pytest.raises(tl.BackendError, match=r"\.to\("):
        x[:] = y
    with pytest.raises(tl.BackendError, match=r"\.to\("):
        x += y


def test_moving(other_backend):
    x = tensor([1.0, 2.0])
    y = x.to(other_backend)
    assert y.backend.name == other_backend
    assert y.tolist() == [1.0, 2.0]
    assert y.dtype == x.dtype
    assert x.to(x.backend.name) is x
    assert x.to(y).backend is y.backend
    assert x.to(other_backend, dtype="float32").dtype == "float32"
    assert tl.asarray(y, device=x.backend.name).backend is x.backend
    assert tl.zeros(2, device=other_backend).backend.name == other_backend
    y[0] = 7.0
    assert x.tolist() == [1.0, 2.0]


def test_gradients_come_back_from_another_backend(other_backend):
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x.to(other_backend)
    (y * y).sum().backward()
    assert x.grad.backend is x.backend
    assert x.grad.tolist() == [2.0, 4.0]
    home = x.backend.name
    tl.check_gradients(lambda z: (tl.sin(z.to(other_backend)) * 2).to(home), (x.detach(),))


def test_operations_follow_their_arrays(other_backend):
    """Ops use the backend of their operands; only new tensors use the active one."""
    x = tensor([1.0, 2.0])
    with tl.use_backend(other_backend):
        y = tl.exp(x) * 2 + 1
        assert y.backend is x.backend
        assert tl.stack([x, x]).backend is x.backend
        assert tl.tril(tl.outer(x, x)).backend is x.backend
        assert x[tl.asarray([0], device=x.backend.name)].backend is x.backend
        assert tl.grad(lambda z: (z**3).sum())(x).backend is x.backend
        x[0] = 5.0
    assert x.tolist() == [5.0, 2.0]


def test_one_context_can_be_entered_again(other_backend):
    outer = tl.active_backend().name
    context = tl.use_backend(other_backend)
    with context, context:
        assert tl.active_backend().name == other_backend
    assert tl.active_backend().name == outer


def test_a_device_names_its_backend(other_backend):
    """Two backends can have devices of the same name."""
    x = tl.ones(2, device=other_backend)
    assert tl.zeros(2, device=x.device).device == x.device
    assert tl.zeros(2, device=x.device).backend is x.backend


def test_other_threads_get_a_data_type_after_all_listeners():
    """Otherwise a thread could use kernels that were looked up before the type was in use."""
    backend = type(registry.get_backend("numpy"))()
    begun, order = threading.Event(), []

    def notify():
        begun.set()
        time.sleep(0.05)
        order.append("notified")

    def ask():
        begun.wait()
        backend.native("float16")
        order.append("returned")

    backend.when_dtypes_change(notify)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(ask)
        backend.native("float16")
        asked.result()
    assert order == ["notified", "returned"]


def test_a_generator_with_a_block_can_be_closed_in_another_thread():
    def holding():
        with tl.use_backend("numpy"):
            yield

    generator = holding()
    next(generator)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(generator.close).result()
