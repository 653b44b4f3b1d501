"""Run files: the settings of a training run, and a hash of the parameters after each epoch."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backend import active_backend
from ..io.replacing import replace_file
from ..nn.module.module import Module
from ..nn.module.parameter import Uninitialized
from ..options import checked
from ..tensor import Tensor
from .bits import bits

if TYPE_CHECKING:
    from .trainer import Trainer

RUN = "run.json"
"""The name of the run file in the folder of a run."""

REPLAY_FOLDER = "TENSORLAB_REPLAY_FOLDER"
"""The environment variable that redirects the folders of a program's runs."""

PACKAGES = ("tensorlab", "numpy", "cupy", "array-api-strict", "ml-dtypes")
VARIABLES = ("TENSORLAB_", "OMP_", "OPENBLAS_", "MKL_", "PYTHONHASHSEED", "CUDA_VISIBLE_DEVICES")
"""The beginnings of the names of environment variables on which results can depend."""


def redirected(folder: Path) -> Path:
    """Return the folder of a run: in a replay, one of the same name below the replay's."""
    root = os.environ.get(REPLAY_FOLDER)
    if not root:
        return folder
    path = folder.resolve()
    inner = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return Path(root) / inner


def parameters_hash(model: Module) -> str:
    """Return a hash of all elements in the state dict of a model: equal if and only if they are equal bit for bit."""
    digest = blake2b(digest_size=16)
    for name, value in model.state_dict().items():
        digest.update(f"{name}\0".encode())
        if isinstance(value, Tensor):
            digest.update(f"{value.dtype} {value.shape}\0".encode() + bits(value))
        else:
            digest.update(json.dumps(value, default=str).encode())
    return digest.hexdigest()


def description(trainer: Trainer) -> dict[str, Any]:
    """Return the settings and the environment of a training run."""
    sizes = [p.nelement() for p in trainer.model.parameters() if not isinstance(p, Uninitialized)]
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(sys.orig_argv),
        "directory": os.getcwd(),
        "folder": str(trainer.folder) if trainer.folder else None,
        "environment": {name: value for name, value in os.environ.items() if name.startswith(VARIABLES)},
        "versions": {"python": platform.python_version(), **_versions()},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "backend": active_backend().name,
        "seed": trainer.seed,
        "deterministic": trainer.deterministic,
        "settings": {
            "model": str(trainer.model),
            "parameters": sum(sizes),
            "loss": str(trainer.loss),
            "optimizer": str(trainer.optimizer),
            "callbacks": [type(callback).__name__ for callback in trainer.callbacks],
            "metrics": {name: type(metric).__name__ for name, metric in trainer.tally.metrics.items()},
            "precision": trainer.precision,
            "accumulate": trainer.updates.rounds,
            "clip": trainer.updates.limit,
            "clip_by": trainer.updates.clip_by,
            "epochs": trainer.stop_epoch - trainer.start_epoch,
        },
    }


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def write_run(path: Path, run: Mapping[str, Any]) -> None:
    """Write a run file, atomically; its folder is made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(run, indent=1, ensure_ascii=False, default=str) + "\n"
    replace_file(path, lambda new: new.write_text(text, encoding="utf-8"), sync=False)


@checked
def read_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a run file.

    Parameters
    ----------
    path : str or path
        The file, or the folder of a run.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a run file.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, seed=1, folder=folder, progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> run = tl.train.read_run(folder)
    >>> run["seed"], [epoch["epoch"] for epoch in run["epochs"]]
    (1, [1, 2, 3])
    """
    file = Path(path) / RUN if Path(path).is_dir() else Path(path)
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{os.fspath(file)} is not a run file: {error}") from error
    if not isinstance(run, dict) or "epochs" not in run or "command" not in run:
        raise ValueError(f"{os.fspath(file)} is not a run file: it has no command or no epochs")
    return run
