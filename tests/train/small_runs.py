"""Trainings that are interrupted and resumed, against one that is not."""

import numpy as np
from helpers import host
from parts import blobs, classifier

import tensorlab as tl
from tensorlab import optim, train
from tensorlab.nn import functional as F


class Interrupted(Exception):
    """The end of a training that is resumed."""


class Interrupt(train.Callback):
    """Raises after a number of steps of the optimizer, at the very end of a batch."""

    order = 100

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, batch, batch_idx):
        if trainer.global_step == self.step:
            raise Interrupted


def batches(samples=48, batch_size=16):
    """Return batches as a list, whose position in an epoch any checkpoint can hold."""
    x, y = blobs(samples)
    return [(x[start : start + batch_size], y[start : start + batch_size]) for start in range(0, samples, batch_size)]


def make_trainer(callbacks, folder=None, model=None, lr=0.1, **options):
    """Return a trainer of a small classifier, whose optimizer has a momentum."""
    tl.seed_everything(3)
    model = classifier() if model is None else model
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=1e-3)
    return train.Trainer(
        model, F.cross_entropy, optimizer, callbacks=callbacks, folder=folder, progress=False, seed=5, **options
    )


def fit(make, folder, epochs=4, at=None, resume=False, data=None, valid=None):
    """Train from the beginning or a checkpoint, with callbacks that `make` makes; stop after a step if asked to."""
    checkpoint = train.ModelCheckpoint(every_n_train_steps=2)
    callbacks = [*make(), checkpoint, *([] if at is None else [Interrupt(at)])]
    trainer = make_trainer(callbacks, folder)
    try:
        trainer.fit(data or batches(), valid, epochs=epochs, resume=resume)
    except Interrupted:
        assert at is not None
    return trainer


def results(trainer):
    """Return what a training has come to: parameters, buffers, the optimizer's state and the log without times."""
    state = {name: host(x).tobytes() for name, x in trainer.model.state_dict().items()}
    kept = [
        {name: host(x).tobytes() if isinstance(x, tl.Tensor) else x for name, x in entry.items()}
        for entry in trainer.optimizer.state_dict()["state"].values()
    ]
    timed = ("seconds", "samples_per_second")
    log = [{name: v for name, v in row.items() if not name.endswith(timed)} for row in trainer.history]
    average = trainer.evaluated_model.state_dict()
    return state, kept, log, {name: host(x).tobytes() for name, x in average.items()}


def assert_resumes(make, tmp_path, **options):
    """Assert that trainings that were interrupted anywhere end as one that was not, bit for bit."""
    whole = fit(make, tmp_path / "whole", **options)
    for at in (3, 6, 10):
        folder = tmp_path / f"from {at}"
        fit(make, folder, at=at, **options)
        assert_equal_results(results(fit(make, folder, resume=True, **options)), results(whole))
    return whole


def assert_equal_results(found, expected):
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_equal(mine, theirs)
