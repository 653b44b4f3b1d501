"""The base class of callbacks and their order; early stopping, checkpoints, schedules, progress."""

import io
import os
import re
import sys

import numpy as np
import pytest
from trainings import Accuracy, assert_equal_models, data, elements, network, points, trainer

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.train.callbacks import progress
from tensorlab.train.callbacks.base import HOOKS
from tensorlab.train.callbacks.calls import Callbacks


class Record(train.Callback):
    """Notes the names of all hooks that are called."""

    def __init__(self, order=0, notes=None):
        self.order, self.notes = order, [] if notes is None else notes
        for hook in HOOKS:
            setattr(self, hook, lambda *arguments, hook=hook: self.notes.append((hook, self.order)))


class TestHooks:
    def test_sequence(self):
        record = Record()
        x, y = points(8)
        trainer(callbacks=[record], accumulate=2).fit([(x, y)] * 3, [(x, y)], epochs=1)
        batch = ["on_train_batch_start", "on_before_backward", "on_after_backward"]
        step = ["on_before_optimizer_step", "on_after_optimizer_step"]
        assert [hook for hook, _ in record.notes] == [
            *("on_fit_start", "on_train_epoch_start"),
            *(*batch, "on_train_batch_end"),
            *(*batch, *step, "on_train_batch_end"),
            *(*batch, "on_train_batch_end", *step),  # the rest of the epoch
            *("on_validation_start", "on_validation_batch_end", "on_validation_end"),
            *("on_train_epoch_end", "on_fit_end"),
        ]

    def test_order(self):
        notes = []
        records = [Record(order, notes) for order in (20, 0, -1, 0)]
        assert [c.order for c in Callbacks(records)] == [-1, 0, 0, 20]
        assert list(Callbacks(records))[1:3] == [records[1], records[3]]
        trainer(callbacks=records).fit(data()[0], epochs=1)
        assert [order for hook, order in notes if hook == "on_fit_start"] == [-1, 0, 0, 20]

    def test_hooks_that_are_not_overridden_are_not_called(self):
        class One(train.Callback):
            def on_train_batch_end(self, trainer, batch, batch_idx):
                pass

        found = Callbacks([train.Callback(), One()])
        assert {hook: len(found.of(hook)) for hook in HOOKS if found.of(hook)} == {"on_train_batch_end": 1}

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_exceptions_end_a_training_and_are_raised_again(self, error):
        told = []

        class Fail(train.Callback):
            def on_train_batch_end(self, trainer, batch, batch_idx):
                if batch_idx == 2:
                    raise error("stop")

            def on_exception(self, trainer, exception):
                told.append(exception)

            def on_fit_end(self, trainer):
                told.append("end")

        found = trainer(callbacks=[Fail()])
        with pytest.raises(error, match="stop") as caught:
            found.fit(data()[0], epochs=1)
        assert told == [caught.value]
        del caught
        assert found.global_step == 3

    def test_a_training_that_was_ended_by_an_exception_can_begin_again(self):
        class Fail(train.Callback):
            fails = True

            def on_train_batch_end(self, trainer, batch, batch_idx):
                if self.fails and batch_idx == 2:
                    raise KeyboardInterrupt

        fail = Fail()
        found = trainer(callbacks=[fail], accumulate=2)
        with pytest.raises(KeyboardInterrupt):
            found.fit(data()[0], epochs=1)
        fail.fails = False
        rows = found.fit(data()[0], epochs=2)
        assert [row["epoch"] for row in rows] == [1, 2]

    def test_states_are_told_apart_by_class_and_number(self):
        first, second = train.EarlyStopping(), train.EarlyStopping()
        first.wait, second.wait = 1, 2
        state = Callbacks([first, train.Callback(), second]).state_dict()
        assert [value["wait"] for value in state.values()] == [1, 2]
        others = [train.EarlyStopping(), train.EarlyStopping()]
        Callbacks(others).load_state_dict(state)
        assert [c.wait for c in others] == [1, 2]


def scores(*values):
    """Return a callback that logs these values as the score of each epoch, and moves a weight to the epoch's number."""

    class Scores(train.Callback):
        order = -1

        def on_train_epoch_end(self, trainer):
            trainer.log("score", values[trainer.epochs_done - 1])
            with tl.no_grad():
                trainer.model[0].bias[...] = float(trainer.epochs_done)

    return Scores()


