"""`python -m infra.rehearsal`."""

from infra.rehearsal.cli import main

main(prog_name="python -m infra.rehearsal")
