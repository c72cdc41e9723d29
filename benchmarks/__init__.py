"""Ours beside its peers: commands that measure, each run as `python -m benchmarks.NAME`."""
