"""Resumed trainings end as if they had not been interrupted, bit for bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from killed import build, run
from trainings import Shuffled, assert_equal_models, data, network, points, trainer

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.train.callbacks.base import HOOKS
from tensorlab.train.logs import TIMES

PROGRAM = Path(__file__).with_name("killed.py")


class Interruption(Exception):
    pass


class Interrupt(train.Callback):
    """Raises an exception when a hook is called for the n-th time."""

    def __init__(self, hook, number, order):
        self.number, self.order = number, order
        setattr(self, hook, self.count)

    def count(self, *arguments):
        self.number -= 1
        if self.number == 0:
            raise Interruption


def untimed(rows):
    return [{name: value for name, value in row.items() if name not in TIMES} for row in rows]


def files(folder):
    """Return what a training has written, without times: rows of logs, hashes of epochs, elements of checkpoints."""
    found = {}
    for path in sorted(Path(folder).iterdir()):
        if path.suffix in (".jsonl", ".csv"):
            found[path.name] = untimed(train.read_log(path))
        elif path.name == "run.json":
            found[path.name] = json.loads(path.read_text())["epochs"]
        elif path.suffix == ".safetensors":
            content = tl.load(path)
            found[path.name] = elements_of(content.get("model", content))
    return found


def elements_of(state):
    return {name: np.array(value.to("numpy").numpy()).tolist() for name, value in state.items()}


@pytest.fixture(autouse=True)
def no_fsync(request, monkeypatch):
    """Do not wait for the disk, which matters for power failures only."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    return run(folder), files(folder)


def assert_as_uninterrupted(found, folder, uninterrupted):
    expected, written = uninterrupted
    assert_equal_models(found.model, expected.model)
    assert_equal_models(found.evaluated_model, expected.evaluated_model)
    assert untimed(found.history) == untimed(expected.history)
    assert found.optimizer.param_groups[0]["lr"] == expected.optimizer.param_groups[0]["lr"]
    assert files(folder) == written
    assert not list(Path(folder).glob(".tensorlab-*"))


WITHIN = [hook for hook in HOOKS if hook not in ("on_exception", "on_load_checkpoint", "on_fit_end")]


@pytest.mark.parametrize("order", [-1, 30], ids=["first", "last"])
@pytest.mark.parametrize("hook", WITHIN)
def test_after_an_exception_in_any_hook(tmp_path, uninterrupted, hook, order):
    """An exception before or after all other callbacks, in the middle of the training; the states are lost with it."""
    if hook == "on_fit_start":
        number = 1
    else:
        number = 2 if "epoch" in hook or hook in ("on_validation_start", "on_validation_end") else 7
    if hook == "on_validation_batch_end":
        number = 4
    with pytest.raises(Interruption):
        run(tmp_path, [Interrupt(hook, number, order)])
    tl.seed_everything(99)
    assert_as_uninterrupted(run(tmp_path), tmp_path, uninterrupted)


def test_after_the_end_nothing_changes(tmp_path, uninterrupted):
    run(tmp_path)
    assert_as_uninterrupted(run(tmp_path), tmp_path, uninterrupted)


def test_more_epochs_than_before(tmp_path):
    model = network()
    first = trainer(model, folder=tmp_path)
    loader, valid = data()
    first.fit(loader, valid, epochs=2)
    longer = trainer(folder=tmp_path)
    loader, valid = data()
    longer.fit(loader, valid, epochs=4, resume=True)
    whole = trainer()
    whole.fit(*data(), epochs=4)
    assert_equal_models(longer.model, whole.model)
    assert [row["epoch"] for row in train.read_log(tmp_path)] == [1, 2, 3, 4]


def test_the_validation_loss_after_a_resume_is_that_of_all_batches(tmp_path):
    """Lightning's issue 19549: validation ran once on a part of the data after a resume."""
    found, loader, valid = build(tmp_path)
    steps = 0
    with pytest.raises(Interruption):
        for _ in found.epochs(2):
            for batch in found.batches(loader):
                found.step(found.training_loss(batch))
                steps += 1
                if steps == 11:
                    raise Interruption
            found.evaluate(valid)
    calls = []

    class Count(train.Callback):
        def on_validation_batch_end(self, trainer, batch, batch_idx):
            calls.append((trainer.epoch, trainer.batch_idx, batch_idx))

    again, loader, valid = build(tmp_path, [Count()])
    again.fit(loader, valid, epochs=2, resume=True)
    assert again.resumed
    assert calls == [(1, 8, 0), (1, 8, 1)]


def test_early_stopping_goes_on_and_stays_stopped(tmp_path):
    def build_stopping():
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.0)
        stopping = train.EarlyStopping(monitor="valid_loss", patience=3, min_delta=1.0, restore_best_weights=True)
        return trainer(model, optimizer=optimizer, folder=tmp_path, callbacks=[stopping]), stopping

    found, stopping = build_stopping()
    found.fit(*data(), epochs=2)
    assert (stopping.wait, stopping.stopped_epoch) == (1, 0)
    found, stopping = build_stopping()
    found.fit(*data(), epochs=20, resume=True)
    assert (stopping.wait, stopping.stopped_epoch, found.epochs_done) == (3, 4, 4)
    found, stopping = build_stopping()
    found.fit(*data(), epochs=20, resume=True)
    assert (stopping.best_epoch, stopping.stopped_epoch, found.epochs_done) == (1, 4, 4)


