"""Compiles packages for the Python that runs this: an archive of them in, one of the compiled files out.

The Makefile runs it in Lambda's base image, on machines that have another Python. Archives need no folder
that machine and container share, and what comes out belongs to who builds.
"""

from __future__ import annotations

import compileall
import sys
import tarfile
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

ROOT: Final = Path("/opt/python")
"""Where Lambda puts the layer: tracebacks say so."""


def main() -> None:
    """Compile them."""
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as packages:
        # Not as an argument, which Python 3.11 has from 3.11.4 on only; before, there is no filter.
        packages.extraction_filter = getattr(tarfile, "data_filter", None)
        packages.extractall(ROOT)  # noqa: S202 - what the Makefile sends: the packages that it installed
    compileall.compile_dir(ROOT, quiet=2, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as compiled:
        for file in sorted(ROOT.rglob("*.pyc")):
            compiled.add(file, file.relative_to(ROOT))


if __name__ == "__main__":
    main()
