"""What `sam build` made: compiled for Lambda's Python, readable for its user, nothing besides what runs."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import PurePosixPath

import pytest
from docker.errors import NotFound

UNCHECKED = b"\1\0\0\0"
"""After the magic number: by the source's hash, which nobody compares (PEP 552)."""


def compiled(source: str) -> str:
    """Where Lambda's Python looks for it, and looks no further."""
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc")


@pytest.fixture
def exported(client, request):
    """What lies where the function does in the image: by name, its description and the archive."""
    container = client.containers.create(request.getfixturevalue(request.param).image)
    try:
        with pytest.raises(NotFound):
            container.get_archive("/build")
        content = io.BytesIO(b"".join(container.get_archive("/var/task")[0]))
    finally:
        container.remove()
    with tarfile.open(fileobj=content) as archive:
        yield {member.name: (member, archive) for member in archive}


@pytest.mark.parametrize("exported", ["litert", "tensorflow"], indirect=True)
def test_the_image_is_compiled_and_readable(exported):
    sources = {name for name in exported if name.endswith(".py")}
    assert {"task/app.py", "task/emotion_bot/answer.py"} <= sources
    assert {name for name in sources if compiled(name) not in exported} == set()
    for name, (member, archive) in exported.items():
        assert member.mode & (0o005 if member.isdir() else 0o004), f"{name} cannot be read by Lambda's user"
        if name.endswith(".pyc"):
            assert archive.extractfile(member).read(8)[4:] == UNCHECKED, name


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_image_is_the_base_the_packages_and_the_code(client, base, engine, request):
    ours, theirs = (client.images.get(name) for name in (request.getfixturevalue(engine).image, base))
    layers, below = (image.attrs["RootFS"]["Layers"] for image in (ours, theirs))
    assert layers[: len(below)] == below
    assert len(layers) == len(below) + 2
    assert ours.attrs["Config"]["WorkingDir"] == "/var/task"
    assert ours.attrs["Config"]["Cmd"] == ["app.handler"]


def test_the_layer_is_compiled_readable_and_the_builders(litert):
    layer = litert.folder / "SharedLayer"
    files = [path for path in layer.rglob("*") if path.is_file()]
    sources = [path for path in files if path.suffix == ".py"]
    assert layer / "python" / "emotion_bot" / "bot.py" in sources
    assert [path for path in sources if not (layer / compiled(str(path))).exists()] == []
    assert {path.stat().st_uid for path in files} == {os.getuid()}
    assert [path for path in files if not path.stat().st_mode & 0o004] == []
    assert {path.read_bytes()[4:8] for path in files if path.suffix == ".pyc"} == {UNCHECKED}


@pytest.mark.parametrize("function", ["WebhookFunction", "RegistrarFunction"])
def test_a_zipped_function_is_its_handler_alone(litert, function):
    assert [path.name for path in (litert.folder / function).iterdir()] == ["app.py"]
