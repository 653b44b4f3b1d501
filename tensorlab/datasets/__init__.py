"""Data sets that need no download, and readers of well-known file formats."""

__all__: list[str] = []