class TestEarlyStopping:
    @pytest.mark.parametrize(
        ("mode", "values", "patience", "min_delta", "best", "stopped"),
        [
            ("min", (3.0, 2.0, 2.5, 2.4, 1.0, 1.0), 2, 0.0, 2, 4),
            ("min", (3.0, 2.0, 2.5, 1.0, 1.1, 1.2), 2, 0.0, 4, 6),
            ("max", (0.5, 0.7, 0.6, 0.65, 0.9, 0.9), 3, 0.0, 5, 0),
            ("min", (3.0, 2.9, 2.8, 2.7, 2.0, 2.0), 3, 0.5, 1, 4),
            ("min", (float("nan"), 2.0, float("nan"), float("nan"), 1.0, 1.0), 2, 0.0, 2, 4),
        ],
    )
    def test_when_it_stops(self, mode, values, patience, min_delta, best, stopped):
        stopping = train.EarlyStopping("score", mode=mode, patience=patience, min_delta=min_delta)
        found = trainer(callbacks=[scores(*values), stopping])
        found.fit(data()[0], epochs=6)
        assert (stopping.best_epoch, stopping.stopped_epoch) == (best, stopped)
        assert found.epochs_done == (stopped or 6)
        assert found.model[0].bias[0].item() == found.epochs_done

    @pytest.mark.parametrize("patience", [2, 100], ids=["stopped", "not stopped"])
    def test_best_weights_are_restored_whether_it_stopped_or_not(self, patience):
        """Keras' issues 12511 and 20323."""
        stopping = train.EarlyStopping("score", patience=patience, restore_best_weights=True)
        found = trainer(callbacks=[scores(3.0, 1.0, 2.0, 2.0, 2.0), stopping], ema=0.5)
        found.fit(data()[0], epochs=5)
        assert (found.epochs_done, stopping.stopped_epoch) == ((4, 4) if patience == 2 else (5, 0))
        assert found.model[0].bias[0].item() == 2.0
        again = trainer(callbacks=[scores(3.0, 1.0)], ema=0.5)
        again.fit(data()[0], epochs=2)
        assert_equal_models(found.model, again.model)
        assert_equal_models(found.evaluated_model, again.evaluated_model)

    def test_looks_at_every_nth_epoch_from_one_on(self):
        stopping = train.EarlyStopping("score", patience=2, start_from_epoch=2, every_n_epochs=2)
        found = trainer(callbacks=[scores(0.0, 0.0, 9.0, 3.0, 9.0, 4.0, 9.0, 4.0, 9.0), stopping])
        found.fit(data()[0], epochs=9)
        assert (stopping.best_epoch, stopping.stopped_epoch) == (4, 8)

    def test_what_is_monitored_must_be_logged(self):
        found = trainer(callbacks=[train.EarlyStopping("accuracy")])
        with pytest.raises(
            ValueError, match="EarlyStopping: monitor='accuracy' is not among the values of epoch 1: 'ep"
        ):
            found.fit(data()[0], epochs=1)

        class Text(train.Callback):
            def on_train_epoch_end(self, trainer):
                trainer.log("note", "good")

        found = trainer(callbacks=[Text(), train.EarlyStopping("note")])
        with pytest.raises(ValueError, match="EarlyStopping: monitor='note' must be one number, not 'good'"):
            found.fit(data()[0], epochs=1)


