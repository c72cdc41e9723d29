"""`python -m training`."""

from training.cli import cli

cli(prog_name="python -m training")
