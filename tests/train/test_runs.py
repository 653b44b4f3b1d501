"""Logs, run files, repeated runs, and the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from trainings import data, network, trainer

import tensorlab as tl
from tensorlab import optim, train
from tensorlab.__main__ import main
from tensorlab.train.logs import LOG, TIMES
from tensorlab.train.plotting import find_logs
from tensorlab.train.run_files import parameters_hash


class TestLogs:
    def test_rows_are_the_history(self, tmp_path):
        found = trainer(folder=tmp_path, callbacks=[train.CSVLogger()])
        history = found.fit(*data(), epochs=3)
        lines = (tmp_path / LOG).read_text().splitlines()
        assert [json.loads(line) for line in lines] == history
        assert train.read_log(tmp_path / "log.csv") == train.read_log(tmp_path) == history

    def test_columns_that_come_later(self, tmp_path):
        class Late(train.Callback):
            def on_train_epoch_end(self, trainer):
                if trainer.epochs_done == 2:
                    trainer.log("late", 0.5)
                    trainer.log("table", [[1, 2], [3, 4]])
                    trainer.log("not a number", float("nan"))

        found = trainer(folder=tmp_path, callbacks=[train.CSVLogger(), Late()])
        found.fit(*data(), epochs=3)
        rows = train.read_log(tmp_path / "log.csv")
        assert [row.get("late") for row in rows] == [None, 0.5, None]
        assert rows[1]["table"] == [[1, 2], [3, 4]]
        assert rows[1]["not a number"] != rows[1]["not a number"]
        assert len({line.count(",") for line in (tmp_path / "log.csv").read_text().splitlines()}) == 2  # one is quoted

    def test_a_line_that_is_being_written_is_left_out(self, tmp_path):
        path = tmp_path / "log.jsonl"
        path.write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo')
        assert train.read_log(path) == [{"epoch": 1, "loss": 0.5}]
        path.write_text("loss\n0.5\n")
        with pytest.raises(ValueError, match=r"log\.jsonl is not the log of a run"):
            train.read_log(path)
        with pytest.raises(FileNotFoundError):
            train.read_log(tmp_path / "nothing.jsonl")

    def test_steps(self, tmp_path):
        model = network()
        optimizer = optim.SGD(
            [{"params": model[:2].parameters()}, {"params": model[2:].parameters(), "lr": 0.5}], lr=0.1
        )
        schedule = train.LRSchedule(optim.lr_scheduler.ExponentialLR(optimizer, 0.5), interval="step")
        logger = train.JSONLinesLogger(tmp_path, every_n_steps=3)
        found = trainer(model, optimizer=optimizer, schedule=schedule, callbacks=[logger])
        found.fit(data()[0], epochs=2)
        rows = train.read_log(tmp_path / "steps.jsonl")
        assert [row["step"] for row in rows] == [3, 6, 9, 12, 15]
        assert [row["epoch"] for row in rows] == [1, 1, 2, 2, 2]
        assert [row["lr_1"] for row in rows] == [0.5 * 0.5 ** (row["step"] - 1) for row in rows]
        assert rows[0].keys() == {"epoch", "step", "loss", "lr_0", "lr_1"}

    def test_loggers_need_a_folder(self):
        for logger in (train.CSVLogger(), train.JSONLinesLogger(), train.ModelCheckpoint()):
            name = type(logger).__name__
            with pytest.raises(ValueError, match=f"{name}: folder must be given, here or to the Trainer"):
                trainer(callbacks=[logger]).fit(*data(), epochs=1)


class TestRunFile:
    def test_says_what_the_run_was_made_of(self, tmp_path):
        found = trainer(folder=tmp_path, seed=3, clip=1.0)
        found.fit(*data(), epochs=2)
        run = train.read_run(tmp_path)
        assert run["command"] == sys.orig_argv
        assert run["directory"] == os.getcwd()
        assert run["backend"] == tl.active_backend().name
        assert run["versions"]["tensorlab"] == tl.__version__
        assert (run["seed"], run["settings"]["clip"], run["settings"]["epochs"]) == (3, 1.0, 2)
        assert run["settings"]["parameters"] == sum(p.nelement() for p in found.model.parameters())
        assert [epoch["epoch"] for epoch in run["epochs"]] == [1, 2]
        assert run["epochs"][-1]["parameters"] == parameters_hash(found.model)

    def test_hashes_differ_where_an_element_does(self):
        model = network()
        before = parameters_hash(model)
        assert parameters_hash(network()) == before
        with tl.no_grad():
            model[0].bias[0] += 2.0**-50
        assert parameters_hash(model) != before
        assert parameters_hash(network().to(tl.float32)) != before

    def test_refused_files(self, tmp_path):
        path = tmp_path / "run.json"
        with pytest.raises(FileNotFoundError):
            train.read_run(tmp_path / "run.json")
        for text in ("{", "[]", '{"epochs": []}'):
            path.write_text(text)
            with pytest.raises(ValueError, match=r"run\.json is not a run file"):
                train.read_run(tmp_path)

    def test_comparison(self, tmp_path):
        for name, epochs, planted in (("a", 4, None), ("b", 4, 2), ("c", 3, None)):

            class Plant(train.Callback):
                epoch = planted

                def on_train_epoch_end(self, trainer):
                    if trainer.epochs_done == self.epoch:
                        trainer.model[0].bias.data = trainer.model[0].bias.data + 1e-12

            tl.manual_seed(0)
            trainer(folder=tmp_path / name, callbacks=[Plant()]).fit(*data(), epochs=epochs)
        same = train.compare_runs(tmp_path / "a", tmp_path / "a")
        assert same.is_equal
        assert "equal: the same parameters, bit for bit, after each of 4 epochs" in str(same)
        parted = train.compare_runs(tmp_path / "a", tmp_path / "b" / "run.json")
        assert (parted.first_difference, parted.is_equal) == (2, False)
        assert str(parted) == "the runs part in epoch 2; up to epoch 1 they agree"
        shorter = train.compare_runs(tmp_path / "a", tmp_path / "c")
        assert (shorter.first_difference, shorter.is_equal, shorter.epochs) == (None, False, 3)
        assert shorter.differences == {"settings.epochs": (4, 3)}


PROGRAM = """
import sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from trainings import data, trainer
from tensorlab import train


