"""Fails the test that lets a secret out: into stdout, stderr, a log, a warning, an error, a process's output.

Secrets are the tokens and webhook secrets that tests and playground write down or make up, and whatever looks
like a bot's token in one of Telegram's addresses.
"""

from __future__ import annotations

import logging
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_WRITTEN_DOWN = re.compile(r'^(?:[A-Z_]*_)?(?:TOKEN|SECRET) = "([^"]+)"', re.MULTILINE)
_IN_AN_ADDRESS = re.compile(r"bot\d+(?::|%3A)[\w%-]+")
_TELLING = 12
"""Characters from which a token's second half is told from an ordinary word."""
_LONGEST = 1 << 20
"""Bytes of a process's output; what is longer is pixels."""

known: set[str] = set()
_patch = pytest.MonkeyPatch()
_in_this_test: list[str] = []
_outside_tests: list[str] = []


def watch_for(secret: str) -> None:
    """Count something as a secret from now on."""
    half = secret.partition(":")[2]
    known.update({secret, half} if len(half) >= _TELLING else {secret})


def written_down(folder: Path) -> set[str]:
    """The constants called TOKEN or SECRET, or something with that at the end, in a folder's modules."""
    return {
        secret for path in folder.rglob("*.py") for secret in _WRITTEN_DOWN.findall(path.read_text("utf-8"))
    }


def leaks(text: str | bytes | None, where: str) -> list[str]:
    """The lines that hold a secret, without it, each with its place."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
    hidden = _IN_AN_ADDRESS.sub("***", text)
    for secret in sorted(known, key=len, reverse=True):
        hidden = hidden.replace(secret, "***")
    if hidden == text:
        return []
    lines = zip(text.splitlines(), hidden.splitlines(), strict=True)
    return [f"{where}: {shown[:300]}" for line, shown in lines if line != shown]


class _Log(logging.Handler):
    """Looks at whatever a formatter could make of a record."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        texts = [record.getMessage(), *map(str, vars(record).values()), *_said_by(error)]
        _in_this_test.extend(leaks("\n".join(texts), f"log of {record.name}"))


def _said_by(error: BaseException | None) -> list[str]:
    """An error's words, and those of the errors that led to it."""
    words = []
    while error is not None:
        words.append(f"{error!s}\n{error!r}")
        # What is raised "from None" shows what led to it to nobody.
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return words


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lets_secrets_out: on purpose, to see them found")
    for secret in written_down(_ROOT / "tests") | written_down(_ROOT / "playground"):
        watch_for(secret)
    log = _Log()
    logging.getLogger().addHandler(log)
    config.add_cleanup(lambda: logging.getLogger().removeHandler(log))

    make_up = secrets.token_urlsafe
    read = pytest.CaptureFixture.readouterr
    communicate = subprocess.Popen.communicate

    def make_up_and_watch(*arguments):
        made_up = make_up(*arguments)
        watch_for(made_up)
        return made_up

    def read_and_look(self):
        # What a test reads is in no section of its report.
        captured = read(self)
        _in_this_test.extend(leaks(captured.out, "stdout") + leaks(captured.err, "stderr"))
        return captured

    def communicate_and_look(self, *arguments, **options):
        outputs = communicate(self, *arguments, **options)
        for output in outputs:
            if output and len(output) < _LONGEST:
                _in_this_test.extend(leaks(output, "output of a process"))
        return outputs

    _patch.setattr(secrets, "token_urlsafe", make_up_and_watch)
    _patch.setattr(pytest.CaptureFixture, "readouterr", read_and_look)
    _patch.setattr(subprocess.Popen, "communicate", communicate_and_look)
    config.add_cleanup(_patch.undo)


def pytest_collection_finish() -> None:
    """The playground's processes tell what they print line by line."""
    if (module := sys.modules.get("playground.runtime.environments")) is None:
        return
    tell = module.Environments._tell

    def tell_and_look(self, line):
        _in_this_test.extend(leaks(line, f"output of the {self.name}'s process"))
        tell(self, line)

    _patch.setattr(module.Environments, "_tell", tell_and_look)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report: pytest.TestReport = yield
    found = [*_in_this_test]
    _in_this_test.clear()
    for title, text in report.sections:
        if title.endswith(call.when):
            found += leaks(text, title)
    # That pytest shows both sides of a comparison is no leak.
    if call.excinfo is not None and not isinstance(call.excinfo.value, AssertionError):
        found += leaks("\n".join(_said_by(call.excinfo.value)), "error")
    if found and item.get_closest_marker("lets_secrets_out") is None:
        message = "\n".join(["A secret got out:", *dict.fromkeys(found)])
        report.sections.append(("Leaks", message))
        if report.outcome != "failed":
            report.outcome, report.longrepr = "failed", message
    return report


def pytest_warning_recorded(warning_message) -> None:
    _outside_tests.extend(leaks(str(warning_message.message), "warning"))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    for title, text in report.sections:
        _outside_tests.extend(leaks(text, f"{title} of {report.nodeid}"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _outside_tests:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter) -> None:
    if _outside_tests:
        terminalreporter.section("Leaks outside tests", red=True)
        terminalreporter.write_line("\n".join(_outside_tests))
