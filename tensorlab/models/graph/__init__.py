"""Networks for graphs, which classify nodes or whole graphs; arguments are named as in PyTorch Geometric."""

from .classifier import GraphClassifier
from .networks import GAT, GCN, GraphSAGE

__all__ = ["GAT", "GCN", "GraphClassifier", "GraphSAGE"]
