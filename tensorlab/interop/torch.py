"""Modules of PyTorch as modules of tensorlab, and back (extra ``peers``).

Layers have the same names, options and state-dict keys in both, so that a tree of them is built again layer by layer.
A class of the user's own cannot be: write it with `tensorlab.nn`, and load its state dict.

Examples
--------
>>> import torch
>>> from tensorlab.interop.torch import from_torch, to_torch
>>> theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))
>>> ours = from_torch(theirs)
>>> ours
Sequential(
  (0): Linear(in_features=4, out_features=3, bias=True)
  (1): Softmax(axis=1)
)
>>> ours(tl.ones(1, 4)).shape, to_torch(ours)
((1, 3), Sequential(
  (0): Linear(in_features=4, out_features=3, bias=True)
  (1): Softmax(dim=1)
))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

import torch

from .. import nn
from ..ops.creation import asarray
from ..tensor import Tensor

THEIR_NAMES = {"axis": "dim", "start_axis": "start_dim", "end_axis": "end_dim", "keepdims": "keepdim"}
"""PyTorch's names of options that tensorlab calls otherwise."""

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")


class NotConvertible(TypeError):
    """A module has parts that the other library does not have; the message lists all of them."""


def from_torch(module: torch.nn.Module) -> nn.Module:
    """Return a copy of a PyTorch module as a module of tensorlab: structure, options, parameters, buffers and mode.

    Parameters
    ----------
    module : torch.nn.Module
        A layer or container of ``torch.nn``, with such inside.

    Returns
    -------
    Module
        In host memory of the active backend's default device. Modules and parameters that are shared are shared again.

    Raises
    ------
    NotConvertible
        If a module is of a class that `tensorlab.nn` does not have, or has an option that it does not have.
    """
    return Conversion(torch.nn, nn, THEIR_NAMES.get, lambda name: name, tensor_from_torch).run(module)


def to_torch(module: nn.Module) -> torch.nn.Module:
    """Return a copy of a module of tensorlab as a PyTorch module, on the CPU.

    Parameters
    ----------
    module : Module
        A layer or container of `tensorlab.nn`, with such inside.

    Raises
    ------
    NotConvertible
        If a module is of a class that ``torch.nn`` does not have, or has an option that it does not have.
    """
    return Conversion(nn, torch.nn, lambda name: None, lambda name: THEIR_NAMES.get(name, name), tensor_to_torch).run(
        module
    )


def tensor_from_torch(x: torch.Tensor) -> Tensor:
    """Return a copy of a tensor of PyTorch, without history."""
    x = x.detach().cpu().contiguous()
    if x.dtype == torch.bfloat16:
        return asarray(x.float().numpy(), copy=True).astype("bfloat16")
    return asarray(x.numpy(), copy=True)


def tensor_to_torch(x: Tensor) -> torch.Tensor:
    """Return a copy of a tensor as one of PyTorch, without history."""
    if x.dtype == "bfloat16":
        return torch.tensor(x.detach().astype("float32").numpy()).bfloat16()
    return torch.tensor(x.detach().numpy())


