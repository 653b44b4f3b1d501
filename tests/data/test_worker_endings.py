"""How workers end: of themselves, killed, with the loop or with the program. Nothing hangs and nothing is left."""

import gc
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest
from worker_cases import Dying, Numbers, Slow, told

import tensorlab as tl
from tensorlab.data import DataLoader

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and processes as on POSIX systems")


@pytest.fixture(autouse=True)
def nothing_left_behind():
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    assert [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")] == []


class TestDeath:
    @pytest.mark.parametrize("persistent", [False, True])
    @pytest.mark.parametrize(
        ("how", "message"),
        [
            ("exit", "exited with code 3"),
            ("sys.exit", "exited with code 5"),
            ("SIGKILL", r"was killed by SIGKILL \(signal 9\), as the system does when memory runs out"),
            ("SIGSEGV", r"was killed by SIGSEGV \(signal 11\)"),
            ("SIGTERM", "exited with code 143"),
        ],
    )
    def test_of_a_process_is_an_error_within_a_second(self, how, message, persistent):
        loader = DataLoader(Dying(how), 4, num_workers=2, persistent_workers=persistent)
        batches = iter(loader)
        began = time.monotonic()
        pattern = rf"^DataLoader: worker [01], a process, {message}\. It had the indices \[4, 5, 6, 7\]"
        with pytest.raises(RuntimeError, match=pattern):
            list(batches)
        assert time.monotonic() - began < 3  # a second, on a quiet machine
        with pytest.raises(RuntimeError, match=r"the iteration has ended with an error: .*DataLoader: worker"):
            next(batches)
        assert multiprocessing.active_children() == []

    def test_while_nothing_is_awaited(self):
        batches = iter(DataLoader(Numbers(), 4, num_workers=2))
        next(batches)
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="was killed by SIGKILL"):
            list(batches)

    def test_in_the_middle_of_a_message(self):
        """A text is sent through the pipe; its beginning arrives, and the rest never does."""
        for wait in (0.0, 0.01, 0.05):
            loader = DataLoader(["x" * 5_000_000] * 20, None, num_workers=1)
            batches = iter(loader)
            next(batches)
            time.sleep(wait)
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
            with pytest.raises(RuntimeError, match="was killed by SIGKILL"):
                list(batches)

    def test_with_a_child_that_lives_on(self):
        class Parent(Numbers):
            def __getitem__(self, index):
                if index == 3:
                    subprocess.Popen(["sleep", "8"], close_fds=False)
                    os._exit(9)
                return index

        began = time.monotonic()
        with pytest.raises(RuntimeError, match="exited with code 9"):
            list(DataLoader(Parent(), 1, num_workers=2))
        assert time.monotonic() - began < 4

    def test_persistent_workers_begin_again(self, tmp_path):
        class Once(Numbers):
            def __getitem__(self, index):
                if index == 7 and not (tmp_path / "died").exists():
                    (tmp_path / "died").touch()
                    os._exit(1)
                return index

        loader = DataLoader(Once(), 4, num_workers=2, persistent_workers=True)
        with pytest.raises(RuntimeError, match="exited with code 1"):
            list(loader)
        assert len(list(loader)) == 6

    def test_of_a_thread(self):
        with pytest.raises(RuntimeError, match=r"the thread of a worker was ended by SystemExit\(5\)"):
            list(DataLoader(Dying("sys.exit"), 4, num_workers=2, worker_type="thread"))


KINDS = [{"num_workers": 2}, {"num_workers": 2, "worker_type": "thread"}]


