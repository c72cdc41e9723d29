"""The recognizer's image as Lambda runs it, and in it its two further processes.

One looks at photos and is confined, the other is libheif's.
"""

from __future__ import annotations

import io
import json

import pillow_heif
import pytest
from PIL import Image

from infra.containers.confined import USER, running
from infra.containers.stage import PHOTO, Stage
from tests.events import SAMPLES

PROCESSES = """
import json, pathlib
found = {}
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    line = (folder / "cmdline").read_bytes().replace(b"\\0", b" ").decode()
    status = dict(each.split(":", 1) for each in (folder / "status").read_text().splitlines() if ":" in each)
    found[line] = {name: status[name].strip() for name in ("Uid", "NoNewPrivs", "Seccomp_filters")}
print(json.dumps(found))
"""
"""Run in the container: its processes by their command lines."""


def heic(photo):
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.open(io.BytesIO(photo))).save(file)
    return file.getvalue()


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
@pytest.mark.parametrize("kind", ["jpeg", "heic"])
def test_a_photo_is_answered_where_nothing_is_allowed(client, surroundings, services, engine, kind, request):
    photo = PHOTO if kind == "jpeg" else heic(PHOTO)
    stage = Stage(surroundings, services, SAMPLES["recognizer-photo"], photo)
    with running(client, request.getfixturevalue(engine), stage) as function:
        assert function.invoke(SAMPLES["recognizer-photo"]) == {"batchItemFailures": []}, function.log
        (message,) = stage.told()["messages"]
        assert message.get("caption", "").startswith("2 faces"), function.log
        found = json.loads(function.container.exec_run(["python3", "-c", PROCESSES]).output)
    (main,) = (status for line, status in found.items() if "/var/runtime/bootstrap.py" in line)
    (apart,) = (status for line, status in found.items() if "-X faulthandler" in line)
    assert apart["Uid"].split()[0] == main["Uid"].split()[0] == USER.partition(":")[0]
    assert apart["NoNewPrivs"] == "1"
    assert int(apart["Seccomp_filters"]) == int(main["Seccomp_filters"]) + 1
