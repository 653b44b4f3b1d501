"""Information about NumPy's BLAS."""

from __future__ import annotations

import numpy as np


def blas() -> str:
    """Return the name and version of the BLAS and, if threadpoolctl is installed, its threads and architecture."""
    config = np.show_config(mode="dicts")
    built = config["Build Dependencies"]["blas"]
    text = f"{built['name']} {built['version']}"
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return f"{text} (install threadpoolctl to see its threads)"
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    listed = "; ".join(f"{pool['num_threads']} threads, for {pool.get('architecture', 'any CPU')}" for pool in pools)
    return f"{text}, {listed}" if pools else text
