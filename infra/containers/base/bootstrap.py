"""Starts the handler as AWS's base image does: the function first, then its layers, then the runtime."""
# ruff: noqa: INP001 - it is copied into the image

import os
import site
import sys

from awslambdaric.__main__ import main

ROOT = os.environ["LAMBDA_TASK_ROOT"]
LAYERS = ("/opt/python/lib/python3.13/site-packages", "/opt/python")

folders = (ROOT,) if "PYTHONPATH" in os.environ else (ROOT, *LAYERS)
sys.path[:0] = folders
for folder in folders:
    site.addsitedir(folder)
os.environ.setdefault("PYTHONPATH", os.environ["LAMBDA_RUNTIME_DIR"])
main([ROOT, os.environ["_HANDLER"]])
