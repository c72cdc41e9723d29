"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "ai-edge-litert",
    "numpy",
    "opencv-python-headless",
    "tensorflow-cpu",
    "keras",
    "mtcnn",
    "fer",
)


def describe() -> dict[str, object]:
    """Processor, cores, system, versions, the day, and how busy the machine was before."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "date": datetime.now(UTC).date().isoformat(),
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    """Its name, and the vector instructions that LiteRT and OpenCV make most of."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    flags = fields.get("flags", "").split()
    best = next((name for name in ("avx512_bf16", "avx512f", "avx2") if name in flags), None)
    return fields.get("model name", platform.machine()) + (f" ({best})" if best else "")
