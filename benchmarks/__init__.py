"""Benchmarks, run by `make bench`: the same programs on tensorlab and PyTorch, alternating in one process."""
