"""Information about the machine's memory and NumPy's BLAS."""

from __future__ import annotations

import os

import numpy as np


def memory() -> dict[str, int]:
    """Return the machine's memory in bytes, if the system provides it."""
    names = {"total": "SC_PHYS_PAGES", "available": "SC_AVPHYS_PAGES"}
    known = getattr(os, "sysconf_names", {})
    return {key: os.sysconf(name) * os.sysconf("SC_PAGE_SIZE") for key, name in names.items() if name in known}


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
