"""What is taken out of the installed packages, so that they are small: nothing that a function needs."""

import base64
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from emotion_bot.vision import decode

PACKAGES = Path(sysconfig.get_path("purelib"))
DEPLOYED = Path(__file__).with_name("deployed.py")
OPTIONAL = "ai_edge_litert/libLiteRt.so"
"""Loaded where it is there, for another interface than ours."""
ELSEWHERE = {"imdecode"}
"""Called on other systems than Linux only."""


def module(root, path):
    """A script of the build, which is no part of a package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, root / path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def run(function, root, tmp_path, **variables):
    result = tmp_path / "result.json"
    photo = Image.open(root / "playground" / "photos" / "two_people.jpg")
    pillow_heif.from_pillow(photo).save(tmp_path / "photo.heic")
    subprocess.run(
        [sys.executable, DEPLOYED, function, result],
        env={**os.environ, **variables},
        cwd=tmp_path,
        check=True,
    )
    return json.loads(result.read_text())


def within_packages(paths):
    return {path.relative_to(PACKAGES) for path in map(Path, paths) if path.is_relative_to(PACKAGES)}


@pytest.mark.parametrize("function", ["webhook", "registrar", "recognizer"])
def test_nothing_is_removed_that_a_function_loads(function, root, tmp_path):
    loaded = within_packages(run(function, root, tmp_path)["loaded"]) - {Path(OPTIONAL)}
    files = {path for path in loaded if path.suffix != ".pyc"}
    assert len(files) > 500
    for package in ("numpy", "pi_heif", "PIL"):
        assert (Path(package, "__init__.py") in files) == (function == "recognizer")
    installed = tmp_path / "packages"
    for file in files:
        (installed / file).parent.mkdir(parents=True, exist_ok=True)
        (installed / file).touch()
    module(root, "layers/shared/slim.py").main(installed)
    assert {file for file in files if not (installed / file).exists()} == set()


def test_what_no_function_loads_is_removed(root, tmp_path):
    unused = [
        "bin/httpx",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/s3/2006-03-01/examples-1.json",
        "numpy/_core/tests/data/numbers.csv",
        "numpy/__pycache__/x.pyc",
        "wrapt-stubs/__init__.pyi",
    ]
    used = [
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/endpoints.json",
        "numpy/linalg/x.so",
    ]
    for file in (*unused, *used):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    module(root, "layers/shared/slim.py").main(tmp_path)
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert left == set(used)


def test_the_picture_that_the_image_is_checked_with_is_a_heic(root):
    script = module(root, "functions/recognizer/check.py")
    photo = base64.b64decode(script.HEIC)
    assert photo[4:8] == b"ftyp"
    assert decode(photo).shape == (64, 64, 3)


@pytest.fixture
def unlinked(root, tmp_path):
    """OpenCV without FFmpeg and OpenBLAS; it weighs much, so it does not stay."""
    packages = tmp_path / "packages"
    shutil.copytree(PACKAGES / "cv2", packages / "cv2")
    libraries = "opencv_python_headless.libs"
    shutil.copytree(PACKAGES / libraries, packages / libraries, copy_function=os.symlink)
    module(root, "functions/recognizer/unlink.py").main(packages)
    yield packages
    shutil.rmtree(packages)


@pytest.mark.skipif(sys.platform != "linux", reason="the image is a Linux one")
def test_vision_calls_nothing_that_is_missing_from_opencv(unlinked, root, tmp_path):
    result = run("recognizer", root, tmp_path, PYTHONPATH=str(unlinked))
    assert any(path.startswith(f"{unlinked}/cv2/") and ".so" in path for path in result["loaded"])
    bundled = [path for path in result["loaded"] if "opencv_python_headless.libs" in path]
    assert bundled
    assert not any(name in path for path in bundled for name in ("avcodec", "openblas", "crypto", "gfortran"))
    assert set(result["named"]) - set(result["called"]) == ELSEWHERE


@pytest.mark.skipif(sys.platform != "linux", reason="the image is a Linux one")
def test_an_opencv_of_another_layout_is_refused(root, unlinked):
    script = module(root, "functions/recognizer/unlink.py")
    with pytest.raises(script.UnknownLayout, match="5 were expected"):
        script.main(unlinked)
