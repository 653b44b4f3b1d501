"""What a checkpoint holds: the whole state of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..io import load, save
from ..nn.module.module import Module
from ..random.seeding import random_states, set_random_states

if TYPE_CHECKING:
    from .loop import Loop

FORMAT = "tensorlab checkpoint 1"

COUNTERS = ("epoch", "epochs_done", "batch_idx", "global_step", "start_epoch", "in_epoch", "should_stop")
"""The attributes of a trainer that say how far it is."""


def snapshot(trainer: Loop) -> dict[str, Any]:
    """Return the state of a run. Tensors share the memory of those in use."""
    used = trainer.batch_idx if trainer.in_epoch else 0
    return {
        "format": FORMAT,
        "counters": {name: getattr(trainer, name) for name in COUNTERS},
        "seconds": perf_counter() - trainer.began,
        "model": trainer.model.state_dict(),
        "loss": trainer.loss.state_dict() if isinstance(trainer.loss, Module) else {},
        "optimizer": trainer.optimizer.state_dict(),
        "updates": trainer.updates.state_dict(),
        "callbacks": trainer.callbacks.state_dict(),
        "tally": trainer.tally.state_dict() if trainer.in_epoch else None,
        "logged": trainer.logged,
        "history": trainer.history,
        "data": trainer.positions.state_dict(used),
        "random": random_states(),
    }


def restore(trainer: Loop, checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    """Restore a run from a snapshot; return the random states, which were set."""
    trainer.callbacks.call("on_load_checkpoint", trainer, checkpoint)
    trainer.model.load_state_dict(checkpoint["model"])
    if isinstance(trainer.loss, Module):
        trainer.loss.load_state_dict(checkpoint["loss"])
    trainer.optimizer.load_state_dict(checkpoint["optimizer"])
    trainer.optimizer.has_stepped = checkpoint["counters"]["global_step"] > 0
    trainer.updates.load_state_dict(checkpoint["updates"])
    trainer.callbacks.load_state_dict(checkpoint["callbacks"])
    if checkpoint["tally"] is not None:
        trainer.tally.load_state_dict(checkpoint["tally"])
    vars(trainer).update(checkpoint["counters"])
    trainer.began = perf_counter() - checkpoint["seconds"]
    trainer.logged, trainer.history = deepcopy(checkpoint["logged"]), deepcopy(checkpoint["history"])
    trainer.positions.load_state_dict(checkpoint["data"])
    states: Mapping[str, Any] = checkpoint["random"]
    set_random_states(states)
    return states


def write_checkpoint(trainer: Loop, path: str | os.PathLike[str]) -> None:
    """Write a snapshot to a file, atomically; its folder is made if there is none."""
    checkpoint = snapshot(trainer)
    trainer.callbacks.call("on_save_checkpoint", trainer, checkpoint)
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    save(checkpoint, path)


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a file of `write_checkpoint`."""
    checkpoint = load(path)
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        raise ValueError(f"{os.fspath(path)} is not a checkpoint of a Trainer")
    return checkpoint