class Conversion:
    """Builds modules of one library from those of another.

    Parameters
    ----------
    source, target : module
        The namespaces of layers.
    stored_as, passed_as : callable
        The names under which a source's layer keeps an option of tensorlab's name, if it is another one, and under
        which the target's constructor takes it.
    convert : callable
        Returns a tensor of the target for one of the source.
    """

    def __init__(
        self,
        source: Any,
        target: Any,
        stored_as: Callable[[str], str | None],
        passed_as: Callable[[str], str],
        convert: Callable[[Any], Any],
    ) -> None:
        self._source, self._target, self._convert = source, target, convert
        self._stored_as, self._passed_as = stored_as, passed_as
        self._made: dict[int, Any] = {}
        self._refused: list[str] = []

    def run(self, module: Any) -> Any:
        """Return the module of the target."""
        made = self._module(module, "")
        if self._refused:
            raise NotConvertible("; ".join(self._refused))
        made.load_state_dict({name: self._convert(x) for name, x in module.state_dict().items()})
        self._copy_flags(module, made)
        return made

    def _module(self, module: Any, path: str) -> Any:
        if id(module) not in self._made:
            self._made[id(module)] = self._built(module, path)
        return self._made[id(module)]

    def _built(self, module: Any, path: str) -> Any:
        name = type(module).__name__
        if type(module) is not getattr(self._source, name, None) or not hasattr(self._target, name):
            return self._refuse(path, f"is a {type(module).__module__}.{name}, which {self._target.__name__} has not")
        if name.startswith("Lazy"):
            return self._refuse(path, f"is a {name} without parameters; call it once first")
        if name in CONTAINERS:
            return self._container(name, module, path)
        options = OPTIONS[name](self, module, path) if name in OPTIONS else self._options(name, module, path)
        made = getattr(self._target, name)(**{self._passed_as(key): value for key, value in options.items()})
        return self._in_its_dtype(module, made)

    def _refuse(self, path: str, reason: str) -> Any:
        """Note why a module cannot be converted; return something in its place until all of them are known."""
        self._refused.append(f"{path or 'the module'} {reason}")
        return self._target.Identity()

    def _in_its_dtype(self, module: Any, made: Any) -> Any:
        """Return a new layer with parameters of the data types of the original."""
        kinds = {str(x.dtype).removeprefix("torch.") for x in module.parameters() if "float" in str(x.dtype)}
        return getattr(made, METHODS[kinds.pop()])() if len(kinds) == 1 else made

    def _container(self, name: str, module: Any, path: str) -> Any:
        kind = getattr(self._target, name)
        if name in ("ParameterList", "ParameterDict"):
            parameters = dict(module.items()) if name == "ParameterDict" else dict(enumerate(module))
            made = {key: self._target.Parameter(self._convert(x)) for key, x in parameters.items()}
            return kind(made) if name == "ParameterDict" else kind(list(made.values()))
        inside = {key: part for key, part in module.named_modules(remove_duplicate=False) if key and "." not in key}
        parts = {key: self._module(part, f"{path}.{key}" if path else key) for key, part in inside.items()}
        if name == "Sequential":
            made = kind()
            for key, part in parts.items():
                made.add_module(key, part)
            return made
        return kind(parts) if name == "ModuleDict" else kind(list(parts.values()))

    def _options(self, name: str, module: Any, path: str) -> dict[str, Any]:
        """Return the options of a layer, by tensorlab's names: its attributes."""
        options = {}
        for option in options_of(name):
            stored = self._stored_as(option) or option
            if hasattr(module, stored):
                options[option] = self._value(option, getattr(module, stored), path)
        return options

    def _value(self, option: str, value: Any, path: str) -> Any:
        if option == "bias":
            return value is not None and value is not False
        if isinstance(value, Tensor | torch.Tensor):
            return self._convert(value)
        if isinstance(value, nn.Module | torch.nn.Module):
            return self._module(value, f"{path}.{option}" if path else option)
        if callable(value):
            return self._refuse(path, f"has the function {value!r} as its option {option}")
        return value

    def _copy_flags(self, module: Any, made: Any) -> None:
        """Copy what a state dict does not hold: modes, which parameters are learned, and which are one."""
        counterparts = dict(made.named_modules(remove_duplicate=False))
        first: dict[int, tuple[Any, str]] = {}
        for path, old in module.named_modules(remove_duplicate=False):
            new = counterparts.get(path)
            if new is None:  # the module of an option
                continue
            new.training = old.training
            for name, parameter in old.named_parameters(recurse=False):
                owner, known = first.setdefault(id(parameter), (new, name))
                if owner is not new or known != name:
                    setattr(new, name, getattr(owner, known))
                getattr(new, name).requires_grad_(parameter.requires_grad)