class TestModelCheckpoint:
    @pytest.mark.parametrize(("mode", "best"), [("min", [2, 4]), ("max", [1, 5])])
    def test_keeps_the_best(self, tmp_path, mode, best):
        checkpoint = train.ModelCheckpoint(tmp_path, monitor="score", mode=mode, save_top_k=2)
        found = trainer(callbacks=[scores(5.0, 1.0, 3.0, 2.0, 4.0), checkpoint])
        found.fit(data()[0], epochs=5)
        values = {1: 5.0, 2: 1.0, 4: 2.0, 5: 4.0}
        names = [f"epoch={epoch}-score={values[epoch]:.4f}.safetensors" for epoch in best]
        assert [os.path.basename(path) for path in checkpoint.best_k_models] == names
        assert {p.name for p in tmp_path.iterdir()} == {*names, "last.safetensors"}
        assert checkpoint.best_model_path == str(tmp_path / names[0])
        assert checkpoint.best_model_score == values[best[0]]
        saved = tl.load(checkpoint.best_model_path)["model"]
        assert saved["0.bias"][0].item() == best[0]
        assert tl.load(tmp_path / "last.safetensors")["model"]["0.bias"][0].item() == 5.0

    def test_every_n_epochs_and_all(self, tmp_path):
        checkpoint = train.ModelCheckpoint(every_n_epochs=2, save_top_k=-1)
        trainer(callbacks=[checkpoint], folder=tmp_path).fit(data()[0], epochs=5)
        assert {p.name for p in tmp_path.glob("epoch=*")} == {f"epoch={n}.safetensors" for n in (2, 4, 5)}
        assert tl.load(tmp_path / "last.safetensors")["counters"]["epochs_done"] == 5

    def test_every_n_steps(self, tmp_path):
        written = []

        class Watch(train.Callback):
            def on_save_checkpoint(self, trainer, checkpoint):
                written.append(checkpoint["counters"]["global_step"])

        checkpoint = train.ModelCheckpoint(every_n_train_steps=3, every_n_epochs=1)
        trainer(callbacks=[checkpoint, Watch()], folder=tmp_path).fit(data()[0], epochs=2)
        assert written == [3, 6, 8, 9, 12, 15, 16]

    def test_refusals(self):
        with pytest.raises(ValueError, match="ModelCheckpoint: save_top_k needs monitor"):
            train.ModelCheckpoint(save_top_k=3)
        with pytest.raises(ValueError, match="ModelCheckpoint: mode must be 'min' or 'max'"):
            train.ModelCheckpoint(monitor="loss", mode="low")
        with pytest.raises(ValueError, match="ModelCheckpoint: save_top_k must be an integer of at least -1"):
            train.ModelCheckpoint(save_top_k=-2)

    def test_a_checkpoint_can_be_written_and_read_by_hand(self, tmp_path):
        found = trainer(metrics={"accuracy": Accuracy()})
        loader, valid = data()
        found.fit(loader, valid, epochs=2)
        found.save_checkpoint(tmp_path / "deep" / "here.safetensors")
        other = trainer(network(seed=5), metrics={"accuracy": Accuracy()})
        other.load_checkpoint(tmp_path / "deep" / "here.safetensors")
        assert_equal_models(other.model, found.model)
        assert other.history == found.history
        assert other.evaluate(valid) == found.evaluate(valid)


class TestSchedules:
    def test_per_epoch(self):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=1.0)
        schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        rows = trainer(model, optimizer=optimizer, schedule=schedule).fit(data()[0], epochs=3)
        assert [row["lr"] for row in rows] == [1.0, 0.5, 0.25]

    @pytest.mark.parametrize(("interval", "frequency", "steps"), [("step", 1, 16), ("step", 4, 4), ("epoch", 2, 1)])
    def test_intervals(self, interval, frequency, steps):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=1.0)
        schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        stepped = train.LRSchedule(schedule, interval=interval, frequency=frequency)
        trainer(model, optimizer=optimizer, callbacks=[stepped]).fit(data()[0], epochs=2)
        assert schedule.last_epoch == steps

    def test_plateau(self):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=1.0)
        plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)
        schedule = train.LRSchedule(plateau, monitor="score")
        found = trainer(model, optimizer=optimizer, schedule=schedule, callbacks=[scores(3.0, 2.0, 2.0, 2.0)])
        rows = found.fit(data()[0], epochs=4)
        assert [row["lr"] for row in rows] == pytest.approx([1.0, 1.0, 1.0, 0.1])
        for options in ({}, {"monitor": "loss", "interval": "step"}):
            with pytest.raises(ValueError, match="LRSchedule: ReduceLROnPlateau needs monitor"):
                train.LRSchedule(plateau, **options)

    def test_of_another_optimizer(self):
        model = network()
        other = optim.SGD(model.parameters(), lr=1.0)
        found = trainer(model, schedule=optim.lr_scheduler.ExponentialLR(other, 0.5))
        with pytest.raises(ValueError, match="LRSchedule: schedule must be one of the trainer's optimizer"):
            found.fit(data()[0], epochs=1)


