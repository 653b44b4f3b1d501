"""Benchmarks: `make bench`. The same program runs on tensorlab and on PyTorch, in turn, in one process."""
