"""Callbacks that measure: gradient norms, histograms, times, pictures, TensorBoard, checks before the training."""

import json
import time

import numpy as np
import pytest
from helpers import host
from matplotlib.figure import Figure
from parts import classifier
from small_runs import assert_resumes, batches, make_trainer, results

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.train import sanity


class TestGradientNorm:
    def test_values_are_numpys(self):
        norms = []

        class Norms(train.Callback):
            def on_before_optimizer_step(self, trainer):
                grads = {n: host(p.grad) for n, p in trainer.model.named_parameters()}
                layers = [[g for n, g in grads.items() if n.startswith(layer)] for layer in "014"]
                norms.append([np.sqrt(sum((g.astype(float) ** 2).sum() for g in part)) for part in layers])

        history = make_trainer([train.GradientNorm(), Norms()]).fit(batches(), epochs=2)
        for row, found in zip(history, np.array(norms).reshape(2, 3, 3), strict=True):
            total = np.sqrt((found**2).sum(axis=1))
            assert row["grad_norm"] == pytest.approx(total.mean(), rel=1e-5)
            assert row["grad_norm_max"] == pytest.approx(total.max(), rel=1e-5)
            for number, layer in enumerate("014"):
                assert row[f"grad_norm/{layer}"] == pytest.approx(found[:, number].mean(), rel=1e-5)
                assert row[f"grad_norm_max/{layer}"] == pytest.approx(found[:, number].max(), rel=1e-5)

    def test_layers_that_are_frozen_in_between(self):
        callbacks = [train.GradientNorm(), train.Freeze("0.*", start=1)]
        history = make_trainer(callbacks).fit(batches(), epochs=2)
        assert "grad_norm/0" in history[0] and "grad_norm/0" not in history[1]

    def test_total_alone_every_few_steps(self):
        history = make_trainer([train.GradientNorm(per_layer=False, every_n_steps=3)]).fit(batches(), epochs=1)
        assert history[0]["grad_norm"] == history[0]["grad_norm_max"]
        assert not any("/" in name for name in history[0])

    def test_nothing_is_moved_to_the_host_until_the_epoch_ends(self, monkeypatch):
        calls = []
        for name in ("item", "tolist", "numpy", "__float__", "__bool__"):
            made = getattr(tl.Tensor, name)
            monkeypatch.setattr(tl.Tensor, name, lambda x, *a, made=made, **k: (calls.append(1), made(x, *a, **k))[1])
        norm = train.GradientNorm()
        trainer = make_trainer([])
        for p in trainer.model.parameters():
            p.grad = tl.ones_like(p.detach())
        norm.on_train_epoch_start(trainer)
        for trainer.global_step in (1, 2, 3):
            norm.on_after_optimizer_step(trainer)
        assert not calls

    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.GradientNorm(), train.Freeze("0.*", start=1)], tmp_path)


class TestHistograms:
    def test_counts_are_numpys(self, tmp_path):
        trainer = make_trainer([train.Histograms(bins=8, every_n_epochs=2)], tmp_path)
        trainer.fit(batches(), epochs=3)
        rows = train.read_log(tmp_path / "histograms.jsonl")
        assert {row["epoch"] for row in rows} == {2} and len(rows) == 12

    def test_last_epoch(self, tmp_path):
        trainer = make_trainer([train.Histograms(bins=8)], tmp_path)
        trainer.fit(batches(), epochs=1)
        rows = {(row["kind"], row["name"]): row for row in train.read_log(tmp_path / "histograms.jsonl")}
        for name, parameter in trainer.model.named_parameters():
            for kind, values in (("parameter", parameter.detach()), ("gradient", parameter.grad)):
                counts, edges = np.histogram(host(values), 8)
                row = rows[kind, name]
                assert sum(row["counts"]) == parameter.nelement() and row["nonfinite"] == 0
                np.testing.assert_allclose(row["edges"], edges, rtol=1e-5, atol=1e-7)
                assert np.abs(np.array(row["counts"]) - counts).sum() <= 2  # of values on an edge

    def test_values_that_are_not_finite(self, tmp_path):
        model = classifier()
        trainer = make_trainer([train.Histograms()], tmp_path, model=model, lr=0.0)
        trainer.fit(batches(), epochs=1)
        histograms = next(c for c in trainer.callbacks if isinstance(c, train.Histograms))
        model[4].bias.data = tl.tensor([1.0, tl.nan, tl.inf])
        row = next(row for row, _ in histograms._rows(trainer) if row["name"] == "4.bias")
        assert row["nonfinite"] == 2 and sum(row["counts"]) == 1

    def test_resumed_without_doubled_lines(self, tmp_path):
        whole = assert_resumes(lambda: [train.Histograms(bins=4)], tmp_path)
        assert whole.epochs_done == 4
        files = sorted(tmp_path.glob("*/histograms.jsonl"))
        assert len(files) == 4 and len({file.read_text() for file in files}) == 1