class TestProgress:
    def test_lines(self, capsys):
        rows = trainer(progress=None, metrics={"accuracy": Accuracy()}).fit(*data(), epochs=2)
        out, err = capsys.readouterr()
        assert err == ""
        lines = out.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith(
            f"epoch 1/2: loss {rows[0]['loss']:.4g}, accuracy {rows[0]['accuracy']:.4g}, valid_loss "
        )
        assert re.search(r"\(\d+\.\d s, [\d,]+ samples/s\)$", lines[1])

    def test_lines_show_numbers_only(self, capsys):
        class Log(train.Callback):
            def on_train_epoch_end(self, trainer):
                trainer.log("matrix", [[1, 2], [3, 4]])
                trainer.log("count", 3)

        trainer(progress=None, callbacks=[Log()]).fit(*data(), epochs=1)
        line = capsys.readouterr().out
        assert ", count 3 (" in line and "matrix" not in line

    def test_silence(self, capsys):
        trainer(progress=False).fit(*data(), epochs=1)
        assert capsys.readouterr() == ("", "")

    def test_a_bar_in_a_terminal_but_not_in_ci(self, monkeypatch):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.delenv("CI", raising=False)
        assert type(progress.progress(None)) is train.Progress
        monkeypatch.setattr(sys, "stderr", Terminal())
        assert type(progress.progress(None)) is train.ProgressBar
        monkeypatch.setenv("CI", "true")
        assert type(progress.progress(None)) is train.Progress

    def test_the_bar_shows_the_figures_of_the_log(self, monkeypatch, capsys):
        """Lightning's issue 10653: the values of the bar were smoothed, and differed from those logged."""
        shown = []

        class Look(train.Callback):
            order = 30

            def on_train_batch_end(self, trainer, batch, batch_idx):
                bar = found.callbacks.instances(train.ProgressBar)[0]._bar
                shown.append((bar.n, bar.total, bar.postfix))

        monkeypatch.setattr(progress, "LARGEST_SHARE", 1e9)
        bar = train.ProgressBar(interval=1e-9)
        found = trainer(callbacks=[bar, Look()], metrics={"accuracy": Accuracy()})
        rows = found.fit(*data(), epochs=2)
        assert [(n, total) for n, total, _ in shown] == [(n, 8) for n in range(1, 9)] * 2
        for row, (*_, postfix) in zip(rows, (shown[7], shown[15]), strict=True):
            assert postfix.startswith(f"loss {row['loss']:.4g}, accuracy {row['accuracy']:.4g}, ")
            assert postfix.endswith(" samples/s")
        out, err = capsys.readouterr()
        assert "epoch 2/2 100%|" in err
        assert len(out.splitlines()) == 2

    def test_the_bar_is_drawn_rarely_and_asks_for_values_only_then(self, monkeypatch):
        clock = [0.0]
        monkeypatch.setattr(progress, "perf_counter", lambda: clock[0])
        drawn = []
        monkeypatch.setattr(train.ProgressBar, "_draw", lambda self, trainer: drawn.append(clock[0]) or self._wait())
        monkeypatch.setattr(train.ProgressBar, "_wait", lambda self: setattr(self, "_due", clock[0] + 1), raising=False)

        class Tick(train.Callback):
            def on_train_batch_start(self, trainer, batch, batch_idx):
                clock[0] += 0.25

        trainer(callbacks=[Tick(), train.ProgressBar(interval=1.0)]).fit(data()[0], epochs=1)
        assert drawn == [1.25]

    def test_a_pass_without_length(self, capsys, monkeypatch):
        monkeypatch.setattr(progress, "LARGEST_SHARE", 1e9)

        class Endless:
            def __iter__(self):
                return iter(list(data()[0]))

        found = trainer(callbacks=[train.ProgressBar(interval=1e-9)])
        found.fit(Endless(), epochs=1)
        assert "epoch 1/1, batch 8 [" in capsys.readouterr().err


def test_each_callback_works_alone_in_a_loop_of_the_users_own(tmp_path):
    callbacks = [
        train.EarlyStopping("valid_loss", patience=1, min_delta=100.0),
        train.ModelCheckpoint(tmp_path),
        train.JSONLinesLogger(tmp_path),
        train.CSVLogger(tmp_path),
        train.EMA(0.9),
    ]
    for callback in callbacks:
        found = trainer(callbacks=[callback])
        loader, valid = data()
        for _ in found.epochs(3):
            for x, y in found.batches(loader):
                found.step(nn.functional.cross_entropy(found.model(x), y))
            found.evaluate(valid)
        assert found.epochs_done == (2 if callback is callbacks[0] else 3)
    assert {p.name for p in tmp_path.iterdir()} == {"last.safetensors", "log.jsonl", "log.csv"}
    assert all(np.isfinite(x).all() for x in elements(found.model).values())
