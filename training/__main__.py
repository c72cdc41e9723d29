"""`python -m training`."""

import os

# TensorFlow's own notes, a screenful for each file that it loads, would hide what is said to the person.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.cli import cli

cli(prog_name="python -m training")
