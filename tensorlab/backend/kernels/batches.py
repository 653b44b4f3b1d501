"""Functions of batches that treat each sample alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class BatchKernels:
    """How a function of independent samples is applied to a batch."""

    def map_batch(self, function: Callable[..., Any], batch: Any, /, *others: Sequence[Any]) -> Any:
        """Return ``function(batch, *others)``, which a backend may compute for some of the samples at a time.

        Parameters
        ----------
        function : callable
            From arrays and sequences of equal length to an array of that length. Each entry of the result depends on
            the entries at the same place alone; threads may call it.
        batch : array
            The samples, along the first axis.
        *others : sequence
            Further arrays or lists with one entry for each sample.
        """
        return function(batch, *others)
