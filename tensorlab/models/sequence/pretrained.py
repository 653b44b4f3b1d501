"""Folders in Hugging Face's layout: ``config.json`` says what the model is, safetensors files hold its weights."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...io import save
from ...options import checked
from ...options.declarations import Options
from ..registry import load_weights
from .bert import BertForPreTraining, BertForSequenceClassification, BertModel
from .gpt2 import GPT2

Pretrained = GPT2 | BertModel | BertForPreTraining | BertForSequenceClassification

ARCHITECTURES: Mapping[str, type[Pretrained]] = {
    "GPT2LMHeadModel": GPT2,
    "GPT2Model": GPT2,
    "BertModel": BertModel,
    "BertForPreTraining": BertForPreTraining,
    "BertForSequenceClassification": BertForSequenceClassification,
}
"""The classes, by the names that ``architectures`` of a configuration gives; the first one of a class is written."""

KINDS = {"gpt2": "GPT2LMHeadModel", "bert": "BertForPreTraining"}
"""The architecture of a configuration that names its kind alone."""

DROPOUT = {
    "gpt2": ("resid_pdrop", "embd_pdrop", "attn_pdrop"),
    "bert": ("hidden_dropout_prob", "attention_probs_dropout_prob"),
}
"""The entries that are one option here."""

FIXED: Mapping[str, Mapping[str, Any]] = {
    "gpt2": {"activation_function": "gelu_new", "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False},
    "bert": {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False},
}
"""Entries that have one value here."""

FILES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
"""The files of weights, the first of which that is there is read."""


@checked
def from_pretrained(folder: str | os.PathLike[str]) -> Pretrained:
    """Return the model in a folder: GPT-2 or BERT, with its weights, in evaluation mode.

    Parameters
    ----------
    folder : str or path
        A folder with ``config.json`` and ``model.safetensors``, or weights in several files, or in PyTorch's format.
        Nothing is downloaded.

    Raises
    ------
    FileNotFoundError
        If the folder has no configuration or no weights.
    ValueError
        If the configuration is that of another model, or has options that tensorlab's does not have.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.models.GPT2(vocab_size=65, n_positions=32, n_embd=16, n_layer=2, n_head=2)
    >>> tl.models.save_pretrained(model, folder)
    >>> tl.models.from_pretrained(folder).n_embd
    16
    """
    path = Path(folder)
    config = _config(path / "config.json")
    weights = next((path / name for name in FILES if (path / name).exists()), None)
    if weights is None:
        raise FileNotFoundError(f"from_pretrained: folder={str(path)!r} has none of {', '.join(FILES)}")
    names = config.get("architectures") or [KINDS.get(str(config.get("model_type")), "")]
    if names[0] not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(f"from_pretrained: folder={str(path)!r} holds a {names[0] or 'model'}, not one of {known}")
    model = ARCHITECTURES[names[0]](**_options(str(path), ARCHITECTURES[names[0]], config))
    load_weights(model, weights)
    return model.eval()


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"from_pretrained: folder={str(path.parent)!r} has no config.json")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"from_pretrained: {path} is not JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("architectures") or [], list):
        raise ValueError(f"from_pretrained: {path} is no configuration of a model")
    return config


def _options(folder: str, cls: type[Pretrained], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a class from a configuration."""
    kind = _kind(cls)
    expected = dict(FIXED[kind])
    if kind == "gpt2" and config.get("n_inner") is not None:
        expected["n_inner"] = 4 * config.get("n_embd", 768)
    for name, value in expected.items():
        if config.get(name, value) != value:
            raise ValueError(
                f"from_pretrained: folder={folder!r} has {name}={config[name]!r}, and only {value!r} is there"
            )
    options = {name: config[name] for name in _names(cls) if name in config}
    if "id2label" in config and "num_labels" in _names(cls):
        options["num_labels"] = len(config["id2label"])
    rates = {config[name] for name in DROPOUT[kind] if name in config}
    if len(rates) > 1:
        raise ValueError(f"from_pretrained: folder={folder!r} has different {', '.join(DROPOUT[kind])}")
    return options | ({"dropout": rates.pop()} if rates else {})


@checked
def save_pretrained(model: Pretrained, folder: str | os.PathLike[str]) -> None:
    """Write a model to a folder, as ``config.json`` and ``model.safetensors``; transformers reads it as well.

    Parameters
    ----------
    model : GPT2, BertModel, BertForPreTraining or BertForSequenceClassification
        The model. GPT-2 with mixtures of experts has no counterpart there.
    folder : str or path
        The folder, which is made if it is missing.

    Raises
    ------
    ValueError
        If the model has mixtures of experts.

    Examples
    --------
    See `from_pretrained`.
    """
    cls, path = type(model), Path(folder)
    if getattr(model, "num_experts", None) is not None:
        raise ValueError("save_pretrained: model has mixtures of experts, which Hugging Face's GPT-2 does not have")
    kind = _kind(cls)
    name = next(name for name, found in ARCHITECTURES.items() if found is cls)
    options = {name: getattr(model, name) for name in _names(cls)}
    rate = options.pop("dropout")
    if labels := options.pop("num_labels", None):
        options["id2label"] = {str(label): f"LABEL_{label}" for label in range(labels)}
    config = {
        "architectures": [name],
        "model_type": kind,
        **options,
        **dict.fromkeys(DROPOUT[kind], rate),
        **FIXED[kind],
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save(model.state_dict(), path / "model.safetensors", {"format": "pt"})


def _kind(cls: type[Pretrained]) -> str:
    return "gpt2" if cls is GPT2 else "bert"


def _names(cls: type[Options]) -> list[str]:
    """Return the names of a class's options, without those of mixtures of experts."""
    return [name for name in cls._declared if not name.startswith("num_experts")]