class Plant(train.Callback):
    "Changes a weight in epoch 2 where a file says so."

    def on_train_epoch_end(self, trainer):
        if trainer.epochs_done == 2 and Path("planted").exists():
            trainer.model[0].bias.data = trainer.model[0].bias.data * (1 + 1e-12)


trainer(folder=sys.argv[1], seed=4, callbacks=[Plant()]).fit(*data(), epochs=3, resume=True)
"""


def test_replay_repeats_a_program_and_finds_a_planted_difference(tmp_path, capsys, monkeypatch):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(tests=str(Path(__file__).parent)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("TENSORLAB_BACKEND", "numpy")  # the suite's own backend is not installed for other programs
    subprocess.run([sys.executable, "program.py", "runs/x"], cwd=tmp_path, check=True)
    run = tmp_path / "runs" / "x" / "run.json"
    before = run.read_bytes()

    assert main(["replay", str(run)]) == 0
    assert "the runs are equal: the same parameters, bit for bit, after each of 3 epochs" in capsys.readouterr().out
    assert (run.parent / "replay" / "runs" / "x" / "log.jsonl").exists()

    (tmp_path / "planted").touch()
    assert main(["replay", str(run.parent), "--folder", str(tmp_path / "again")]) == 1
    assert "the runs part in epoch 2; up to epoch 1 they agree" in capsys.readouterr().out
    assert main(["replay", "--compare", str(run), str(tmp_path / "again" / "runs" / "x")]) == 1
    assert run.read_bytes() == before

    program.write_text("raise SystemExit(3)")
    assert main(["replay", str(run)]) == 2
    assert "replay: the program ended with status 3" in capsys.readouterr().err


def test_interactive_runs_cannot_be_repeated(tmp_path, capsys):
    found = trainer(folder=tmp_path)
    found.fit(*data(), epochs=1)
    run = train.read_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(run | {"command": ["python"]}))
    assert main(["replay", str(tmp_path)]) == 2
    assert "is of an interactive interpreter" in capsys.readouterr().err
    assert main(["replay", str(tmp_path), str(tmp_path)]) == 2
    assert "replay takes one run" in capsys.readouterr().err


class TestPlot:
    def test_finds_logs(self, tmp_path):
        for name in ("one/log.jsonl", "two/log.csv", "two/deeper/log.jsonl", "three/steps.jsonl"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        assert find_logs([tmp_path]) == {
            "one": tmp_path / "one" / "log.jsonl",
            "two": tmp_path / "two" / "log.csv",
            "two/deeper": tmp_path / "two" / "deeper" / "log.jsonl",
        }
        assert find_logs([tmp_path / "three" / "steps.jsonl"]) == {"steps": tmp_path / "three" / "steps.jsonl"}
        with pytest.raises(FileNotFoundError, match="there are no logs of runs in"):
            find_logs([tmp_path / "three"])

    def test_draws_a_picture(self, tmp_path, capsys):
        pytest.importorskip("matplotlib")
        trainer(folder=tmp_path / "a").fit(*data(), epochs=2)
        trainer(folder=tmp_path / "b").fit(*data(), epochs=3)
        assert main(["plot", str(tmp_path)]) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'curves.png'}\n"
        assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
        assert main(["plot", str(tmp_path / "a" / LOG), "--out", str(tmp_path / "a.svg")]) == 0
        assert "<svg" in (tmp_path / "a.svg").read_text()
        assert set(TIMES) <= set(train.read_log(tmp_path / "a")[0])

    def test_without_epochs(self, tmp_path, capsys):
        (tmp_path / LOG).touch()
        assert main(["plot", str(tmp_path)]) == 2
        assert "have no epochs yet" in capsys.readouterr().err