class TestThroughput:
    def test_phases(self, tmp_path):
        class Slow:
            def __iter__(self):
                for batch in batches():
                    time.sleep(0.03)
                    yield batch

        history = make_trainer([train.ThroughputMonitor()]).fit(Slow(), batches(), epochs=1)
        row = history[0]
        assert 0.09 <= row["data_seconds"] < row["seconds"] + 0.01
        phases = [row[f"{phase}_seconds"] for phase in ("data", "forward", "backward", "update", "validation")]
        assert min(phases) >= 0 and sum(phases) == pytest.approx(row["seconds"], abs=0.02)

    def test_synchronized_and_resumed(self, tmp_path):
        assert_resumes(lambda: [train.ThroughputMonitor(synchronize=True)], tmp_path, valid=batches())


class TestPictures:
    def draw(self, model):
        tl.randn(3), np.random.random()  # noqa: NPY002
        assert not model.training
        model[0].weight.data = tl.zeros(16, 4)
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([1, 2])
        return {"line": figure, "other": figure}

    def test_files_and_no_effect_on_the_training(self, tmp_path):
        plain, drawn = make_trainer([]), make_trainer([train.SamplePictures(self.draw, every_n_epochs=2)], tmp_path)
        plain.fit(batches(), epochs=3)
        drawn.fit(batches(), epochs=3)
        np.testing.assert_equal(results(drawn), results(plain))
        names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
        assert names == [f"{name}-epoch={epoch}.png" for name in ("line", "other") for epoch in (0, 2, 3)]

    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.SamplePictures(self.draw)], tmp_path)

    def test_other_results(self, tmp_path):
        with pytest.raises(TypeError, match="draw must return a figure of Matplotlib, or a dict of them, not NoneType"):
            make_trainer([train.SamplePictures(lambda model: None)], tmp_path).fit(batches(), epochs=1)

    def test_no_folder(self):
        with pytest.raises(ValueError, match="SamplePictures: folder must be given"):
            make_trainer([train.SamplePictures(self.draw)]).fit(batches(), epochs=1)


class TestTensorBoard:
    @pytest.fixture
    def events(self):
        module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

        def read(folder):
            found = module.EventAccumulator(str(folder), size_guidance=dict.fromkeys(module.DEFAULT_SIZE_GUIDANCE, 0))
            return found.Reload()

        return read

    def make(self):
        pytest.importorskip("tensorboardX")
        return [train.TensorBoardLogger(every_n_steps=1), train.GradientNorm(per_layer=False), train.Histograms(bins=4)]

    def scalars(self, found):
        tags = [tag for tag in found.Tags()["scalars"] if "second" not in tag]
        return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in tags}

    def test_scalars_are_what_is_logged(self, tmp_path, events):
        trainer = make_trainer(self.make(), tmp_path)
        history = trainer.fit(batches(), batches(), epochs=3)
        found = self.scalars(events(tmp_path / "tensorboard"))
        for tag, name in (("loss/train", "loss"), ("loss/valid", "valid_loss"), ("grad_norm", "grad_norm")):
            assert [step for step, _ in found[tag]] == [3, 6, 9]
            np.testing.assert_allclose([v for _, v in found[tag]], [row[name] for row in history], rtol=1e-6)
        assert [step for step, _ in found["loss/step"]] == list(range(1, 10))
        losses = np.array([value for _, value in found["loss/step"]]).reshape(3, 3).mean(axis=1)
        np.testing.assert_allclose(losses, [row["loss"] for row in history], rtol=1e-5)

    def test_histograms_pictures_and_text(self, tmp_path, events):
        pytest.importorskip("PIL")
        callbacks = [*self.make(), train.SamplePictures(TestPictures().draw)]
        trainer = make_trainer(callbacks, tmp_path)
        trainer.fit(batches(), epochs=2)
        found = events(tmp_path / "tensorboard")
        (first, last) = found.Histograms("parameters/0.weight")
        assert (first.step, last.step) == (3, 6)
        assert last.histogram_value.num == 64
        assert last.histogram_value.sum == pytest.approx(float(trainer.model[0].weight.sum()), abs=1e-4)
        assert [event.step for event in found.Images("pictures/line")] == [0, 3, 6]
        image = found.Images("pictures/line")[0]
        assert (image.width, image.height) == (200, 100) and image.encoded_image_string.startswith(b"\x89PNG")
        text = found.Tensors("model/text_summary")[0].tensor_proto.string_val[0].decode()
        assert "Linear(in_features=4, out_features=16" in text

    def test_hyperparameters(self, tmp_path, events):
        pytest.importorskip("tensorboardX")
        make_trainer([train.TensorBoardLogger(hparams={"lr": 0.1, "model": "small"})], tmp_path).fit(
            batches(), epochs=1
        )
        data = events(tmp_path / "tensorboard").SummaryMetadata
        assert data("_hparams_/experiment").plugin_data.plugin_name == "hparams"

    def test_resumed_runs_have_no_doubled_steps(self, tmp_path, events):
        assert_resumes(self.make, tmp_path)
        found = [self.scalars(events(folder / "tensorboard")) for folder in sorted(tmp_path.iterdir())]
        assert len(found) == 4
        for other in found[1:]:
            assert other == found[0]

    def test_a_new_run_replaces_an_old_one(self, tmp_path, events):
        for _ in range(2):
            make_trainer(self.make(), tmp_path).fit(batches(), epochs=2)
        assert [event.step for event in events(tmp_path / "tensorboard").Scalars("loss/train")] == [3, 6]

    def test_another_fit_goes_on(self, tmp_path, events):
        trainer = make_trainer(self.make(), tmp_path)
        for _ in range(2):
            trainer.fit(batches(), epochs=1)
        assert [event.step for event in events(tmp_path / "tensorboard").Scalars("loss/train")] == [3, 6]

    def test_missing_package(self, tmp_path, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "tensorboardX", None)
        with pytest.raises(ImportError, match=r"pip install 'tensorlab\[tensorboard\]'"):
            make_trainer([train.TensorBoardLogger()], tmp_path).fit(batches(), epochs=1)


