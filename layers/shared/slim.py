"""Removes what no function ever loads from a folder of installed packages: `python slim.py PACKAGES`.

The layer of the webhook and the registrar and the recognizer's image are both slimmed by it. That no function
opens what is removed is what tests/infrastructure/test_install.py finds in real runs.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

UNUSED: Final = (
    "bin",  # command-line tools
    "**/tests",
    "**/__pycache__",  # of whoever ran them here; what is deployed is compiled last of all
    "*-stubs",
    "**/*.pyi",
    "**/*.pxd",
    # botocore and boto3: besides each service's model there are these
    "boto3/data",  # of resources, a way to call AWS that nothing here goes
    "boto3/examples",
    "botocore/data/**/examples-1.json",
    "botocore/data/**/paginators-1.*",
    "botocore/data/**/waiters-2.*",
    # parts beside those that are used: of Powertools for web services, of python-telegram-bot, pydantic 1
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/kafka",
    "telegram/ext",
    "pydantic/v1",
    # NumPy: headers, archives and modules to compile against or to test with
    "numpy/_core/*_tests.*.so",
    "numpy/_core/_simd.*.so",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/f2py",
    # LiteRT: compilers, tools and drivers for accelerators that Lambda does not have, and another interface
    "ai_edge_litert/*_pb2.py",
    "ai_edge_litert/aot",
    "ai_edge_litert/libLiteRt*.so",
    "ai_edge_litert/schema_py_generated.py",
    "ai_edge_litert/tflite",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    # Pillow: other formats, fonts and colour profiles; pi-heif asks for none of them
    "PIL/*Plugin.py",
    "PIL/_avif.*.so",
    "PIL/_imaging[cfmt]*.so",
    "PIL/_webp.*.so",
    "pillow.libs/libavif-*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype-*",
    "pillow.libs/libharfbuzz-*",
    "pillow.libs/liblcms2-*",
    "pillow.libs/libpng16-*",
    "pillow.libs/libsharpyuv-*",
    "pillow.libs/libwebp*",
    # TensorFlow: headers, and a parser of C++
    "clang",
    "tensorflow/include",
)
"""Patterns of files and folders, relative to the packages."""

UNUSED_WITHOUT_TENSORFLOW: Final = ("numpy/fft", "numpy/polynomial", "numpy/random", "numpy/testing")
"""NumPy imports them when they are first asked for, and only Keras asks."""

SERVICES: Final = ("cloudformation", "dynamodb", "s3", "sqs", "ssm", "xray")
"""What the functions ask of AWS (the tracer X-Ray, outside Lambda): botocore brings models of 400 more."""


def main(packages: Path) -> None:
    """Remove it."""
    patterns = UNUSED if (packages / "tensorflow").exists() else UNUSED + UNUSED_WITHOUT_TENSORFLOW
    unused = {path for pattern in patterns for path in packages.glob(pattern)}
    models = (path for path in (packages / "botocore" / "data").iterdir() if path.is_dir())
    unused |= {path for path in models if path.name not in SERVICES}
    for path in unused:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # the folder that it is in may be gone already
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
