"""Classification of whole graphs."""

from __future__ import annotations

from typing import Literal

from ...nn.functional.activation import relu
from ...nn.functional.dropout import dropout
from ...nn.functional.graph import global_max_pool, global_mean_pool, global_sum_pool
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...nn.module.module import Module
from ...options import Count, Fraction, Size, declared
from ...tensor import Tensor

READOUTS = {"mean": global_mean_pool, "sum": global_sum_pool, "max": global_max_pool}


@declared
class GraphClassifier(Layer):
    """A network of graph convolutions, the mean, sum or maximum of each graph's nodes, and a linear layer.

    Parameters
    ----------
    network : Module
        Returns the features of nodes, to which ReLU is applied: a `GCN`, `GraphSAGE` or `GAT`, or another network with
        the attribute `out_channels`.
    num_classes : int
        Number of classes of graphs.
    readout : {"mean", "sum", "max"}
        How the features of a graph's nodes are combined. A sum tells the number of nodes, which a mean does not.
    dropout : float
        Probability with which inputs of the linear layer are left out in training.

    Examples
    --------
    >>> triangle, pair = tl.tensor([[0, 1, 1, 2, 2, 0], [1, 0, 2, 1, 0, 2]]), tl.tensor([[0, 1], [1, 0]])
    >>> graphs = [(tl.ones(3, 4), triangle), (tl.ones(2, 4), pair), (tl.ones(3, 4), triangle)]
    >>> x, edge_index, batch = tl.nn.functional.batch_graphs(graphs)
    >>> model = tl.models.GraphClassifier(tl.models.GraphSAGE(4, 8, 2, 8), num_classes=5)
    >>> model(x, edge_index, batch).shape
    (3, 5)
    """

    network: Module
    num_classes: Size
    readout: Literal["mean", "sum", "max"] = "mean"
    dropout: Fraction = 0.5
    _shown = ("readout", "dropout")

    def __post_init__(self) -> None:
        if not hasattr(self.network, "out_channels"):
            raise TypeError(
                "GraphClassifier: network must have the attribute out_channels, the number of a node's features, as "
                f"{type(self.network).__name__} has not"
            )
        self.head = Linear(self.network.out_channels, self.num_classes)

    def forward(self, x: Tensor, edge_index: Tensor, batch: Tensor | None = None, size: Count | None = None) -> Tensor:
        """Return the classes' scores of graphs, (graphs, num_classes).

        Parameters
        ----------
        x : Tensor, shape (nodes, in_channels)
            Features of the nodes of all graphs.
        edge_index : Tensor of integers, shape (2, edges)
            Sources in row 0, targets in row 1; see `nn.functional.batch_graphs`.
        batch : Tensor of integers, shape (nodes,), optional
            The graph of each node; all nodes belong to one by default.
        size : int, optional
            Number of graphs; one more than the largest number in `batch` by default.

        Raises
        ------
        ShapeError
            If shapes do not fit.
        """
        features = READOUTS[self.readout](relu(self.network(x, edge_index)), batch, size)
        return self.head(dropout(features, self.dropout, self.training))
