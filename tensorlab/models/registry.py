"""The models by name, and their weights from files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import wraps
from inspect import Parameter, signature
from os import PathLike
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ..docstrings import completed
from ..io import load
from ..nn.module.module import Module
from ..options import checked
from ..options.kinds import kind_of, read

P = ParamSpec("P")
M = TypeVar("M", bound=Module)

MODELS: dict[str, Callable[..., Module]] = {}
"""The functions that build models, by their names."""

PATH = kind_of(str | PathLike)

FILE_HASH = re.compile(r"-([0-9a-f]{8,64})$")
"""The end of the stem of a file's name that PyTorch's hub gives to weights: the beginning of their SHA-256."""

ARGUMENTS = {
    "num_classes": "num_classes : int\n    Number of outputs.",
    "image_size": "image_size : int\n    Height and width of the images.",
    "aux_loss": "aux_loss : bool\n    Whether there is an auxiliary classifier.",
    "weights_backbone": (
        "weights_backbone : str or path, optional\n    A file of parameters of the network that is the backbone."
    ),
    "weights": "weights : str or path, optional\n    A file of parameters; see `load_weights`.",
    "options": "**options\n    Further arguments of the class.",
}
"""Descriptions of the arguments that many functions have."""


def register_model(builder: Callable[P, M]) -> Callable[..., M]:
    """Decorate a function that builds a model: it gets the keyword argument `weights`, and its name is listed.

    Its docstring may leave out the descriptions of `ARGUMENTS`, and the example of a call without arguments.

    Examples
    --------
    >>> @tl.models.register_model
    ... def tiny(features: int = 2) -> tl.nn.Linear:
    ...     return tl.nn.Linear(features, 1)
    >>> tl.models.get_model("tiny", features=3)
    Linear(in_features=3, out_features=1, bias=True)
    >>> del tl.models.registry.MODELS["tiny"]
    """
    make = checked(builder)

    @wraps(builder)
    def build(*args: Any, weights: str | PathLike[str] | None = None, **options: Any) -> M:
        if weights is not None:
            check_weights(builder.__name__, weights)
        model = make(*args, **options)
        if weights is not None:
            load_file(model, weights)
        return model

    own = signature(builder)
    weights = Parameter("weights", Parameter.KEYWORD_ONLY, default=None, annotation="str | PathLike[str] | None")
    parameters = sorted([*own.parameters.values(), weights], key=lambda parameter: parameter.kind)
    build.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    call = {"Examples": f">>> model = tl.models.{builder.__name__}()  # doctest: +SKIP"}
    build.__doc__ = completed(builder.__doc__, build.__signature__.parameters, ARGUMENTS, call)  # type: ignore[attr-defined]
    MODELS[builder.__name__] = build
    return build


@checked
def list_models(include: str = "*", exclude: str | None = None) -> list[str]:
    """Return the names of the models, sorted.

    Parameters
    ----------
    include : str
        A pattern of names, in which ``*`` stands for any characters.
    exclude : str, optional
        A pattern of names to leave out.

    Examples
    --------
    >>> tl.models.list_models("lenet*")
    ['lenet5', 'lenet5_original']
    """
    names = (name for name in MODELS if fnmatchcase(name, include))
    return sorted(name for name in names if exclude is None or not fnmatchcase(name, exclude))


@checked
def get_model(name: str, **options: Any) -> Module:
    """Build a model by its name.

    Parameters
    ----------
    name : str
        One of `list_models`.
    **options
        The arguments of the function of that name, such as `num_classes` and `weights`.

    Raises
    ------
    ValueError
        If there is no such model.

    Examples
    --------
    >>> tl.models.get_model("lenet5", num_classes=26).classifier[-1].out_features
    26
    """
    if name not in MODELS:
        near = get_close_matches(name.lower(), MODELS, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "tensorlab.models.list_models() lists them"
        raise ValueError(f"get_model: name must be that of a model, not {name!r}; {hint}")
    return MODELS[name](**options)


@checked
def load_weights(model: Module, weights: str | PathLike[str]) -> None:
    """Load parameters and buffers from a file.

    Parameters
    ----------
    model : Module
        A model whose state dict has the same keys and shapes.
    weights : str or path
        A file that `tensorlab.load` reads. If its name ends with the beginning of its SHA-256, as those of PyTorch's
        hub do (``resnet18-f37072fd.pth``), the content is checked.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the content does not have the hash in the file's name.
    KeyError, ShapeError
        If the keys or shapes do not match; nothing has changed then.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "lenet5.safetensors"
    >>> tl.save(tl.models.lenet5().state_dict(), path)
    >>> tl.models.load_weights(tl.models.lenet5(), path)
    """
    check_weights("load_weights", weights)
    load_file(model, weights)


def load_file(model: Module, path: str | PathLike[str]) -> None:
    """Load a file, in which the counts of batches may be missing, as before PyTorch 0.4.1."""
    counts = {key: value for key, value in model.state_dict().items() if key.endswith("num_batches_tracked")}
    model.load_state_dict({**counts, **load(path)})


def check_weights(function: str, weights: str | PathLike[str], argument: str = "weights") -> None:
    """Raise an error in the name of a function unless a file is there and is what its name says."""
    path = Path(read(function, argument, PATH, weights))
    if not path.is_file():
        raise FileNotFoundError(
            f"{function}: {argument} must be a file that is already there, as nothing is downloaded, not {str(path)!r}"
        )
    if expected := FILE_HASH.search(path.stem):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(expected[1]):
            raise ValueError(
                f"{function}: {argument}: {str(path)!r} is damaged or another file: its SHA-256 begins with "
                f"{found[: len(expected[1])]}, not {expected[1]} as its name says"
            )
