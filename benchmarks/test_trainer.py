"""The time of an epoch through `Trainer` beside the same epoch in a bare loop: LeNet-5 on 1,437 images, in batches."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tensorlab as tl
from tensorlab import data, metrics, nn, optim, train

from . import machine
from .harness import Contender, compare
from .models import lenet5
from .report import Row

IMAGES, BATCH = 1437, 64


def parts() -> tuple[Any, Any, Any]:
    """Return a network, its optimizer and the batches."""
    tl.manual_seed(0)
    net = lenet5(tl)
    images, labels = tl.randn(IMAGES, 1, 32, 32), tl.randint(0, 10, (IMAGES,))
    loader = data.DataLoader(data.TensorDataset(images, labels), batch_size=BATCH, shuffle=True)
    return net, optim.AdamW(net.parameters(), lr=1e-3), loader


def bare_loop() -> Callable[[], None]:
    """Return a function that trains for an epoch."""
    net, optimizer, loader = parts()

    def epoch() -> None:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()

    return epoch


def trainers_loop(**options: Any) -> Callable[[], None]:
    """Return a function that trains for an epoch through a `Trainer`, whose training goes on from call to call."""
    net, optimizer, loader = parts()
    trainer = train.Trainer(net, nn.CrossEntropyLoss(), optimizer, **options)

    def epochs() -> Iterator[None]:
        for _ in trainer.epochs(1_000_000):
            for batch in trainer.batches(loader):
                trainer.step(trainer.training_loss(batch))
            yield

    running = epochs()
    return lambda: next(running)


@pytest.mark.parametrize("backend", machine.backends())
@pytest.mark.parametrize("options", ["alone", "with a bar", "with accuracy, a log and checkpoints"])
def test_trainer(options: str, backend: str, benchmark: Any, rows: list[Row], tmp_path: Path, monkeypatch: Any) -> None:
    given: dict[str, Any] = {"progress": options == "with a bar"}
    if "log" in options:
        given |= {"metrics": {"accuracy": metrics.Accuracy()}, "folder": tmp_path}
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, io.StringIO())
    with tl.use_backend(backend) as active:
        contenders = {
            "tensorlab": Contender(trainers_loop(**given), active.synchronize),
            "bare loop": Contender(bare_loop(), active.synchronize),
        }
        timings = compare(benchmark, contenders)
    undisturbed = all(timing.undisturbed for timing in timings.values())
    own, other = (timing.seconds for timing in timings.values())
    rows.append(
        Row("Trainer", f"LeNet-5, an epoch, {options}", backend, own, {"bare loop": other}, undisturbed=undisturbed)
    )