def test_from_a_given_checkpoint(tmp_path, uninterrupted):
    checkpoints = train.ModelCheckpoint(save_top_k=-1)
    found = trainer(folder=tmp_path, callbacks=[checkpoints])
    found.fit(*data(), epochs=3)
    again = trainer()
    again.fit(*data(), epochs=3, resume=tmp_path / "epoch=1.safetensors")
    assert_equal_models(again.model, found.model)
    assert untimed(again.history) == untimed(found.history)
    with pytest.raises(FileNotFoundError):
        trainer().fit(*data(), epochs=3, resume=tmp_path / "epoch=9.safetensors")
    tl.save({"x": tl.ones(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors is not a checkpoint of a Trainer"):
        trainer().fit(*data(), epochs=3, resume=tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="fit: resume needs checkpoints"):
        trainer().fit(*data(), epochs=3, resume=True)


def test_without_resume_a_training_replaces_an_earlier_one(tmp_path):
    def begin(epochs):
        checkpoint = train.ModelCheckpoint(monitor="valid_loss", save_top_k=5)
        found = trainer(folder=tmp_path, callbacks=[checkpoint, train.JSONLinesLogger(every_n_steps=1)])
        found.fit(*data(), epochs=epochs)
        return checkpoint

    begin(4)
    second = begin(2)
    assert {str(p) for p in tmp_path.glob("epoch=*")} == set(second.best_k_models)
    assert len(train.read_log(tmp_path)) == 2
    assert len(train.read_log(tmp_path / "steps.jsonl")) == 16
    assert len(train.read_run(tmp_path)["epochs"]) == 2


def test_data_without_a_position(tmp_path):
    """Lists go on in their middle; iterables that may have any order do not, and say so."""

    class Reversed:
        def __iter__(self):
            return iter(list(data()[0])[::-1])

    every = train.ModelCheckpoint(every_n_train_steps=3)
    with pytest.raises(TypeError, match="a checkpoint in the middle of an epoch needs training data that can save its"):
        trainer(folder=tmp_path, callbacks=[every]).fit(Reversed(), epochs=1)
    listed = list(data()[0])
    whole = trainer()
    whole.fit(listed, epochs=2)
    with pytest.raises(Interruption):
        stop = Interrupt("on_train_batch_end", 13, -1)
        trainer(folder=tmp_path, callbacks=[train.ModelCheckpoint(every_n_train_steps=3), stop]).fit(listed, epochs=2)
    again = trainer(folder=tmp_path, callbacks=[train.ModelCheckpoint(every_n_train_steps=3)])
    again.fit(listed, epochs=2, resume=True)
    assert again.global_step == 16
    assert_equal_models(again.model, whole.model)


def test_a_loader_that_is_evaluated_as_well_is_restored_once(tmp_path):
    def fit(epochs, resume=False):
        found, loader = trainer(folder=tmp_path), Shuffled(*points())
        for _ in found.epochs(epochs, resume=resume):
            for batch in found.batches(loader):
                found.step(found.training_loss(batch))
            found.evaluate(loader, "again")
        return found

    whole = fit(4)
    fit(2)
    assert_equal_models(fit(4, resume=True).model, whole.model)


def test_states_of_losses_and_of_other_random_numbers_are_restored(tmp_path):
    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(tl.ones(1, dtype=tl.float64))

        def forward(self, outputs, targets):
            noise = random.random() + np.random.rand()  # noqa: NPY002
            return (nn.functional.cross_entropy(outputs, targets) * self.scale * (1 + noise)).sum()

    def fit(epochs, resume=False):
        model, loss = network(), Weighted()
        optimizer = optim.SGD([*model.parameters(), *loss.parameters()], lr=0.05)
        found = trainer(model, loss=loss, optimizer=optimizer, folder=tmp_path, seed=1)
        found.fit(*data(), epochs=epochs, resume=resume)
        return found

    whole = fit(4)
    fit(2)
    random.seed(55)
    np.random.seed(55)  # noqa: NPY002
    again = fit(4, resume=True)
    assert_equal_models(again.model, whole.model)
    assert_equal_models(again.loss, whole.loss)


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), [(None, 6), (2, 4)], ids=["without workers", "two workers"])
def test_after_sigkill_at_random_moments(tmp_path, workers, kills):
    """The program is killed again and again: after a random number of batches, and a random time more."""
    rng = random.Random(0)

    def start(folder):
        arguments = [str(PROGRAM), str(folder), "8", *([] if workers is None else [str(workers)])]
        return subprocess.Popen([sys.executable, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE)

    for _ in range(kills):
        with start(tmp_path / "killed") as process:
            for _ in range(rng.randrange(1, 8)):
                process.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    for folder in ("killed", "whole"):
        with start(tmp_path / folder) as process:
            process.stdout.read()
        assert process.returncode == 0
    assert files(tmp_path / "killed") == files(tmp_path / "whole")
    for name in ("log.jsonl", "steps.jsonl"):
        lines = [(tmp_path / run / name).read_bytes().count(b"\n") for run in ("killed", "whole")]
        assert lines[0] == lines[1]


SUICIDE = """
import os, pathlib, signal, sys
sys.path.insert(0, {tests!r})
import killed

left, whole = {number}, {owner}.{name}


def fatal(*arguments, **options):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments, **options)


{owner}.{name} = fatal
killed.run({folder!r}, epochs=2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.mkdir", "pathlib.Path.unlink"])
def test_after_sigkill_while_files_are_written(tmp_path, call):
    """The program kills itself before a call of the system that writing a file consists of."""
    expected, (owner, name) = run(tmp_path / "whole", epochs=2), call.rsplit(".", 1)
    for number in (3, 12):
        folder = tmp_path / str(number)
        program = SUICIDE.format(tests=str(PROGRAM.parent), number=number, owner=owner, name=name, folder=str(folder))
        status = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT).returncode
        assert status == -signal.SIGKILL
        assert_equal_models(run(folder, epochs=2).model, expected.model)
        assert files(folder) == files(tmp_path / "whole")
        assert not list(folder.glob(".tensorlab-*"))