class TestEndOfTheLoop:
    @pytest.mark.parametrize("options", KINDS)
    def test_break(self, options):
        for batch in DataLoader(Numbers(), 2, **options):
            assert told(batch) == [0, 1]
            break

    @pytest.mark.parametrize("options", KINDS)
    def test_an_exception_of_the_loop(self, options):
        def train():
            for _ in DataLoader(Numbers(), 2, **options):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            train()

    @pytest.mark.parametrize("options", KINDS)
    def test_no_garbage_collection_is_needed(self, options):
        gc.disable()
        try:
            batches = iter(DataLoader(Numbers(), 2, **options))
            next(batches)
            del batches
            assert multiprocessing.active_children() == []
            assert [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")] == []
        finally:
            gc.enable()

    @pytest.mark.parametrize("options", KINDS)
    def test_workers_end_with_the_epoch(self, options):
        batches = iter(DataLoader(Numbers(), 2, **options))
        assert len(list(batches)) == 12
        assert multiprocessing.active_children() == []

    def test_persistent_workers_end_with_the_loader(self):
        loader = DataLoader(Numbers(), 2, num_workers=2, persistent_workers=True)
        list(loader)
        assert len(multiprocessing.active_children()) == 2
        del loader
        assert multiprocessing.active_children() == []

    def test_persistent_workers_leave_an_epoch_that_was_given_up(self):
        loader = DataLoader(Numbers(), 2, num_workers=2, persistent_workers=True)
        for _ in range(3):
            next(iter(loader))
        assert told(list(loader)) == [[i, i + 1] for i in range(0, 24, 2)]

    def test_a_sample_is_interrupted(self):
        batches = iter(DataLoader(Slow(4, 30), 2, num_workers=2))
        time.sleep(0.3)
        began = time.monotonic()
        del batches
        assert time.monotonic() - began < 3

    def test_cleaning_up_in_a_worker(self, tmp_path):
        class Careful(Numbers):
            def __getitem__(self, index):
                try:
                    time.sleep(30)
                finally:
                    (tmp_path / f"cleaned {index}").touch()

        batches = iter(DataLoader(Careful(), 1, num_workers=2))
        time.sleep(0.5)
        del batches
        assert {path.name for path in tmp_path.iterdir()} == {"cleaned 0", "cleaned 1"}

    def test_a_worker_that_refuses_to_end_is_killed(self, monkeypatch):
        class Stubborn(Numbers):
            def __getitem__(self, index):
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(30)

        monkeypatch.setattr("tensorlab.data.workers.processes.WAIT_AT_END", 0.3)
        batches = iter(DataLoader(Stubborn(), 1, num_workers=2))
        time.sleep(0.5)
        began = time.monotonic()
        del batches
        assert time.monotonic() - began < 3

    def test_no_file_descriptor_is_left(self):
        def once():
            list(DataLoader(Numbers(), 2, num_workers=2))
            list(DataLoader(tl.data.TensorDataset(tl.ones(20, 10_000)), 2, num_workers=2))

        once()
        before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
        for _ in range(5):
            once()
        after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
        assert after == before

    def test_a_forked_process_leaves_the_workers_alone(self):
        batches = iter(DataLoader(Numbers(), 2, num_workers=2))
        next(batches)
        child = os.fork()
        if child == 0:
            del batches
            os._exit(0)
        os.waitpid(child, 0)
        assert len(list(batches)) == 11


def start(path, program, *args):
    path.write_text(program)
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(path), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TENSORLAB_BACKEND": "numpy"},
    )


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


LOOP = """
import multiprocessing, os, sys, time
import tensorlab as tl

class Slow(tl.data.Dataset):
    def __len__(self):
        return 10_000

    def __getitem__(self, index):
        time.sleep(0.01)
        return tl.ones(100, 100)

if __name__ == "__main__":
    loader = tl.data.DataLoader(
        Slow(), 4, num_workers=2, multiprocessing_context=sys.argv[1], persistent_workers=bool(int(sys.argv[2]))
    )
    for number, batch in enumerate(loader):
        if number == 2:
            print(*[child.pid for child in multiprocessing.active_children()], flush=True)
            END
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="processes are looked up in /proc")
class TestEndOfTheProgram:
    @pytest.fixture
    def outcome(self, tmp_path):
        return partial(self.run, tmp_path / "program.py")

    def run(self, path, end, method="fork", persistent="0", action=lambda process: None):
        """Return the exit code and the messages of a program whose workers must be gone after it."""
        process = start(path, LOOP.replace("END", end), method, persistent)
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        action(process)
        _, messages = process.communicate(timeout=60)
        deadline = time.monotonic() + 10
        while any(map(is_running, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_running, pids))
        assert "leaked" not in messages  # as the tracker of resources would say of semaphores
        return process.returncode, messages

    @pytest.mark.parametrize("persistent", ["0", "1"])
    def test_ctrl_c(self, outcome, persistent):
        code, messages = outcome(
            "pass", persistent=persistent, action=lambda process: os.killpg(process.pid, signal.SIGINT)
        )
        assert code == -signal.SIGINT
        assert len(re.findall("Traceback", messages)) == 1
        assert messages.rstrip().endswith("KeyboardInterrupt")

    def test_the_main_process_is_killed(self, outcome):
        code, messages = outcome("pass", action=lambda process: process.kill())
        assert (code, messages) == (-signal.SIGKILL, "")

    @pytest.mark.slow
    def test_the_main_process_is_killed_under_forkserver(self, outcome):
        code, _ = outcome("pass", "forkserver", action=lambda process: process.kill())
        assert code == -signal.SIGKILL

    @pytest.mark.parametrize("persistent", ["0", "1"])
    @pytest.mark.parametrize("end", ["sys.exit(4)", "os._exit(4)"])
    def test_exit(self, outcome, end, persistent):
        assert outcome(end, persistent=persistent) == (4, "")

    def test_an_uncaught_error(self, outcome):
        code, messages = outcome("1 / 0")
        assert code == 1
        assert messages.count("Traceback") == 1
        assert messages.rstrip().endswith("ZeroDivisionError: division by zero")

    @pytest.mark.slow
    @pytest.mark.parametrize("method", ["spawn", "forkserver"])
    def test_break_under_other_methods(self, outcome, method):
        assert outcome("break", method) == (0, "")