class TestBeforeTheTraining:
    def test_checks_change_nothing(self, capsys):
        plain, checked = make_trainer([]), make_trainer([], sanity_check=True)
        plain.fit(batches(), epochs=2)
        checked.fit(batches(), epochs=2)
        np.testing.assert_equal(results(checked), results(plain))
        assert "ok       overfits_one_batch" in capsys.readouterr().out

    def test_a_fault_ends_it_before_it_begins(self, tmp_path):
        model = classifier()
        model.unused = nn.Parameter(tl.ones(1))
        trainer = make_trainer([], tmp_path, model=model, sanity_check=True)
        with pytest.raises(sanity.SanityError, match="no gradient: unused"):
            trainer.fit(batches(), epochs=1)
        assert trainer.global_step == 0

    def test_resumed_trainings_are_not_checked(self, tmp_path):
        assert_resumes(lambda: [train.SanityCheck(verbose=False)], tmp_path)

    def test_rate_finder(self, tmp_path):
        finder = train.LearningRateFinder(num_training=40)
        trainer = make_trainer([finder], lr=1e-7)
        history = trainer.fit(batches(), epochs=3)
        assert history[0]["lr"] == finder.sweep.suggestion()
        assert history[-1]["loss"] < 0.5 * history[0]["loss"]
        by_hand = make_trainer([], lr=history[0]["lr"])
        by_hand.fit(batches(), epochs=3)
        np.testing.assert_equal(results(by_hand), results(trainer))

    def test_rate_finder_resumed(self, tmp_path):
        assert_resumes(lambda: [train.LearningRateFinder(num_training=30)], tmp_path)

    def test_loops_of_the_users_own(self):
        trainer = make_trainer([train.LearningRateFinder()])
        with pytest.raises(RuntimeError, match=r"LearningRateFinder needs the data of Trainer\.fit"):
            next(iter(trainer.epochs(1)))

    def test_batches_that_are_not_pairs(self):
        class Triples(train.Trainer):
            def forward(self, model, batch):
                x, y, weight = batch
                outputs = model(x)
                return (nn.functional.cross_entropy(outputs, y, reduction="none") * weight).mean(), outputs, y

        model = classifier()
        trainer = Triples(
            model, None, optim.SGD(model.parameters(), lr=0.1), sanity_check=True, progress=False,
            callbacks=[train.LearningRateFinder(num_training=20)],
        )  # fmt: skip
        history = trainer.fit([(x, y, tl.ones(len(y))) for x, y in batches()], epochs=1)
        assert history[0]["lr"] > 1e-5
        assert json.dumps(history)
