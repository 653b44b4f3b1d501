"""All callbacks in one training: it can be interrupted anywhere, and has the values of each callback alone."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from small_runs import assert_equal_results, batches, fit, results

import tensorlab as tl
from tensorlab import nn, optim, train


def draw(model):
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot(model(tl.randn(4, 4)).flatten().tolist())
    return figure


class Lasso(train.Penalty):
    """Finds its parameters when the training begins."""

    def __init__(self):
        super().__init__(optim.L1Penalty([nn.Parameter(tl.ones(1))], 0.01, start=1))

    def on_fit_start(self, trainer):
        self.penalty.params = [trainer.model[0].weight]
        super().on_fit_start(trainer)


def everything():
    """Return new callbacks of all kinds."""
    return [
        train.CSVLogger(),
        train.EarlyStopping("loss", patience=3, restore_best_weights=True),
        train.EMA(0.9),
        train.Freeze("4.*", start=1, until=2),
        train.GradientNorm(),
        train.Histograms(bins=4),
        train.LearningRateFinder(num_training=20),
        Lasso(),
        train.NaNGuard("skip"),
        train.SWA(start=2),
        train.SamplePictures(draw, every_n_epochs=2),
        train.SanityCheck(verbose=False),
        train.TensorBoardLogger(every_n_steps=1),
        train.ThroughputMonitor(),
    ]


def without_checks():
    """Return all but the checks, which would find what is planted."""
    return [callback for callback in everything() if not isinstance(callback, train.SanityCheck)]


def poisoned():
    """Return batches of which one is left out."""
    found = batches()
    x = found[1][0].clone()
    x[3, 2] = tl.nan
    return [*found, (x, found[1][1])]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_interrupted_at_random_and_more_than_once(tmp_path, seed):
    pytest.importorskip("tensorboardX")
    options = {"data": poisoned(), "valid": batches(), "epochs": 5}
    whole = fit(without_checks, tmp_path / "whole", **options)
    for at in sorted(np.random.default_rng(seed).choice(np.arange(1, 20), 3, replace=False)):
        fit(without_checks, tmp_path / "parts", at=int(at), resume=True, **options)
    found = fit(without_checks, tmp_path / "parts", resume=True, **options)
    assert_equal_results(results(found), results(whole))
    histograms = [(tmp_path / run / "histograms.jsonl").read_text() for run in ("whole", "parts")]
    assert histograms[0] == histograms[1]
    names = [sorted(path.name for path in (tmp_path / run / "pictures").iterdir()) for run in ("whole", "parts")]
    assert names[0] == names[1]


def test_what_they_log_and_write(tmp_path):
    pytest.importorskip("tensorboardX")
    held_out = [(x + 0.01, y) for x, y in batches()]
    history = fit(everything, tmp_path, data=batches(), valid=held_out, epochs=2).history
    names = ("loss", "valid_loss", "penalty", "grad_norm", "grad_norm/0", "skipped", "lr", "seconds", "data_seconds")
    assert set(names) <= set(history[-1])
    assert "grad_norm/4" in history[0] and "grad_norm/4" not in history[1]
    assert history[0]["skipped"] == 0 < history[1]["penalty"]
    files = ("log.csv", "log.jsonl", "histograms.jsonl", "pictures", "tensorboard", "run.json", "last.safetensors")
    assert set(files) <= {path.name for path in tmp_path.iterdir()}
