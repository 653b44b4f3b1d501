"""A model's graph: traced from one call, laid out in rows, and written as SVG or DOT."""

from .model_graph import ModelGraph, model_graph

__all__ = ["ModelGraph", "model_graph"]
