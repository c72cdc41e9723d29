"""That a test which lets a secret out fails, and says where; the check itself is tests/leaks.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.runtime import environments
from tests import leaks

pytestmark = pytest.mark.lets_secrets_out
INNER = """
import logging, secrets, subprocess, sys, threading, warnings
import pytest

ADDRESS = "https://api.telegram.test/bot12" + "34:AA-other/getMe"
HEADER = "unit-test" + "_secret"

def test_stdout():
    print("asking", ADDRESS)

def test_stderr_of_one_that_fails():
    print(HEADER, file=sys.stderr)
    raise ValueError("something else")

def test_stdout_that_the_test_reads(capsys):
    print(ADDRESS)
    assert capsys.readouterr().out

def test_log_at_debug(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("library").debug("GET %s", ADDRESS)

def test_log_with_fields_that_are_not_shown():
    logging.getLogger("library").error("refused", extra={"header": HEADER})

def test_log_of_an_error():
    try:
        raise ValueError(ADDRESS)
    except ValueError:
        logging.getLogger("library").exception("it failed")

def test_error():
    raise ValueError(ADDRESS)

def test_error_behind_another():
    try:
        raise ValueError(ADDRESS)
    except ValueError as error:
        raise KeyError("other") from error

def test_process():
    subprocess.run([sys.executable, "-c", "import sys; print(sys.argv[1])", ADDRESS], capture_output=True)

def test_thread():
    thread = threading.Thread(target=print, args=(ADDRESS,))
    thread.start()
    thread.join()

def test_made_up():
    print(secrets.token_urlsafe(32))

@pytest.fixture
def talkative():
    print(ADDRESS)
    yield

def test_setup(talkative):
    pass

@pytest.fixture
def talkative_at_the_end():
    yield
    print(ADDRESS)

def test_teardown(talkative_at_the_end):
    pass

def test_innocent():
    print("https://api.telegram.test/bot<token>/getMe", "A secret", "12:34")
    assert ADDRESS != HEADER

def test_comparison():
    assert ADDRESS == HEADER
"""
WARNING = """
import warnings

def test_warning():
    warnings.warn("https://api.telegram.test/bot12" + "34:AA-other/getMe", UserWarning)
"""
LEAKS = {
    "test_stdout": "Captured stdout call: asking https://api.telegram.test/***/getMe",
    "test_stderr_of_one_that_fails": "Captured stderr call: ***",
    "test_stdout_that_the_test_reads": "stdout: https://api.telegram.test/***/getMe",
    "test_log_at_debug": "log of library: GET https://api.telegram.test/***/getMe",
    "test_log_with_fields_that_are_not_shown": "log of library: ***",
    "test_log_of_an_error": "log of library: https://api.telegram.test/***/getMe",
    "test_error": "error: https://api.telegram.test/***/getMe",
    "test_error_behind_another": "error: https://api.telegram.test/***/getMe",
    "test_process": "output of a process: https://api.telegram.test/***/getMe",
    "test_thread": "Captured stdout call: https://api.telegram.test/***/getMe",
    "test_made_up": "Captured stdout call: ***",
    "test_setup": "Captured stdout setup: https://api.telegram.test/***/getMe",
    "test_teardown": "Captured stdout teardown: https://api.telegram.test/***/getMe",
}


def run(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own, with the check and nothing else of ours."""
    (folder / "test_inner.py").write_text(source)
    (folder / "pytest.ini").touch()
    root = Path(__file__).parents[2]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.leaks",
            "-p",
            "no:cacheprovider",
            "--tb=short",
            *options,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, list[str]]:
    """What the check tells of each of the tests above."""
    report = tmp_path_factory.mktemp("inner") / "report.json"
    plugin = report.with_name("tell.py")
    plugin.write_text(
        "import json\n"
        "told = {}\n"
        "def pytest_runtest_logreport(report):\n"
        "    if report.failed:\n"
        "        leaks = dict(report.sections).get('Leaks', '')\n"
        "        told.setdefault(report.nodeid.rpartition('::')[2], []).extend(leaks.splitlines())\n"
        "def pytest_sessionfinish():\n"
        f"    open({str(report)!r}, 'w').write(json.dumps(told))\n"
    )
    run(report.parent, INNER, "-p", "tell")
    return json.loads(report.read_text())


@pytest.mark.parametrize(("name", "leak"), LEAKS.items())
def test_a_secret_that_gets_out_fails_the_test_and_is_not_told_again(told, name, leak):
    assert leak in told[name]
    assert not any("AA-other" in line or "unit-test" in line for line in told[name])


def test_nothing_else_does(told):
    assert told.keys() == {*LEAKS, "test_comparison"}
    assert told["test_comparison"] == []


def test_a_warning_fails_the_session(tmp_path):
    session = run(tmp_path, WARNING)
    assert session.returncode == 1
    assert "warning: https://api.telegram.test/***/getMe" in session.stdout
    assert run(tmp_path, WARNING.replace("34:AA-other", "")).returncode == 0


def test_secrets_of_tests_and_playground_are_known():
    from playground.local_bot import PLAYGROUND_TOKEN
    from tests.unit.fakes import SECRET, TOKEN

    assert {PLAYGROUND_TOKEN, SECRET, TOKEN} <= leaks.known


def test_half_a_token_is_a_leak_and_a_word_is_none():
    assert leaks.leaks("AA-unit-test-token", "somewhere") == ["somewhere: ***"]
    assert leaks.leaks("the playground", "somewhere") == []


def test_what_the_playgrounds_processes_print_is_looked_at(tmp_path, monkeypatch):
    (tmp_path / "functions" / "talkative").mkdir(parents=True)
    (tmp_path / "functions" / "__init__.py").touch()
    source = "def handler(event, context):\n    print('/bot12' + '34:AA-other/getMe')\n"
    (tmp_path / "functions" / "talkative" / "app.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    function = environments.Environments("talkative", "eu-central-1", timeout=60, memory=512, at_most=1)
    try:
        function.invoke({})
    finally:
        function.stop()
    assert leaks._in_this_test == ["output of the talkative's process: /***/getMe"]
