"""`python -m infra.deploy`."""

from infra.deploy.cli import main

main(prog_name="python -m infra.deploy")
