"""The switch between the engines, and TensorFlow's installation."""

from __future__ import annotations

import hashlib
import importlib
import os
import zipfile
from threading import Event

import httpx
import pytest

from playground import engines as module
from playground import installation
from playground.installation import InstallationFailed, install, missing


@pytest.fixture
def choose(page):
    def post(engine, **more):
        return httpx.post(f"{page.url}/engine", json={"engine": engine, **more}, timeout=60)

    return post


@pytest.fixture
def settled(until):
    """The engine's state once nothing is being switched; and every note until then."""

    def wait():
        return until("state", lambda state: not state["engine"]["switching"])["engine"]

    return wait


@pytest.fixture
def restarts(bot, monkeypatch):
    """The recognizer restarts in name only: with which engine each time."""
    started = []
    monkeypatch.setattr(bot.recognizer, "stop", lambda: None)
    monkeypatch.setattr(bot.recognizer, "start", lambda: started.append(os.environ["ENGINE"]))
    monkeypatch.setenv("ENGINE", "litert")
    monkeypatch.setattr(importlib, "import_module", lambda name: name)
    return started


def test_the_engine_is_switched_there_and_back(choose, settled, restarts):
    assert settled() == {"now": "litert", "tensorflow": "ready", "switching": False, "note": ""}
    assert choose("tensorflow").status_code == 204
    assert settled()["now"] == "tensorflow"
    assert choose("litert").status_code == 204
    assert settled()["now"] == "litert"
    assert restarts == ["tensorflow", "litert"]


def test_the_one_that_is_at_work_is_not_restarted(choose, settled, restarts):
    assert choose("litert").status_code == 204
    assert settled()["now"] == "litert"
    assert restarts == []


def test_an_engine_that_does_not_start_gives_way_to_the_other(bot, choose, settled, restarts, monkeypatch):
    def start():
        restarts.append(os.environ["ENGINE"])
        if os.environ["ENGINE"] == "tensorflow":
            raise ImportError("no such library")

    monkeypatch.setattr(bot.recognizer, "start", start)
    choose("tensorflow")

    assert settled() == {
        "now": "litert",
        "tensorflow": "failed",
        "switching": False,
        "note": "TensorFlow does not start (ImportError); LiteRT goes on.",
    }
    assert restarts == ["tensorflow", "litert"]
    assert os.environ["ENGINE"] == "litert"


def test_only_one_switch_at_a_time(bot, page, choose, settled, restarts, monkeypatch):
    free = Event()
    monkeypatch.setattr(bot.recognizer, "start", lambda: free.wait(60))
    choose("tensorflow")
    second, fault = choose("litert"), httpx.post(f"{page.url}/faults", json={"no_bundle": True})
    free.set()

    assert second.status_code == 409
    assert "wait" in second.json()["error"]
    assert fault.status_code == 409
    assert settled()["now"] == "tensorflow"


def test_without_a_model_no_engine_is_switched_to(page, choose):
    httpx.post(f"{page.url}/faults", json={"no_bundle": True}, timeout=60).raise_for_status()
    refusal = choose("tensorflow")
    httpx.post(f"{page.url}/faults", json={"no_bundle": False}, timeout=60).raise_for_status()

    assert refusal.status_code == 409
    assert "switch that fault off" in refusal.json()["error"]


@pytest.fixture
def without_tensorflow(monkeypatch):
    """TensorFlow is not installed until the test says so: what its installation does."""
    told = {"installed": False, "error": None, "notes": []}

    def pretend_install(tell, _stop):
        tell("Downloading …")
        told["notes"].append("asked")
        if told["error"]:
            raise InstallationFailed(told["error"])
        told["installed"] = True

    monkeypatch.setattr(module, "is_installed", lambda: told["installed"])
    monkeypatch.setattr(module, "install", pretend_install)
    return told


@pytest.mark.usefixtures("restarts")
def test_tensorflow_is_installed_only_when_asked_for(without_tensorflow, choose, settled):
    assert settled()["tensorflow"] == "missing"
    refusal = choose("tensorflow")
    assert refusal.status_code == 409
    assert "not installed" in refusal.json()["error"]
    assert without_tensorflow["notes"] == []

    assert choose("tensorflow", install=True).status_code == 204
    assert settled() == {"now": "tensorflow", "tensorflow": "ready", "switching": False, "note": ""}
    assert without_tensorflow["notes"] == ["asked"]


def test_an_installation_that_fails_leaves_the_bot_as_it_was(without_tensorflow, choose, settled, restarts):
    without_tensorflow["error"] = "No network; try again."
    choose("tensorflow", install=True)

    failed = {"now": "litert", "tensorflow": "failed", "switching": False, "note": "No network; try again."}
    assert settled() == failed
    assert restarts == []
    assert choose("tensorflow").status_code == 409

    without_tensorflow["error"] = None
    assert choose("tensorflow", install=True).status_code == 204
    assert settled()["now"] == "tensorflow"


PINS = """\
# a comment
flask==0.1 \\
    --hash=sha256:aa
    # via nothing
tiny-emotion==1.0 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via nothing
"""


def test_what_is_installed_is_left_alone():
    assert missing(PINS).splitlines()[0] == "tiny-emotion==1.0 \\"
    assert "flask" not in missing(PINS)
    assert "sha256:cc" in missing(PINS)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A package that pip finds on this machine, and installs into a folder: (its pin, the folder)."""
    name, target = tmp_path / "tiny_emotion-1.0-py3-none-any.whl", tmp_path / "installed"
    with zipfile.ZipFile(name, "w") as file:
        file.writestr("tiny_emotion.py", "MOOD = 'happy'")
        file.writestr(
            "tiny_emotion-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-emotion\nVersion: 1.0\n"
        )
        file.writestr(
            "tiny_emotion-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr("tiny_emotion-1.0.dist-info/RECORD", "")
    for variable, value in {
        "NO_INDEX": "1",
        "FIND_LINKS": tmp_path,
        "TARGET": target,
        "CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(f"PIP_{variable}", str(value))
    return f"tiny-emotion==1.0 --hash=sha256:{hashlib.sha256(name.read_bytes()).hexdigest()}\n", target


def test_pip_installs_what_is_pinned_and_tells_how_it_gets_on(wheel, tmp_path):
    pin, target = wheel
    requirements, notes = tmp_path / "requirements.txt", []
    requirements.write_text(pin)
    install(notes.append, Event(), requirements)

    assert (target / "tiny_emotion.py").is_file()
    assert notes[0].startswith("Downloading TensorFlow")
    assert notes[-1] == "Installing TensorFlow …"


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("tiny-emotion==1.0 --hash=sha256:" + "0" * 64 + "\n", "DO NOT MATCH THE HASHES"),
        ("tiny-emotion==2.0 --hash=sha256:" + "0" * 64 + "\n", "No matching distribution"),
    ],
)
def test_what_is_not_as_pinned_is_not_installed(wheel, tmp_path, pin, reason):
    _, target = wheel
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(pin)

    with pytest.raises(
        InstallationFailed, match=f"(?i)^TensorFlow was not installed: .*{reason}.* LiteRT goes on"
    ):
        install(lambda _: None, Event(), requirements)
    assert not target.exists()


def test_the_repositorys_requirements_are_there_and_pinned_to_hashes():
    pins = installation.REQUIREMENTS.read_text()

    assert "tensorflow" in pins
    assert "mtcnn==" in pins
    assert pins.count("--hash=sha256:") > 100
