"""Convolutions on graphs, whose edges are lists of sources and targets as in PyTorch Geometric."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...ops.arithmetic import maximum
from ...ops.comparison import where
from ...ops.creation import arange, empty, zeros
from ...ops.indexing import take
from ...ops.linalg.norms import vector_norm
from ...ops.reduction import mean, sum
from ...ops.shapes import expand_dims, reshape
from .. import functional as F
from .. import init
from ..functional.graph import check_edges, with_loops
from ..module.module import Module
from ..module.parameter import Parameter
from .linear import Linear

AGGREGATIONS = {"mean": F.scatter_mean, "max": F.scatter_max, "sum": F.scatter_sum, "add": F.scatter_sum}


class GCNConv(Module):
    """Graph convolution: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017.

    ``D**-0.5 (A + I) D**-0.5 X W.T + bias``, where `D` has the nodes' incoming weights.

    Parameters
    ----------
    in_channels, out_channels : int
        Features of a node before and after.
    improved : bool
        Whether loops weigh 2 rather than 1.
    add_self_loops : bool
        Whether nodes are joined with themselves; see `functional.gcn_norm`.
    normalize : bool
        Whether weights are normalised; without, the edges are taken as they are, and no loops are added.
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    lin : Linear
        Without a bias; drawn by Glorot's rule.
    bias : Parameter, shape (out_channels,), or None
        Zeros.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.GCNConv(8, 4)(tl.ones(3, 8), edge_index).shape
    (3, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        improved: bool = False,
        add_self_loops: bool = True,
        normalize: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.in_channels, self.out_channels = in_channels, out_channels
        self.improved, self.add_self_loops, self.normalize = improved, add_self_loops, normalize
        self.lin = Linear(in_channels, out_channels, bias=False, device=device, dtype=dtype)
        self.bias = Parameter(zeros(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight anew; the bias becomes zero."""
        init.xavier_uniform_(self.lin.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, x: Any, edge_index: Any, edge_weight: Any = None) -> Any:
        """Return the nodes' new features.

        Parameters
        ----------
        x : Tensor, shape (nodes, in_channels)
            The nodes' features.
        edge_index : Tensor of integers, shape (2, edges)
            Sources in row 0, targets in row 1.
        edge_weight : Tensor, shape (edges,), optional
            How much each edge counts; ones by default.

        Raises
        ------
        ShapeError
            If shapes do not fit.
        """
        check_edges("GCNConv", x, edge_index, self.in_channels)
        nodes = x.shape[0]
        if self.normalize:
            edge_index, edge_weight = F.gcn_norm(
                edge_index, edge_weight, nodes, self.improved, self.add_self_loops, x.dtype
            )
        messages = take(self.lin(x), edge_index[0], axis=0)
        if edge_weight is not None:
            messages = messages * expand_dims(edge_weight, axis=-1)
        out = F.scatter_sum(messages, edge_index[1], nodes)
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}"


class SAGEConv(Module):
    """GraphSAGE: Hamilton, Ying and Leskovec, "Inductive Representation Learning on Large Graphs", 2017.

    ``lin_l(aggregated neighbours) + lin_r(x)``.

    Parameters
    ----------
    in_channels, out_channels : int
        Features of a node before and after.
    aggr : {"mean", "max", "sum"}
        How the features of those whose edges lead to a node become one; zeros where there are none.
    normalize : bool
        Whether each result is scaled to a norm of one.
    root_weight : bool
        Whether there is `lin_r`.
    bias : bool
        Whether `lin_l` has one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    lin_l, lin_r : Linear
        For the neighbours, and (without a bias) for the node itself.

    Raises
    ------
    ValueError
        If `aggr` is none of these.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.SAGEConv(8, 4, aggr="max")(tl.ones(3, 8), edge_index).shape
    (3, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        aggr: str = "mean",
        normalize: bool = False,
        root_weight: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if aggr not in AGGREGATIONS:
            raise ValueError(f"SAGEConv: aggr must be one of {', '.join(AGGREGATIONS)}, not {aggr!r}")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.aggr, self.normalize, self.root_weight = aggr, normalize, root_weight
        self.lin_l = Linear(in_channels, out_channels, bias, device=device, dtype=dtype)
        if root_weight:
            self.lin_r = Linear(in_channels, out_channels, bias=False, device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for child in (self.lin_l, self.lin_r) if self.root_weight else (self.lin_l,):
            child.reset_parameters()

    def forward(self, x: Any, edge_index: Any) -> Any:
        """Return the nodes' new features; see `GCNConv.forward`."""
        source, target = check_edges("SAGEConv", x, edge_index, self.in_channels)
        neighbours = AGGREGATIONS[self.aggr](take(x, source, axis=0), target, x.shape[0])
        out = self.lin_l(neighbours)
        if self.root_weight:
            out = out + self.lin_r(x)
        if self.normalize:
            out = out / maximum(vector_norm(out, axis=-1, keepdims=True), 1e-12)
        return out

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, aggr={self.aggr}"


class GATConv(Module):
    """Graph attention: Velickovic et al., "Graph Attention Networks", 2018.

    Each head maps the nodes, weighs the edges that lead to a node by the softmax of
    ``leaky_relu(att_src . source + att_dst . target)``, and sums what comes along them.

    Parameters
    ----------
    in_channels, out_channels : int
        Features of a node before, and of each head after.
    heads : int
        How many.
    concat : bool
        Whether the heads' results stand side by side; else they are averaged.
    negative_slope : float
        Of the leaky ReLU.
    dropout : float
        With what probability an edge is left out in training.
    add_self_loops : bool
        Whether each node has exactly one edge to itself, whatever there was; else the edges are taken as they are.
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    att_src, att_dst : Parameter, shape (1, heads, out_channels)
        Drawn by Glorot's rule, as is `lin`.
    bias : Parameter, shape (heads * out_channels,) or, averaged, (out_channels,), or None
        Zeros.
    lin : Linear
        From `in_channels` to ``heads * out_channels``, without a bias.

    Raises
    ------
    ValueError
        If `dropout` is no probability, or there are no heads.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.GATConv(8, 4, heads=2)(tl.ones(3, 8), edge_index).shape
    (3, 8)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        heads: int = 1,
        concat: bool = True,
        negative_slope: float = 0.2,
        dropout: float = 0.0,
        add_self_loops: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if heads < 1:
            raise ValueError(f"GATConv: heads must be positive, not {heads}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"GATConv: dropout is a probability in [0, 1], not {dropout}")
        self.in_channels, self.out_channels, self.heads, self.concat = in_channels, out_channels, heads, concat
        self.negative_slope, self.dropout, self.add_self_loops = negative_slope, dropout, add_self_loops
        self.lin = Linear(in_channels, heads * out_channels, bias=False, device=device, dtype=dtype)
        self.att_src = Parameter(empty(1, heads, out_channels, device=device, dtype=dtype))
        self.att_dst = Parameter(empty(1, heads, out_channels, device=device, dtype=dtype))
        features = heads * out_channels if concat else out_channels
        self.bias = Parameter(zeros(features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew; the bias becomes zero."""
        init.xavier_uniform_(self.lin.weight)
        bound = sqrt(6.0 / (self.heads + self.out_channels))
        for attention in (self.att_src, self.att_dst):
            init.uniform_(attention, -bound, bound)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, x: Any, edge_index: Any) -> Any:
        """Return the nodes' new features; see `GCNConv.forward`."""
        check_edges("GATConv", x, edge_index, self.in_channels)
        nodes, edges = x.shape[0], edge_index.shape[1]
        mapped = reshape(self.lin(x), (nodes, self.heads, self.out_channels))
        if self.add_self_loops:
            edge_index = with_loops(edge_index, nodes)
        source, target = edge_index[0], edge_index[1]
        by_source, by_target = (sum(mapped * attention, axis=-1) for attention in (self.att_src, self.att_dst))
        scores = take(by_source, source, axis=0) + take(by_target, target, axis=0)
        scores = F.leaky_relu(scores, self.negative_slope)
        if self.add_self_loops:  # in the place of those that were there
            was_there = (source == target) & (arange(source.shape[0], device=source.device) < edges)
            scores = where(expand_dims(was_there, axis=-1), float("-inf"), scores)
        weights = F.dropout(F.scatter_softmax(scores, target, nodes), self.dropout, self.training)
        messages = take(mapped, source, axis=0) * expand_dims(weights, axis=-1)
        out = F.scatter_sum(messages, target, nodes)
        out = reshape(out, (nodes, self.heads * self.out_channels)) if self.concat else mean(out, axis=1)
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, heads={self.heads}"
