"""Benchmarks: generated digests of any size, time and memory of Digest and of other generators."""
