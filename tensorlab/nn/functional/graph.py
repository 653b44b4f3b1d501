"""Graphs as lists of edges: rows are gathered along edges and reduced at their target nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...backend import DTypeLike
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.comparison import where
from ...ops.creation import arange, full, ones
from ...ops.declare import composite, require
from ...ops.exponential import exp, sqrt
from ...ops.indexing import take, take_add
from ...ops.joining import concat, stack
from ...ops.reduction import any as any_of
from ...ops.reduction import max
from ...ops.segment_reduction import segment_max
from ...ops.shapes import astype, reshape
from ...options import Count
from ...tensor import ArrayT, Tensor
from .operands import on_host


def _size(x: Any, index: Any, size: int | None) -> int:
    """Return the number of places: by default one more than the largest index."""
    require("scatter", "integral", index=index)
    if tuple(index.shape) != tuple(x.shape[:1]):
        raise ShapeError(
            f"scatter: index must have one number for each of the rows of x of shape {tuple(x.shape)}, not shape "
            f"{tuple(index.shape)}"
        )
    if size is not None:
        return size
    return int(max(index)) + 1 if index.shape[0] else 0


@composite(x="numeric", index="integral")
def scatter_sum(x: ArrayT, index: ArrayT, size: Count | None = None) -> ArrayT:
    """Sum the rows of each place.

    Parameters
    ----------
    x : Tensor, shape (rows, ...)
        The rows to reduce.
    index : Tensor of integers, shape (rows,)
        The place of each row, in ``[0, size)``, in any order.
    size : int, optional
        Number of places; by default one more than the largest index, which a GPU has to be waited for.

    Returns
    -------
    Tensor
        Shape ``(size, ...)``; zeros for places without rows.

    Raises
    ------
    ShapeError
        If there is not one index for each row.

    Examples
    --------
    >>> tl.nn.functional.scatter_sum(tl.tensor([1.0, 2.0, 4.0]), tl.tensor([0, 2, 0]))
    tensor([5., 0., 2.])
    """
    return take_add(x, index, 0, _size(x, index, size))


@documented_like(scatter_sum)
@composite(x="floating", index="integral")
def scatter_mean(x: ArrayT, index: ArrayT, size: Count | None = None) -> ArrayT:
    """Average the rows of each place.

    Examples
    --------
    >>> tl.nn.functional.scatter_mean(tl.tensor([1.0, 2.0, 4.0]), tl.tensor([0, 2, 0]))
    tensor([2.5, 0. , 2. ])
    """
    size = _size(x, index, size)
    count = take_add(astype(index == index, x.dtype), index, 0, size)
    count = where(count > 0, count, 1.0)
    return take_add(x, index, 0, size) / reshape(count, (size,) + (1,) * (len(x.shape) - 1))


@documented_like(scatter_sum)
@composite(x="real", index="integral")
def scatter_max(x: ArrayT, index: ArrayT, size: Count | None = None) -> ArrayT:
    """Take the maximum of the rows of each place.

    Rows that tie share the gradient equally.

    Examples
    --------
    >>> tl.nn.functional.scatter_max(tl.tensor([1.0, 2.0, 4.0]), tl.tensor([0, 2, 0]))
    tensor([4., 0., 2.])
    """
    return segment_max(x, index, _size(x, index, size))


@documented_like(scatter_sum)
@composite(x="real floating", index="integral")
def scatter_softmax(x: ArrayT, index: ArrayT, size: Count | None = None) -> ArrayT:
    """Softmax over the rows of each place.

    Returns
    -------
    Tensor
        The shape of `x`; the rows of each place sum to one.

    Examples
    --------
    >>> tl.nn.functional.scatter_softmax(tl.tensor([0.0, 7.0, 0.0]), tl.tensor([0, 1, 0]))
    tensor([0.5, 1. , 0.5])
    """
    size = _size(x, index, size)
    top = segment_max(x.detach() if isinstance(x, Tensor) else x, index, size)  # any shift gives the same result
    powers = exp(x - take(top, index, axis=0))
    return powers / take(take_add(powers, index, 0, size), index, axis=0)


# -- edges -----------------------------------------------------------------------------------------------------------


def check_edges(name: str, x: Any, edge_index: Any, features: int | None = None) -> tuple[Any, Any]:
    """Return the sources and targets of edges, checked against the nodes.

    Raises
    ------
    ShapeError
        If `x` does not have shape (nodes, features), or `edge_index` (2, edges).
    IndexError
        If an edge names a node that does not exist; checked in host memory only, so that no GPU is waited for.
    """
    if len(x.shape) != 2 or (features is not None and x.shape[1] != features):
        raise ShapeError(f"{name}: x must have shape (nodes, {features or 'features'}), not {tuple(x.shape)}")
    shape = tuple(edge_index.shape)
    if len(shape) != 2 or shape[0] != 2:
        hint = "; edge_index.mT corrects that" if len(shape) == 2 and shape[1] == 2 else ""
        raise ShapeError(f"{name}: edge_index must have shape (2, edges): sources and targets; not {shape}{hint}")
    if on_host(edge_index) and bool(any_of((edge_index < 0) | (edge_index >= x.shape[0]))):
        raise IndexError(f"{name}: edge_index names nodes outside the {x.shape[0]} nodes 0 to {x.shape[0] - 1}")
    return edge_index[0], edge_index[1]


def with_loops(edge_index: Any, nodes: int) -> Any:
    """Return the edges, followed by one from each node to itself."""
    loops = arange(nodes, dtype=edge_index.dtype, device=edge_index.device)
    return concat([edge_index, stack([loops, loops])], axis=1)


@composite(edge_index="integral", edge_weight="real floating")
def gcn_norm(
    edge_index: Tensor,
    edge_weight: Tensor | None = None,
    num_nodes: Count | None = None,
    improved: bool = False,
    add_self_loops: bool = True,
    dtype: DTypeLike = None,
) -> tuple[Tensor, Tensor]:
    """Return edges and weights of ``D**-0.5 (A + I) D**-0.5``, where `D` sums incoming weights (Kipf, Welling).

    Parameters
    ----------
    edge_index : Tensor of integers, shape (2, edges)
        Sources and targets.
    edge_weight : Tensor, shape (edges,), optional
        The entries of `A`; ones by default.
    num_nodes : int, optional
        Number of nodes; one more than the largest number by default.
    improved : bool
        Whether added loops have weight 2 rather than 1.
    add_self_loops : bool
        Whether nodes without a loop, an edge to themselves, get one. Several loops of a node are merged into one with
        their total weight.
    dtype : dtype, optional
        Data type of the default weights; float32 by default.

    Returns
    -------
    edge_index, weight : Tensor
        Shapes ``(2, edges)`` and ``(edges,)``, with `num_nodes` more edges if loops are added.

    Raises
    ------
    ShapeError
        If shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.gcn_norm(tl.tensor([[0], [1]]), add_self_loops=False)[1]
    tensor([0.])
    >>> tl.nn.functional.gcn_norm(tl.tensor([[0, 1], [1, 0]]), tl.tensor([3.0, 3.0]))[1]
    tensor([0.75, 0.75, 0.25, 0.25])
    """
    shape = tuple(edge_index.shape)
    if len(shape) != 2 or shape[0] != 2:
        raise ShapeError(f"edge_index must have shape (2, edges), not {shape}")
    if edge_weight is None:
        edge_weight = ones(shape[1], dtype=dtype, device=edge_index.device)
    elif tuple(edge_weight.shape) != shape[1:]:
        raise ShapeError(f"edge_weight must have shape {shape[1:]}, not {tuple(edge_weight.shape)}")
    nodes = num_nodes if num_nodes is not None else int(max(edge_index)) + 1 if shape[1] else 0
    if add_self_loops:
        edge_index, edge_weight = _with_weighted_loops(edge_index, edge_weight, nodes, 2.0 if improved else 1.0)
    source, target = edge_index[0], edge_index[1]
    degree = take_add(edge_weight, target, 0, nodes)
    connected = degree > 0
    scale = where(connected, 1.0 / sqrt(where(connected, degree, 1.0)), 0.0)
    return edge_index, take(scale, source, axis=0) * edge_weight * take(scale, target, axis=0)


def _with_weighted_loops(edge_index: Any, weight: Any, nodes: int, fill: float) -> tuple[Any, Any]:
    """Add a loop to each node, with the total weight of its loops, whose weight becomes zero, or else with `fill`."""
    is_loop = edge_index[0] == edge_index[1]
    loop_weight = take_add(where(is_loop, weight, 0.0), edge_index[1], 0, nodes)
    has_loop = take_add(astype(is_loop, "int64"), edge_index[1], 0, nodes) > 0
    loops = where(has_loop, loop_weight, full(nodes, fill, dtype=weight.dtype, device=weight.device))
    return with_loops(edge_index, nodes), concat([where(is_loop, 0.0, weight), loops])


# -- several graphs --------------------------------------------------------------------------------------------------


@composite()
def batch_graphs(graphs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """Combine several graphs into one, without edges between them.

    Parameters
    ----------
    graphs : sequence of (x, edge_index)
        The nodes' features, of shape ``(nodes, ...)``, and the edges, of shape ``(2, edges)``.

    Returns
    -------
    x, edge_index, batch : Tensor
        All nodes, all edges, and the number of each node's graph (int64).

    Raises
    ------
    ValueError
        If there is no graph.

    Examples
    --------
    >>> edges = tl.tensor([[0, 1], [1, 0]])
    >>> x, edge_index, batch = tl.nn.functional.batch_graphs([(tl.ones(2, 3), edges), (tl.ones(2, 3), edges)])
    >>> edge_index, batch
    (tensor([[0, 1, 2, 3],
            [1, 0, 3, 2]]), tensor([0, 0, 1, 1]))
    """
    if not graphs:
        raise ValueError("batch_graphs: there are no graphs")
    moved, numbers, before = [], [], 0
    for number, (x, edges) in enumerate(graphs):
        moved.append(edges + before)
        numbers.append(full(x.shape[0], number, dtype="int64", device=edges.device))
        before += x.shape[0]
    return concat([x for x, _ in graphs]), concat(moved, axis=1), concat(numbers)


@composite(x="numeric", batch="integral")
def global_sum_pool(x: ArrayT, batch: ArrayT | None = None, size: Count | None = None) -> ArrayT:
    """Sum over the nodes of each graph.

    Parameters
    ----------
    x : Tensor, shape (nodes, ...)
        The nodes' features.
    batch : Tensor of integers, shape (nodes,), optional
        The graph of each node; all nodes belong to one by default.
    size : int, optional
        Number of graphs; one more than the largest number by default.

    Returns
    -------
    Tensor
        Shape ``(size, ...)``.

    Examples
    --------
    >>> tl.nn.functional.global_sum_pool(tl.tensor([[1.0], [2.0], [5.0]]), tl.tensor([0, 0, 1]))
    tensor([[3.],
            [5.]])
    """
    return scatter_sum(x, *_of_graphs(x, batch, size))


@documented_like(global_sum_pool)
@composite(x="numeric", batch="integral")
def global_mean_pool(x: ArrayT, batch: ArrayT | None = None, size: Count | None = None) -> ArrayT:
    """Average over the nodes of each graph.

    Examples
    --------
    >>> tl.nn.functional.global_mean_pool(tl.tensor([[1.0], [2.0], [5.0]]), tl.tensor([0, 0, 1]))
    tensor([[1.5],
            [5. ]])
    """
    return scatter_mean(x, *_of_graphs(x, batch, size))


@documented_like(global_sum_pool)
@composite(x="numeric", batch="integral")
def global_max_pool(x: ArrayT, batch: ArrayT | None = None, size: Count | None = None) -> ArrayT:
    """Take the maximum over the nodes of each graph.

    Examples
    --------
    >>> tl.nn.functional.global_max_pool(tl.tensor([[1.0], [2.0], [5.0]]), tl.tensor([0, 0, 1]))
    tensor([[2.],
            [5.]])
    """
    return scatter_max(x, *_of_graphs(x, batch, size))


def _of_graphs(x: Any, batch: Any, size: int | None) -> tuple[Any, int | None]:
    if batch is not None:
        return batch, size
    return full(x.shape[0], 0, dtype="int64", device=x.device), 1 if size is None else size
