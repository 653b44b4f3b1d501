"""Pictures of data, models and runs, drawn with Matplotlib."""

__all__: list[str] = []