def options_of(name: str) -> list[str]:
    """Return the arguments of the constructor of a layer of `tensorlab.nn` but device and data type."""
    return [
        parameter.name
        for parameter in signature(getattr(nn, name)).parameters.values()
        if parameter.name not in ("device", "dtype")
        and parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    ]


METHODS = {"float32": "float", "float64": "double", "float16": "half", "bfloat16": "bfloat16"}
"""The methods that cast a module, by data type."""

Reader = Callable[[Conversion, Any, str], dict[str, Any]]


def _attention(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    return {
        **{
            name: getattr(layer, name) for name in ("embed_dim", "num_heads", "dropout", "add_zero_attn", "batch_first")
        },
        "bias": layer.in_proj_bias is not None,
        "add_bias_kv": layer.bias_k is not None,
        "kdim": layer.kdim,
        "vdim": layer.vdim,
    }


def _transformer_layer(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    return {
        "d_model": layer.self_attn.embed_dim,
        "nhead": layer.self_attn.num_heads,
        "dim_feedforward": layer.linear1.out_features,
        "dropout": layer.dropout.p,
        "activation": _activation(layer.activation),
        "layer_norm_eps": layer.norm1.eps,
        "batch_first": layer.self_attn.batch_first,
        "norm_first": layer.norm_first,
        "bias": layer.linear1.bias is not None,
    }


def _activation(function: Any) -> str:
    name = str(getattr(function, "__name__", type(function).__name__)).lower()
    if name not in ("relu", "gelu"):
        raise NotConvertible(f"a Transformer layer has the activation {name}, and only relu and gelu are converted")
    return name


def _stack(kind: str) -> Reader:
    def read(conversion: Conversion, stack: Any, path: str) -> dict[str, Any]:
        return {
            f"{kind}_layer": conversion._module(stack.layers[0], f"{path}.layers.0"),
            "num_layers": len(stack.layers),
            "norm": None if stack.norm is None else conversion._module(stack.norm, f"{path}.norm"),
        }

    return read


def _transformer(conversion: Conversion, model: Any, path: str) -> dict[str, Any]:
    first = model.encoder.layers[0] if len(model.encoder.layers) else model.decoder.layers[0]
    options = _transformer_layer(conversion, first, path)
    return options | {
        "num_encoder_layers": len(model.encoder.layers),
        "num_decoder_layers": len(model.decoder.layers),
    }


def _recurrent(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    names = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")
    options = {name: getattr(layer, name) for name in names}
    if type(layer).__name__ == "LSTM":
        options["proj_size"] = layer.proj_size
    if type(layer).__name__ == "RNN":
        options["nonlinearity"] = (
            "relu" if "relu" in str(getattr(layer, "nonlinearity", layer.mode)).lower() else "tanh"
        )
    return options


def _adaptive(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    return {
        "in_features": layer.in_features,
        "n_classes": layer.n_classes,
        "cutoffs": list(layer.cutoffs)[:-1],
        "div_value": layer.div_value,
        "head_bias": layer.head_bias,
    }


def _linear_cross_entropy(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    options = conversion._options("LinearCrossEntropyLoss", layer, path)
    return {**options, "in_features": layer.linear.in_features, "bias": layer.linear.bias is not None}


def _distance(conversion: Conversion, layer: Any, path: str) -> dict[str, Any]:
    return {"p": layer.norm, "eps": layer.eps, "keepdims": getattr(layer, "keepdims", getattr(layer, "keepdim", False))}


OPTIONS: Mapping[str, Reader] = {
    "AdaptiveLogSoftmaxWithLoss": _adaptive,
    "LinearCrossEntropyLoss": _linear_cross_entropy,
    "PairwiseDistance": _distance,
    "MultiheadAttention": _attention,
    "TransformerEncoderLayer": _transformer_layer,
    "TransformerDecoderLayer": _transformer_layer,
    "TransformerEncoder": _stack("encoder"),
    "TransformerDecoder": _stack("decoder"),
    "Transformer": _transformer,
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _recurrent),
}
"""How the options of layers are read that are not their attributes."""
