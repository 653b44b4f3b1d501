"""A training that can be killed at any moment and resumed: run by `test_resume` as a program of its own.

python killed.py FOLDER EPOCHS [WORKERS]

It trains in the folder, or resumes, prints a line for each batch, and writes the final parameters to
FOLDER/final.safetensors. With WORKERS the data comes from a `DataLoader` with so many worker processes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from trainings import Accuracy, data, network, points, trainer

import tensorlab as tl
from tensorlab import optim, train
from tensorlab.data import DataLoader, TensorDataset

EPOCHS = 3


class Tell(train.Callback):
    """Prints a line for each batch."""

    def on_train_batch_start(self, trainer, batch, batch_idx):
        print(trainer.epoch, batch_idx, flush=True)


def build(folder, callbacks=(), epochs=EPOCHS, workers=None):
    """Return a training with everything that has a state, and its data."""
    loader, valid = data()
    if workers is not None:
        loader = DataLoader(TensorDataset(*points()), batch_size=8, shuffle=True, num_workers=workers)
    model = network(dropout=0.3)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4 * epochs + 1)
    found = trainer(
        model,
        optimizer=optimizer,
        schedule=train.LRSchedule(schedule, interval="step"),
        metrics={"accuracy": Accuracy()},
        callbacks=[
            *callbacks,
            train.EarlyStopping(restore_best_weights=True, patience=100),
            train.JSONLinesLogger(every_n_steps=1),
            train.CSVLogger(),
            train.ModelCheckpoint(monitor="valid_loss", save_top_k=2, every_n_train_steps=2),
        ],
        accumulate=2,
        clip=1.0,
        ema=0.9,
        seed=7,
        folder=folder,
    )
    return found, loader, valid


def run(folder, callbacks=(), epochs=EPOCHS, workers=None):
    """Train, or resume; return the trainer."""
    found, loader, valid = build(folder, callbacks, epochs, workers)
    found.fit(loader, valid, epochs=epochs, resume=True)
    tl.save(found.model.state_dict(), Path(folder) / "final.safetensors")
    return found


if __name__ == "__main__":
    run(sys.argv[1], [Tell()], epochs=int(sys.argv[2]), workers=int(sys.argv[3]) if sys.argv[3:] else None)
