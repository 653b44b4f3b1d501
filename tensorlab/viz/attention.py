"""Where attention looks: the weights of each head, and a picture of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from inspect import signature
from typing import TYPE_CHECKING, Any

from ..autodiff.graph import no_grad
from ..errors import ShapeError
from ..nn import Module, MultiheadAttention
from ..nn.utils.evaluation import evaluating
from ..options import Count, Size, checked
from ..tensor import Tensor
from .hidden import unused_name
from .inputs import Names, host, tensor_of
from .style import LARGE, MEDIUM, SEQUENTIAL, SMALL, figure_of, new_figure, several_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

ARGUMENTS = tuple(signature(MultiheadAttention.forward).parameters)[1:]
"""The names of the arguments of a call of attention, in order."""


@checked
def attention_weights(model: Module, *args: Any, **kwargs: Any) -> dict[str, Tensor]:
    """Return the weights of all heads of attention in a network.

    Parameters
    ----------
    model : Module
        A network with layers `nn.MultiheadAttention`, such as `nn.Transformer`; it runs once, in evaluation mode.
    *args, **kwargs
        What it is called with.

    Returns
    -------
    dict from str to Tensor
        For the path of each of these layers the weights, of shape ``(batch, heads, queries, keys)``, or without the
        batch axis where the call had none. The second call of a layer is found under its path with ``_1``, and so on.

    Raises
    ------
    ValueError
        If the network calls no `nn.MultiheadAttention`.

    Examples
    --------
    >>> encoder = tl.nn.TransformerEncoderLayer(d_model=16, nhead=4, batch_first=True)
    >>> found = tl.viz.attention_weights(encoder, tl.randn(2, 5, 16))
    >>> {path: weights.shape for path, weights in found.items()}
    {'self_attn': (2, 4, 5, 5)}
    """
    found: dict[str, Tensor] = {}
    with ExitStack() as stack:
        for path, module in model.named_modules():
            if isinstance(module, MultiheadAttention):
                watch = _Watch(path, found)
                stack.enter_context(module.register_forward_pre_hook(watch.ask, with_kwargs=True))
                stack.enter_context(module.register_forward_hook(watch.keep, prepend=True))
        stack.enter_context(evaluating(model))
        stack.enter_context(no_grad())
        model(*args, **kwargs)
    if not found:
        raise ValueError("attention_weights: the model calls no nn.MultiheadAttention")
    return found


class _Watch:
    """Asks a layer of attention for the weights of its heads, and returns to the caller what it asked for."""

    def __init__(self, path: str, found: dict[str, Tensor]) -> None:
        self._path, self._found = path, found
        self._wanted: dict[str, Any] = {}

    def ask(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Replace the arguments of a call."""
        named = {**dict(zip(ARGUMENTS[3:], args[3:], strict=False)), **kwargs}
        self._wanted = named
        return args[:3], {**named, "need_weights": True, "average_attn_weights": False}

    def keep(self, module: Module, args: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> tuple[Tensor, Any]:
        """Keep the weights, and replace them by what the caller asked for."""
        result, weights = output
        self._found[unused_name(self._path, self._found)] = weights.detach()
        if not self._wanted.get("need_weights", True):
            return result, None
        averaged = self._wanted.get("average_attn_weights", True)
        return result, weights.mean(axis=-3) if averaged else weights


@checked
def attention_maps(
    weights: Any,
    *,
    tokens: Names | None = None,
    key_tokens: Names | None = None,
    sample: Count = 0,
    max_heads: Size = 8,
    columns: Size | None = None,
    cmap: str = SEQUENTIAL,
    title: str = "",
    axes: Any = None,
) -> Figure:
    """Draw how much each query attends to each key, in a panel for each head.

    Parameters
    ----------
    weights : tensor or array, or mapping from str to them
        Of shape ``(batch, heads, queries, keys)``, ``(heads, queries, keys)`` or ``(queries, keys)``; or those of
        several layers by name, as `attention_weights` returns them.
    tokens : sequence of str, optional
        The tokens of the queries, and of the keys where these are not given.
    key_tokens : sequence of str, optional
        The tokens of the keys, if they are others, as in attention to an encoder's output.
    sample : int
        Which sample of the batch to draw.
    max_heads : int
        The largest number of heads to draw of each layer.
    columns : int, optional
        Number of panels in a row; by default a row for each layer, or up to four.
    cmap : str
        The colour map, from 0 to the largest weight of all.
    title : str
        The title of the whole.
    axes : matplotlib.axes.Axes or sequence of them, optional
        Axes to draw on, one for each head; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ShapeError
        If the weights have another number of axes, or there are not as many tokens as queries or keys.
    IndexError
        If there is no such sample.

    Examples
    --------
    >>> attention = tl.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = tl.randn(1, 3, 8)
    >>> figure = tl.viz.attention_maps(tl.viz.attention_weights(attention, x, x, x), tokens=["a", "b", "c"])
    >>> [ax.get_title() for ax in figure.axes[:2]]
    ['head 1', 'head 2']
    """
    named = dict(weights) if isinstance(weights, Mapping) else {"": weights}
    heads = {path: _heads_of_sample(path, x, sample)[:max_heads] for path, x in named.items()}
    if not heads:
        raise ShapeError("attention_maps: weights must not be empty")
    drawn = [
        (_heading(path, number, len(x)), head) for path, x in heads.items() for number, head in enumerate(x, start=1)
    ]
    if columns is None:
        rows = len(heads) if len(heads) > 1 else -(-len(drawn) // 4)
        columns = -(-len(drawn) // rows)
    columns = min(columns, len(drawn))
    labels = [_labels(head.shape, tokens, tokens if key_tokens is None else key_tokens) for _, head in drawn]
    panels = _panels(axes, drawn, columns)
    highest = max(float(head.max()) for _, head in drawn)
    for ax, (heading, head), (queries, keys) in zip(panels, drawn, labels, strict=True):
        image = ax.imshow(head, cmap=cmap, vmin=0, vmax=highest, aspect="equal", interpolation="nearest")
        ax.set_title(heading, fontsize=SMALL + 0.5)
        _label(ax.yaxis, queries)
        _label(ax.xaxis, keys)
        ax.tick_params(length=0, labelsize=SMALL)
        ax.spines[:].set_visible(False)
    for place in {0, *range(0, len(panels), columns)}:
        panels[place].set_ylabel("query", fontsize=MEDIUM)
    for ax in panels[-columns:]:
        ax.set_xlabel("key", fontsize=MEDIUM)
    figure = figure_of(panels[0])
    bar = panels[0].figure.colorbar(image, ax=panels, shrink=0.85, pad=0.02)
    bar.set_label("attention weight", fontsize=MEDIUM)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    if title and axes is None:
        figure.suptitle(title, fontsize=LARGE + 1)
    return figure


def _heads_of_sample(path: str, x: Any, sample: int) -> NDArray[Any]:
    """Return the weights of one sample, of shape ``(heads, queries, keys)``."""
    found = tensor_of("attention_maps", f"weights[{path!r}]" if path else "weights", x, ndims=(2, 3, 4))
    if found.ndim == 4:
        if sample >= len(found):
            raise IndexError(f"attention_maps: sample {sample} is out of range for a batch of {len(found)}")
        found = found[sample]
    weights = host(found)
    return weights[None] if weights.ndim == 2 else weights


def _heading(path: str, number: int, heads: int) -> str:
    return "\n".join([*([path] if path else []), *([f"head {number}"] if heads > 1 else [])])


def _labels(shape: tuple[int, ...], queries: Any, keys: Any) -> tuple[list[str] | None, list[str] | None]:
    """Return the tokens to write beside the rows and below the columns."""
    found: list[list[str] | None] = []
    for name, given, count in (("tokens", queries, shape[0]), ("key_tokens", keys, shape[1])):
        tokens = None if given is None else list(map(str, given))
        if tokens is not None and len(tokens) != count:
            what = "query" if name == "tokens" else "key"
            raise ShapeError(
                f"attention_maps: {name} must have {count} entries, one for each {what}, not {len(tokens)}"
            )
        found.append(tokens)
    return found[0], found[1]


def _label(axis: Any, tokens: list[str] | None) -> None:
    """Write tokens along an axis, or whole numbers at some places."""
    if tokens is None:
        axis.get_major_locator().set_params(integer=True)
        return
    axis.set_ticks(range(len(tokens)), tokens)
    if axis.axis_name == "x" and max(map(len, tokens)) > 2:
        axis.set_tick_params(rotation=90)


def _panels(axes: Any, drawn: Sequence[tuple[str, NDArray[Any]]], columns: int) -> list[Any]:
    if axes is not None:
        return several_axes("attention_maps", axes, len(drawn))
    queries, keys = (max(head.shape[axis] for _, head in drawn) for axis in (0, 1))
    cell = min(0.22, 4.0 / max(queries, keys))  # inches
    width, height = (max(1.9 if n == max(queries, keys) else 0.8, cell * n) for n in (keys, queries))
    rows = -(-len(drawn) // columns)
    figure = new_figure("attention_maps", columns * (width + 0.2) + 0.9, rows * (height + 0.6) + 0.3)
    grid = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in grid[len(drawn) :]:
        spare.remove()
    return grid[: len(drawn)]
