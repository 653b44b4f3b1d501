"""Convolutions on graphs, whose edges are lists of sources and targets as in PyTorch Geometric."""

from __future__ import annotations

from math import sqrt
from typing import Literal

from ...ops.arithmetic import maximum
from ...ops.comparison import where
from ...ops.creation import DeviceLike, arange, zeros
from ...ops.indexing import take
from ...ops.linalg.norms import vector_norm
from ...ops.reduction import mean, sum
from ...ops.shapes import expand_dims, reshape
from ...options import Count, Finite, Fraction, Size, checked
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..functional.graph import check_edges, with_loops
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter
from .linear import Linear

AGGREGATIONS = {"mean": F.scatter_mean, "max": F.scatter_max, "sum": F.scatter_sum, "add": F.scatter_sum}


class _GraphLayer(LearnedLayer):
    """A layer of graphs.

    Parameters
    ----------
    in_channels, out_channels : int
        Features of a node before and after.
    """


class GCNConv(_GraphLayer):
    """Graph convolution: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017.

    Computes ``D**-0.5 (A + I) D**-0.5 X W.T + bias``, where `D` holds the sums of the nodes' incoming weights.

    Parameters
    ----------
    improved : bool
        Whether added loops have weight 2 rather than 1.
    add_self_loops : bool
        Whether edges from each node to itself are added; see `functional.gcn_norm`.
    normalize : bool
        Whether weights are normalised; otherwise the edges are used unchanged, and no loops are added.

    Attributes
    ----------
    lin : Linear
        Without a bias; initialised by `init.xavier_uniform_`.
    bias : Parameter, shape (out_channels,), or None
        Initially zero.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.GCNConv(8, 4)(tl.ones(3, 8), edge_index).shape
    (3, 4)
    """

    @checked
    def __init__(
        self,
        in_channels: Count,
        out_channels: Count,
        improved: bool = False,
        add_self_loops: bool = True,
        normalize: bool = True,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in_channels, self.out_channels = in_channels, out_channels
        self.improved, self.add_self_loops, self.normalize = improved, add_self_loops, normalize
        self.lin = Linear(in_channels, out_channels, bias=False, device=device, dtype=dtype)
        self.bias = Parameter(zeros(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw the weight; the bias becomes zero."""
        init.xavier_uniform_(self.lin.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """Return the new features of the nodes.

        Parameters
        ----------
        x : Tensor, shape (nodes, in_channels)
            Features of the nodes.
        edge_index : Tensor of integers, shape (2, edges)
            Sources in row 0, targets in row 1.
        edge_weight : Tensor, shape (edges,), optional
            Weight of each edge; one by default.

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


class SAGEConv(_GraphLayer):
    """GraphSAGE: Hamilton, Ying and Leskovec, "Inductive Representation Learning on Large Graphs", 2017.

    Computes ``lin_l(aggregated neighbours) + lin_r(x)``.

    Parameters
    ----------
    aggr : {"mean", "max", "sum"}
        Reduction of the features of the nodes with edges to a node; zeros where there are none.
    normalize : bool
        Whether each result is scaled to a norm of one.
    root_weight : bool
        Whether `lin_r` is used.
    bias : bool
        Whether `lin_l` has a bias.

    Attributes
    ----------
    lin_l, lin_r : Linear
        For the neighbours, and (without a bias) for the node itself.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.SAGEConv(8, 4, aggr="max")(tl.ones(3, 8), edge_index).shape
    (3, 4)
    """

    @checked
    def __init__(
        self,
        in_channels: Count,
        out_channels: Count,
        aggr: Literal["mean", "max", "sum", "add"] = "mean",
        normalize: bool = False,
        root_weight: bool = True,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in_channels, self.out_channels = in_channels, out_channels
        self.aggr, self.normalize, self.root_weight = aggr, normalize, root_weight
        self.lin_l = Linear(in_channels, out_channels, bias, device=device, dtype=dtype)
        if root_weight:
            self.lin_r = Linear(in_channels, out_channels, bias=False, device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Redraw all weights."""
        for child in (self.lin_l, self.lin_r) if self.root_weight else (self.lin_l,):
            child.reset_parameters()

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Return the new features of the nodes; see `GCNConv.forward`."""
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


class GATConv(_GraphLayer):
    """Graph attention: Velickovic et al., "Graph Attention Networks", 2018.

    Each head maps the nodes, and sums the results along the edges to each node, weighted by the softmax of
    ``leaky_relu(att_src . source + att_dst . target)``.

    Parameters
    ----------
    in_channels, out_channels : int
        Features of a node before, and of each head after.
    heads : int
        Number of heads.
    concat : bool
        Whether the results of the heads are concatenated rather than averaged.
    negative_slope : float
        Slope of the leaky ReLU for negative scores.
    dropout : float
        Probability with which an edge is left out in training.
    add_self_loops : bool
        Whether each node is given exactly one edge to itself; otherwise the edges are used unchanged.

    Attributes
    ----------
    att_src, att_dst : Parameter, shape (1, heads, out_channels)
        Initialised by Glorot's rule, as is `lin`.
    bias : Parameter, shape (heads * out_channels,) or, averaged, (out_channels,), or None
        Initially zero.
    lin : Linear
        From `in_channels` to ``heads * out_channels``, without a bias.

    Examples
    --------
    >>> edge_index = tl.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> tl.nn.GATConv(8, 4, heads=2)(tl.ones(3, 8), edge_index).shape
    (3, 8)
    """

    @checked
    def __init__(
        self,
        in_channels: Count,
        out_channels: Count,
        heads: Size = 1,
        concat: bool = True,
        negative_slope: Finite = 0.2,
        dropout: Fraction = 0.0,
        add_self_loops: bool = True,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in_channels, self.out_channels, self.heads, self.concat = in_channels, out_channels, heads, concat
        self.negative_slope, self.dropout, self.add_self_loops = negative_slope, dropout, add_self_loops
        self.lin = Linear(in_channels, heads * out_channels, bias=False, device=device, dtype=dtype)
        self.att_src = new_parameter(1, heads, out_channels, device=device, dtype=dtype)
        self.att_dst = new_parameter(1, heads, out_channels, device=device, dtype=dtype)
        features = heads * out_channels if concat else out_channels
        self.bias = Parameter(zeros(features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw all weights; the bias becomes zero."""
        init.xavier_uniform_(self.lin.weight)
        bound = sqrt(6.0 / (self.heads + self.out_channels))
        for attention in (self.att_src, self.att_dst):
            init.uniform_(attention, -bound, bound)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Return the new features of the nodes; see `GCNConv.forward`."""
        check_edges("GATConv", x, edge_index, self.in_channels)
        nodes, edges = x.shape[0], edge_index.shape[1]
        mapped = reshape(self.lin(x), (nodes, self.heads, self.out_channels))
        if self.add_self_loops:
            edge_index = with_loops(edge_index, nodes)
        source, target = edge_index[0], edge_index[1]
        by_source, by_target = (sum(mapped * attention, axis=-1) for attention in (self.att_src, self.att_dst))
        scores = take(by_source, source, axis=0) + take(by_target, target, axis=0)
        scores = F.leaky_relu(scores, self.negative_slope)
        if self.add_self_loops:  # instead of the loops among the given edges
            was_given = (source == target) & (arange(source.shape[0], device=source.device) < edges)
            scores = where(expand_dims(was_given, axis=-1), float("-inf"), scores)
        weights = F.dropout(F.scatter_softmax(scores, target, nodes), self.dropout, self.training)
        messages = take(mapped, source, axis=0) * expand_dims(weights, axis=-1)
        out = F.scatter_sum(messages, target, nodes)
        out = reshape(out, (nodes, self.heads * self.out_channels)) if self.concat else mean(out, axis=1)
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, heads={self.heads}"
