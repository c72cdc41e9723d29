"""Lets `python -m soak` run the command line."""

from soak.cli import main

main()
