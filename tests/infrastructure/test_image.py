"""The recognizer's image: what the Dockerfile copies is there, pinned, and within the build's reach."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from infra.containers.standin import AWS_IMAGE


@pytest.fixture(scope="module")
def dockerfile(stack, root):
    metadata = stack.resources["RecognizerFunction"]["Metadata"]
    assert (root / "infra" / metadata["DockerContext"]).resolve() == root
    return (root / metadata["Dockerfile"]).read_text()


@pytest.fixture(scope="module")
def install(root):
    return (root / "functions" / "recognizer" / "install.sh").read_text()


def copies(dockerfile):
    """Of each COPY from the repository: the files, and where they go."""
    lines = re.findall(r"^COPY (?!--from)(.+) (\S+)$", dockerfile, flags=re.MULTILINE)
    return [(files.split(), folder) for files, folder in lines]


def sources(dockerfile, engine):
    """What COPY takes from the repository."""
    return [file.replace("${ENGINE}", engine) for files, _ in copies(dockerfile) for file in files]


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_image_is_built_for_the_engine_that_the_function_is_told(make_stack, engine):
    stack = make_stack(Engine=engine, BaseImage="a-base:1")
    metadata = stack.resources["RecognizerFunction"]["Metadata"]
    assert metadata["DockerBuildArgs"] == {"ENGINE": engine, "BASE_IMAGE": "a-base:1"}
    assert stack.variables("RecognizerFunction")["ENGINE"] == engine


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_what_is_copied_exists_and_is_not_ignored(dockerfile, root, engine):
    rules = [
        line
        for line in (root / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert rules[0] == "*"
    for source in sources(dockerfile, engine):
        assert (root / source).exists(), source
        assert any(fnmatch(source, f"{rule[1:]}*") for rule in rules if rule.startswith("!")), source


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_every_package_is_pinned_by_hash(dockerfile, install, root, engine):
    (requirements,) = (each for each in sources(dockerfile, engine) if each.endswith(".txt"))
    text = (root / requirements).read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert "--require-hashes" in install


def test_tensorflow_is_only_in_the_image_that_needs_it(root):
    folder = root / "functions" / "recognizer"
    assert "tensorflow" not in (folder / "requirements-litert.txt").read_text()
    assert "\ntensorflow-cpu==" in (folder / "requirements-tensorflow.txt").read_text()


def test_the_base_is_awss_own_and_can_be_replaced(dockerfile, stack):
    assert f"ARG BASE_IMAGE={AWS_IMAGE}\n" in dockerfile
    assert stack.parameters["BaseImage"] == AWS_IMAGE
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", dockerfile, flags=re.MULTILINE)
    assert stages == [("${BASE_IMAGE}", "packages"), ("packages", "code"), ("${BASE_IMAGE}", "")]


def test_the_image_starts_the_handler(dockerfile):
    (command,) = re.findall(r"^CMD (.+)$", dockerfile, flags=re.MULTILINE)
    assert json.loads(command) == ["app.handler"]


def test_what_the_build_runs_is_what_the_repository_has(dockerfile, root):
    """Each script of the packages' stage lies where the others look for it, as in the repository."""
    scripts = {
        file for files, folder in copies(dockerfile) for file in files if file == f"{folder}{Path(file).name}"
    }
    assert {
        "functions/recognizer/install.sh", "functions/recognizer/unlink.py", "layers/shared/slim.py"
    } <= scripts  # fmt: skip
    assert "\nRUN sh functions/recognizer/install.sh " in dockerfile


def test_nothing_is_shipped_but_packages_and_code_that_was_loaded_first(dockerfile):
    *_, shipped = dockerfile.split("FROM ")
    assert re.findall(r"^(?:COPY|RUN|ADD) .*$", shipped, flags=re.MULTILINE) == [
        "COPY --from=packages /var/task .",
        "COPY --from=code /code .",
    ]
    assert dockerfile.index("COPY functions/recognizer/app.py") < dockerfile.index(
        '/build/check.py "${ENGINE}"'
    )


def test_bytecode_is_compiled_and_not_checked_against_the_sources(dockerfile, install):
    for text in (dockerfile, install):
        assert re.findall(r"compileall .*--invalidation-mode (\S+)", text) == ["unchecked-hash"]


def test_packages_are_compiled_after_the_last_of_them_is_removed(install):
    steps = ["pip install", "slim.py", "unlink.py", "compileall"]
    assert sorted(steps, key=install.index) == steps
