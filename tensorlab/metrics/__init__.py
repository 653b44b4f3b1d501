"""Metrics that accumulate over batches."""

__all__: list[str] = []
