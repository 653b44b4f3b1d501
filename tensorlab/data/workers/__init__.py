"""Workers of a data loader: processes or threads that fetch batches ahead of their use."""

from .info import WorkerInfo, get_worker_info
from .pool import Pool
from .processes import ProcessPool
from .threads import ThreadPool

__all__ = ["Pool", "ProcessPool", "ThreadPool", "WorkerInfo", "get_worker_info"]
