"""Lets `python -m benchmarks` run the command line."""

from benchmarks.cli import main

main()
