"""Peak memory of training steps, held against PyTorch's; PyTorch itself is not needed here."""

import pytest

import tensorlab as tl
from benchmarks import memory

pytestmark = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="measures the numpy backend")


@pytest.mark.parametrize("workload", memory.WORKLOADS)
def test_peak_memory_is_near_that_of_pytorch(workload):
    assert memory.tensorlab_peak(workload) <= memory.LIMIT * memory.PYTORCH_BYTES[workload]
