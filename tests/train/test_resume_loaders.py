"""Resumed trainings on data loaders with random augmentation, with and without workers."""

import random

import numpy as np
import pytest
from trainings import assert_equal_models, network, points, trainer

import tensorlab as tl
from tensorlab import train
from tensorlab.data import DataLoader, Dataset, TensorDataset


class Augmented(Dataset):
    """Points that are moved at random, by numbers of three libraries."""

    def __init__(self):
        self.x, self.y = points()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        noise = tl.rand(2, dtype=tl.float64) + random.random() + np.random.rand()  # noqa: NPY002
        return self.x[index] + 0.1 * noise, self.y[index]


class Interruption(Exception):
    pass


class InterruptAt(train.Callback):
    """Raises an exception after a number of batches."""

    def __init__(self, number):
        self.number = number

    def on_train_batch_end(self, trainer, batch, batch_idx):
        self.number -= 1
        if self.number == 0:
            raise Interruption


def fit(folder, dataset, callbacks=(), every=3, valid=None, **options):
    """Train for three epochs of eight batches each, or resume; return the trainer."""
    tl.seed_everything(1)
    found = trainer(
        network(dropout=0.3),
        folder=folder,
        callbacks=[*callbacks, train.ModelCheckpoint(every_n_train_steps=every)],
    )
    found.fit(DataLoader(dataset, batch_size=8, shuffle=True, **options), valid, epochs=3, resume=True)
    return found


WORKERS = [
    {},
    {"num_workers": 2, "worker_type": "thread"},
    pytest.param({"num_workers": 2, "persistent_workers": True}, marks=pytest.mark.slow),
    {"generator": 5},
]


def with_generator(options):
    return {name: tl.Generator(value) if name == "generator" else value for name, value in options.items()}


@pytest.mark.parametrize("options", WORKERS, ids=["alone", "threads", "processes", "own generator"])
@pytest.mark.parametrize("batches", [1, 13, 16])
def test_in_the_middle_of_an_epoch(tmp_path, options, batches):
    """Lightning's issue 19764: a resumed epoch repeated or left out data."""
    dataset = TensorDataset(*points()) if options.get("worker_type") == "thread" else Augmented()
    expected = fit(tmp_path / "whole", dataset, **with_generator(options))
    with pytest.raises(Interruption):
        fit(tmp_path / "parts", dataset, [InterruptAt(batches)], **with_generator(options))
    found = fit(tmp_path / "parts", dataset, **with_generator(options))
    assert found.resumed == (batches > 3)
    assert_equal_models(found.model, expected.model)
    assert [row["loss"] for row in found.history] == [row["loss"] for row in expected.history]


@pytest.mark.slow
def test_with_another_number_of_workers(tmp_path):
    expected = fit(tmp_path / "whole", Augmented())
    with pytest.raises(Interruption):
        fit(tmp_path / "parts", Augmented(), [InterruptAt(12)], num_workers=2)
    found = fit(tmp_path / "parts", Augmented())
    assert_equal_models(found.model, expected.model)


def test_held_out_data_with_random_numbers(tmp_path):
    def valid():
        return DataLoader(Augmented(), batch_size=20, shuffle=True, generator=tl.Generator(9))

    expected = fit(tmp_path / "whole", TensorDataset(*points()), valid=valid())
    with pytest.raises(Interruption):
        fit(tmp_path / "parts", TensorDataset(*points()), [InterruptAt(20)], valid=valid())
    found = fit(tmp_path / "parts", TensorDataset(*points()), valid=valid())
    losses = [[row["valid_loss"] for row in t.history] for t in (found, expected)]
    assert losses[0] == losses[1]


def test_batches_are_not_used_twice(tmp_path):
    """Every sample of the interrupted epoch is used once, before the checkpoint or after the resume."""
    seen = []

    class See(train.Callback):
        order = -1

        def on_train_batch_end(self, trainer, batch, batch_idx):
            seen.append((trainer.epoch, batch_idx, batch[1].tolist()))

    dataset = TensorDataset(tl.randn(60, 2, dtype=tl.float64), tl.arange(60) % 3)
    with pytest.raises(Interruption):
        fit(tmp_path, dataset, [See(), InterruptAt(12)])
    before = {(epoch, number): labels for epoch, number, labels in seen}
    seen.clear()
    fit(tmp_path, dataset, [See()])
    assert [(epoch, number) for epoch, number, _ in seen[:4]] == [(1, 1), (1, 2), (1, 3), (1, 4)]  # nine were saved
    after = {(epoch, number): labels for epoch, number, labels in seen}
    assert all(after.get(key, labels) == labels for key, labels in before.items())
    assert len(before | after) == 24


def test_passes_that_are_left_early(tmp_path):
    """A loop that uses a part of the batches of each epoch draws a new order in the next one, also after a resume."""

    def fit_partly(folder, epochs):
        tl.seed_everything(1)
        found = trainer(folder=folder, progress=False)
        loader = DataLoader(TensorDataset(*points()), batch_size=8, shuffle=True)
        for _ in found.epochs(epochs, resume=True):
            for batch in found.batches(loader):
                found.step(found.training_loss(batch))
                if found.batch_idx == 4:
                    break
            found.log("after", 1.0)
        return found

    expected = fit_partly(tmp_path / "whole", 4)
    fit_partly(tmp_path / "parts", 2)
    found = fit_partly(tmp_path / "parts", 4)
    assert found.resumed
    assert_equal_models(found.model, expected.model)
    assert [row["loss"] for row in found.history] == [row["loss"] for row in expected.history]
    assert {row["after"] for row in found.history} == {1.0}
