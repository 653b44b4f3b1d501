"""Recurrent layers: all steps of one layer in one direction as one op.

The ops take the input's contribution to all steps, which is one matrix product, and run the recurrence on rows that are
packed as :mod:`~tensorlab.backend.kernels.recurrent` describes. Their operands share one name, since one loop computes
the cotangents of all: a loop over arrays or, for higher derivatives, the differentiated steps written with public ops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.backward import gradients
from ..autodiff.graph import recording
from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, backend_of
from ..backend.kernels import recurrent as kernels
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .activation import relu
from .contraction import linear
from .exponential import sigmoid
from .indexing import getitem
from .joining import concat
from .shapes import Shape, reshape
from .trigonometric import tanh

Sizes = tuple[int, ...]
Step = Callable[..., list[Any]]


# -- shared by the three -----------------------------------------------------------------------------------------------


def _pull(
    kernel: Callable[..., list[Any]],
    step: Step,
    states: int,
    g: Sequence[Any],
    operands: Sequence[Any],
    out: Any,
    batch_sizes: Sizes,
    reverse: bool,
    **options: Any,
) -> list[Any]:
    """Return the operands' cotangents: by a kernel, or as tensors with a history from unrolled steps.

    `step` takes a step's rows, as many `states` and the other operands, and returns the new states.
    """
    if not isinstance(operands[0], Tensor):
        kernel_options = {"batch_sizes": batch_sizes, "reverse": reverse, **options}
        return kernel(backend_of(operands[0]).xp, g, operands, out, **kernel_options)
    with recording(True):
        own = [reshape(x, x.shape) for x in operands]  # one tensor may stand in two places
        weights = own[1 + states :]
        results = _unrolled(step, own[0], own[1 : 1 + states], weights, batch_sizes, reverse, **options)
        pairs = [(result, part) for result, part in zip(results, g, strict=False) if part is not None]
        return gradients([x for x, _ in pairs], own, [part for _, part in pairs], create_graph=True)


def _unrolled(
    step: Step, rows: Any, states: list[Any], weights: list[Any], batch_sizes: Sizes, reverse: bool, **options: Any
) -> list[Any]:
    """Return the first state after all steps and each of the last states, step by step."""
    outputs, steps_rows = [], _rows_of_steps(rows, batch_sizes)
    for current in reversed(steps_rows) if reverse else steps_rows:
        n = current.shape[0]
        everyone = n == states[0].shape[0]
        new = step(
            current, *(states if everyone else [getitem(x, slice(None, n)) for x in states]), *weights, **options
        )
        outputs.append(new[0])
        if not everyone:
            new = [concat([x, getitem(old, slice(n, None))]) for x, old in zip(new, states, strict=True)]
        states = new
    return [concat(outputs[::-1] if reverse else outputs), *states]


def _rows_of_steps(rows: Any, sizes: Sizes) -> list[Any]:
    """Return the rows of each step.

    The transpose of each slice is an array as large as its source, so the rows are halved recursively.
    """
    if len(sizes) == 1:
        return [rows]
    half = len(sizes) // 2
    cut = sum(sizes[:half])
    return [
        *_rows_of_steps(getitem(rows, slice(None, cut)), sizes[:half]),
        *_rows_of_steps(getitem(rows, slice(cut, None)), sizes[half:]),
    ]


def _check_shapes(name: str, gates: int, projected: Shape, state: Shape, weight: Shape, batch_sizes: Sizes) -> None:
    """Check that the shapes of the operands match."""
    rows, batch = sum(batch_sizes), batch_sizes[0] if batch_sizes else 0
    if projected != (rows, weight[0]) or weight[0] % gates or weight[1:] != state[1:] or state[0] != batch:
        raise ShapeError(
            f"{name}: rows of shape {projected}, states of shape {state} and recurrent weights of shape {weight} do "
            f"not fit {rows} rows for up to {batch} sequences with {gates} gates"
        )


def _count_flops(states: int) -> Callable[[Sequence[Shape], Any, Mapping[str, Any]], int]:
    """Count the products with the weights, which follow the states, and twenty operations per element of the gates."""

    def count(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
        rows, gates = shapes[0]
        return rows * (2 * sum(prod(shape) for shape in shapes[1 + states :] if len(shape) == 2) + 20 * gates)

    return count


# -- the simple layer --------------------------------------------------------------------------------------------------


def _rnn_step(rows: Any, h: Any, w_hh: Any, nonlinearity: str) -> list[Any]:
    a = rows + linear(h, w_hh, None)
    return [tanh(a) if nonlinearity == "tanh" else relu(a)]


def _rnn_shapes(*operands: Shape, batch_sizes: Sizes, **_: Any) -> tuple[Shape, ...]:
    projected, h0, w_hh = operands
    _check_shapes("rnn_steps", 1, projected, h0, w_hh, batch_sizes)
    return projected, h0


def _pull_rnn(g: Any, operands: Any, out: Any, batch_sizes: Sizes, reverse: bool, nonlinearity: str) -> list[Any]:
    return _pull(kernels.rnn_backward, _rnn_step, 1, g, operands, out, batch_sizes, reverse, nonlinearity=nonlinearity)


@op(
    vjp={"operands": _pull_rnn},
    shape=_rnn_shapes,
    dtype="promote",
    takes="real floating",
    flops=_count_flops(1),
    results=2,
    checks_first=True,
    samples=[
        sample((6, 3), (2, 3), (3, 3), batch_sizes=(2, 2, 2), reverse=False, nonlinearity="tanh"),
        sample((6, 3), (3, 3), (3, 3), batch_sizes=(3, 2, 1), reverse=True, nonlinearity="tanh"),
        sample((4, 3), (3, 3), (3, 3), batch_sizes=(3, 1), reverse=False, nonlinearity="relu"),
    ],
)
def rnn_steps(
    backend: Backend, /, *operands: ArrayT, batch_sizes: Sizes, reverse: bool, nonlinearity: str
) -> tuple[ArrayT, ArrayT]:
    """All steps of a simple recurrent layer: ``h = tanh(row + h @ w_hh.T)``.

    Parameters
    ----------
    *operands : tensors or arrays
        Rows of shape ``(sum(batch_sizes), hidden)``, the initial states ``(batch_sizes[0], hidden)``, and the weight
        ``w_hh`` of shape ``(hidden, hidden)``.
    batch_sizes : tuple of int
        Number of sequences that reach each step.
    reverse : bool
        Whether to begin with the last step.
    nonlinearity : {"tanh", "relu"}
        The activation function.

    Returns
    -------
    output, h : Tensor
        The state after each row's step, and the last state of each sequence.

    Examples
    --------
    >>> rows, h, w = tl.tensor([[1.0], [2.0]]), tl.zeros(1, 1), tl.ones(1, 1)
    >>> tl.ops.recurrent.rnn_steps(rows, h, w, batch_sizes=(1, 1), reverse=False, nonlinearity="relu")
    (tensor([[1.],
            [3.]]), tensor([[3.]]))
    """
    projected, h0, w_hh = operands
    return kernels.rnn_forward(backend.xp, projected, h0, w_hh, batch_sizes, reverse, nonlinearity)


# -- long short-term memory --------------------------------------------------------------------------------------------


def _lstm_step(rows: Any, h: Any, c: Any, w_hh: Any, w_hr: Any = None) -> list[Any]:
    a, size = rows + linear(h, w_hh, None), c.shape[1]
    i, f, m, o = (getitem(a, (slice(None), slice(k * size, (k + 1) * size))) for k in range(4))
    c = sigmoid(f) * c + sigmoid(i) * tanh(m)
    h = sigmoid(o) * tanh(c)
    return [h if w_hr is None else linear(h, w_hr, None), c]


def _lstm_shapes(*operands: Shape, batch_sizes: Sizes, **_: Any) -> tuple[Shape, ...]:
    projected, h0, c0, w_hh, *projection = operands
    _check_shapes("lstm_steps", 4, projected, h0, w_hh, batch_sizes)
    size = w_hh[0] // 4
    if c0 != (h0[0], size) or h0[1:] != (projection[0][:1] if projection else c0[1:]):
        raise ShapeError(f"lstm_steps: states of shapes {h0} and {c0} do not fit {size} hidden units")
    return (projected[0], h0[1]), h0, c0, projected, (projected[0], size)


def _pull_lstm(g: Any, operands: Any, out: Any, batch_sizes: Sizes, reverse: bool) -> list[Any]:
    return _pull(kernels.lstm_backward, _lstm_step, 2, g, operands, out, batch_sizes, reverse)


@op(
    vjp={"operands": _pull_lstm},
    shape=_lstm_shapes,
    dtype="promote",
    takes="real floating",
    flops=_count_flops(2),
    results=5,
    checks_first=True,
    differentiable_results=(0, 1, 2),
    samples=[
        sample((6, 12), (2, 3), (2, 3), (12, 3), batch_sizes=(2, 2, 2), reverse=False),
        sample((6, 12), (3, 3), (3, 3), (12, 3), batch_sizes=(3, 2, 1), reverse=True),
        sample((4, 12), (3, 2), (3, 3), (12, 2), (2, 3), batch_sizes=(3, 1), reverse=False),
    ],
)
@documented_like(rnn_steps)
def lstm_steps(
    backend: Backend, /, *operands: ArrayT, batch_sizes: Sizes, reverse: bool
) -> tuple[ArrayT, ArrayT, ArrayT, ArrayT, ArrayT]:
    """All steps of a layer of long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates).

    Parameters
    ----------
    *operands : tensors or arrays
        Rows of shape ``(sum(batch_sizes), 4 * hidden)``, the initial states ``(batch_sizes[0], out)`` and cells
        ``(batch_sizes[0], hidden)``, the weight ``w_hh`` of shape ``(4 * hidden, out)``, and optionally the
        projection ``w_hr`` of shape ``(out, hidden)``; without one ``out`` is ``hidden``. The gates' order is input,
        forget, candidate, output.

    Returns
    -------
    output, h, c : Tensor
        The state after each row's step, and the last state and cell of each sequence.
    gates, cells : Tensor
        All gates and all cells; not differentiable, saved for the gradient.

    Examples
    --------
    >>> rows, state, w = tl.zeros(3, 4), tl.ones(1, 1), tl.zeros(4, 1)
    >>> tl.ops.recurrent.lstm_steps(rows, state, state, w, batch_sizes=(1, 1, 1), reverse=False)[2]
    tensor([[0.125]])
    """
    projected, h0, c0, w_hh, *projection = operands
    w_hr = projection[0] if projection else None
    return kernels.lstm_forward(backend.xp, projected, h0, c0, w_hh, w_hr, batch_sizes, reverse)


# -- the gated recurrent unit ------------------------------------------------------------------------------------------


def _gru_step(rows: Any, h: Any, w_hh: Any, b_hh: Any = None) -> list[Any]:
    a, size = linear(h, w_hh, b_hh), h.shape[1]
    gates, inner = (slice(None), slice(None, 2 * size)), (slice(None), slice(2 * size, None))
    both = sigmoid(getitem(rows, gates) + getitem(a, gates))
    r, z = (getitem(both, (slice(None), part)) for part in (slice(None, size), slice(size, None)))
    candidate = tanh(getitem(rows, inner) + r * getitem(a, inner))
    return [candidate + z * (h - candidate)]


def _gru_shapes(*operands: Shape, batch_sizes: Sizes, **_: Any) -> tuple[Shape, ...]:
    projected, h0, w_hh, *bias = operands
    _check_shapes("gru_steps", 3, projected, h0, w_hh, batch_sizes)
    if h0[1] * 3 != w_hh[0] or (bias and bias[0] != w_hh[:1]):
        raise ShapeError(f"gru_steps: states of shape {h0} and biases {bias} do not fit weights of shape {w_hh}")
    return (projected[0], h0[1]), h0, (projected[0], 4 * h0[1])


def _pull_gru(g: Any, operands: Any, out: Any, batch_sizes: Sizes, reverse: bool) -> list[Any]:
    return _pull(kernels.gru_backward, _gru_step, 1, g, operands, out, batch_sizes, reverse)


@op(
    vjp={"operands": _pull_gru},
    shape=_gru_shapes,
    dtype="promote",
    takes="real floating",
    flops=_count_flops(1),
    results=3,
    checks_first=True,
    differentiable_results=(0, 1),
    samples=[
        sample((6, 9), (2, 3), (9, 3), (9,), batch_sizes=(2, 2, 2), reverse=False),
        sample((6, 9), (3, 3), (9, 3), (9,), batch_sizes=(3, 2, 1), reverse=True),
        sample((4, 9), (3, 3), (9, 3), batch_sizes=(3, 1), reverse=False),
    ],
)
@documented_like(rnn_steps)
def gru_steps(
    backend: Backend, /, *operands: ArrayT, batch_sizes: Sizes, reverse: bool
) -> tuple[ArrayT, ArrayT, ArrayT]:
    """All steps of a layer of gated recurrent units (Cho et al., 2014; the reset gate after the product, as in cuDNN).

    Parameters
    ----------
    *operands : tensors or arrays
        Rows of shape ``(sum(batch_sizes), 3 * hidden)``, the initial states ``(batch_sizes[0], hidden)``, the weight
        ``w_hh`` of shape ``(3 * hidden, hidden)``, and optionally the bias ``b_hh`` of shape ``(3 * hidden,)``. The
        order is reset gate, update gate, candidate.

    Returns
    -------
    output, h : Tensor
        The state after each row's step, and the last state of each sequence.
    parts : Tensor
        The gates, the candidates and their recurrent parts; not differentiable, saved for the gradient.

    Examples
    --------
    >>> rows, h, w = tl.zeros(2, 3), tl.ones(1, 1), tl.zeros(3, 1)
    >>> tl.ops.recurrent.gru_steps(rows, h, w, batch_sizes=(1, 1), reverse=False)[0]
    tensor([[0.5 ],
            [0.25]])
    """
    projected, h0, w_hh, *bias = operands
    return kernels.gru_forward(backend.xp, projected, h0, w_hh, bias[0] if bias else None, batch_sizes, reverse)
