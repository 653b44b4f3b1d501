"""Networks of graph convolutions, which return the features or scores of nodes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ...nn.functional.activation import elu, relu
from ...nn.functional.dropout import dropout
from ...nn.functional.graph import check_edges, gcn_norm
from ...nn.layers.base import Layer
from ...nn.layers.graph import GATConv, GCNConv, SAGEConv
from ...nn.module.containers import ModuleList
from ...nn.module.module import Module
from ...options import Fraction, Size, declared
from ...tensor import Tensor
from ..classic.base import Depth


@declared
class GraphNetwork(Layer):
    """Graph convolutions one after the other, with dropout before each and an activation between.

    Parameters
    ----------
    in_channels : int
        Features of a node.
    hidden_channels : int
        Features of a node after each layer but the last.
    num_layers : int
        Number of layers: what a node gets depends on nodes that are so many edges away.
    out_channels : int
        Features or scores of a node after the last layer.
    dropout : float
        Probability with which inputs of a layer are left out in training.

    Attributes
    ----------
    convs : ModuleList
        The layers.
    """

    in_channels: Size
    hidden_channels: Size
    num_layers: Depth
    out_channels: Size
    dropout: Fraction = 0.0
    activation: ClassVar[Callable[..., Any]] = staticmethod(relu)

    def __post_init__(self) -> None:
        widths = [self.in_channels, *[self.hidden_channels] * (self.num_layers - 1)]
        hidden = [self._hidden(*pair) for pair in pairwise(widths)]
        self.convs = ModuleList([*hidden, self._last(widths[-1], self.out_channels)])

    def _hidden(self, inputs: int, outputs: int) -> Module:
        """Return a layer."""
        raise NotImplementedError

    def _last(self, inputs: int, outputs: int) -> Module:
        """Return the last layer."""
        return self._hidden(inputs, outputs)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Return the features or scores of the nodes, (nodes, out_channels).

        Parameters
        ----------
        x : Tensor, shape (nodes, in_channels)
            Features of the nodes.
        edge_index : Tensor of integers, shape (2, edges)
            Sources in row 0, targets in row 1. An edge without a direction is given once in each.

        Raises
        ------
        ShapeError
            If shapes do not fit.
        """
        check_edges(type(self).__name__, x, edge_index, self.in_channels)
        return self._through(x, edge_index)

    def _through(self, x: Tensor, *edges: Any) -> Tensor:
        for number, conv in enumerate(self.convs):
            x = conv(dropout(self.activation(x) if number else x, self.dropout, self.training), *edges)
        return x


@declared
class GCN(GraphNetwork):
    """A graph convolutional network (Kipf and Welling, "Semi-supervised classification with graph convolutional
    networks", 2017).

    A layer computes ``D**-0.5 (A + I) D**-0.5 X W``, and ReLU stands between layers. The paper's has two layers, 16
    hidden features, a dropout of 0.5, and a weight decay of 5e-4 for the first layer.

    Examples
    --------
    >>> club = tl.datasets.KarateClub()
    >>> model = tl.models.GCN(34, 16, 2, 2)
    >>> model(club.x, club.edge_index).shape
    (34, 2)
    """

    dropout: Fraction = 0.5

    def _hidden(self, inputs: int, outputs: int) -> Module:
        return GCNConv(inputs, outputs, normalize=False)  # `forward` normalises once for all layers

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """Return the features or scores of the nodes, (nodes, out_channels).

        Parameters
        ----------
        x : Tensor, shape (nodes, in_channels)
            Features of the nodes.
        edge_index : Tensor of integers, shape (2, edges)
            Sources in row 0, targets in row 1. An edge without a direction is given once in each.
        edge_weight : Tensor, shape (edges,), optional
            The edges' weights; one by default.

        Raises
        ------
        ShapeError
            If shapes do not fit.
        """
        check_edges("GCN", x, edge_index, self.in_channels)
        return self._through(x, *gcn_norm(edge_index, edge_weight, x.shape[0], dtype=x.dtype))


@declared
class GraphSAGE(GraphNetwork):
    """GraphSAGE (Hamilton, Ying and Leskovec, "Inductive representation learning on large graphs", 2017).

    A layer adds a linear map of the node's features and one of its neighbours' mean, maximum or sum; ReLU stands
    between layers. What it has learned applies to nodes and graphs that it has not seen.

    Parameters
    ----------
    aggr : {"mean", "max", "sum"}
        How the features of neighbours are combined.
    normalize : bool
        Whether each layer scales its results to a norm of one.

    Examples
    --------
    >>> club = tl.datasets.KarateClub()
    >>> model = tl.models.GraphSAGE(34, 16, 2, 2, aggr="max")
    >>> model(club.x, club.edge_index).shape
    (34, 2)
    """

    aggr: Literal["mean", "max", "sum"] = "mean"
    normalize: bool = False

    def _hidden(self, inputs: int, outputs: int) -> Module:
        return SAGEConv(inputs, outputs, self.aggr, self.normalize)


@declared
class GAT(GraphNetwork):
    """A graph attention network (Velickovic et al., "Graph attention networks", 2018).

    Each head of a layer averages neighbours with weights that it computes from both ends of an edge. Hidden layers
    concatenate their heads, the last layer averages its own; ELU stands between layers. The paper's has two layers, 8
    heads of 8 features, one output head, and a dropout of 0.6.

    Parameters
    ----------
    hidden_channels : int
        Features of a node after each layer but the last: those of all heads together.
    dropout : float
        Probability with which inputs of a layer, and weights of edges, are left out in training.
    heads : int
        Number of heads of the hidden layers.
    output_heads : int
        Number of heads of the last layer.

    Raises
    ------
    ValueError
        If `hidden_channels` is not a multiple of `heads`.

    Examples
    --------
    >>> club = tl.datasets.KarateClub()
    >>> model = tl.models.GAT(34, 16, 2, 2, heads=4)
    >>> model(club.x, club.edge_index).shape
    (34, 2)
    """

    dropout: Fraction = 0.6
    heads: Size = 8
    output_heads: Size = 1
    activation = staticmethod(elu)

    def __post_init__(self) -> None:
        if self.hidden_channels % self.heads:
            raise ValueError(
                f"GAT: hidden_channels must be a multiple of heads {self.heads}, not {self.hidden_channels}"
            )
        super().__post_init__()

    def _hidden(self, inputs: int, outputs: int) -> Module:
        return GATConv(inputs, outputs // self.heads, self.heads, dropout=self.dropout)

    def _last(self, inputs: int, outputs: int) -> Module:
        return GATConv(inputs, outputs, self.output_heads, concat=False, dropout=self.dropout)
