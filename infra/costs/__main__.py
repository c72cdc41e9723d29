"""`python -m infra.costs`."""

from infra.costs.cli import main

main(prog_name="python -m infra.costs")
