"""Training: the loop, callbacks, checkpoints, logs and searches."""

__all__: list[str] = []
