"""`python -m playground`."""

from playground.cli import main

main(prog_name="python -m playground")
