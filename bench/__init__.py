"""Benchmarks: each figure beside its limit or its peer, as a ratio from one run."""
