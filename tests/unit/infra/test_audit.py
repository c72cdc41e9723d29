"""The look-up of known vulnerabilities, against a source of advisories on this machine."""

from __future__ import annotations

import datetime
import json

import pytest
from flask import Flask, request

from infra import audit
from playground.loopback import Server

HOLE = {
    "id": "GHSA-0000",
    "aliases": ["CVE-2026-0001"],
    "published": "2026-01-01T00:00:00Z",
    "summary": "anybody may do anything",
    "affected": [
        {
            "package": {"name": "NAME", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}
TODAY = datetime.date(2026, 11, 23)


class Source:
    """Answers as OSV does."""

    def __init__(self):
        self.holes = {("jinja2", "2.4.1"): "GHSA-0000"}
        self.asked = []
        app = Flask(__name__)
        app.post("/")(self.answer)
        self.server = Server(app)

    def answer(self):
        query = json.loads(request.data)
        name, version = query["package"]["name"], query["version"]
        self.asked.append((name, version))
        if (name, version) not in self.holes:
            return {}
        hole = json.loads(json.dumps(HOLE).replace("NAME", name))
        return {"vulns": [hole | {"id": self.holes[name, version]}]}


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setattr(audit, "SOURCES", ("osv",))
    source = Source()
    yield source
    source.server.close()


@pytest.fixture
def run(source, capsys, monkeypatch, tmp_path):
    """The audit of two pins, of which there are two versions of one: its exit status, and what it says."""
    for name, versions in {"a.txt": ("1.0", "2.0"), "b.txt": ("1.0", "3.0")}.items():
        pins = zip(("one", "two"), versions, strict=True)
        lines = [f"{package}=={version} --hash=sha256:{'0' * 64}\n" for package, version in pins]
        (tmp_path / name).write_text("".join(lines))

    monkeypatch.setattr(audit, "requirements", lambda: sorted(tmp_path.glob("*.txt")))
    monkeypatch.setattr(audit, "ROOT", tmp_path)

    (tmp_path / "pyproject.toml").write_text("[tool]")

    def run(url=source.server.url):
        status = audit.main(["--osv-url", f"{url}/", "--timeout", "5"])
        return status, capsys.readouterr().out

    return run


def test_without_a_known_vulnerability_all_is_well(run, source):
    assert run() == (0, "3 pinned packages, and no vulnerability of them known to osv.\n")
    assert {("one", "1.0"), ("two", "2.0"), ("two", "3.0")} < set(source.asked)


def test_a_vulnerable_pin_fails_with_what_to_do(run, source):
    source.holes["two", "3.0"] = "GHSA-0001"
    status, told = run()
    assert status == 1
    assert told.startswith("two 3.0: CVE-2026-0001, fixed in 99; pinned in b.txt\n")
    assert "make lock" in told


def test_a_vulnerability_can_be_accepted_for_a_while_under_any_of_its_names(monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    told = [{"name": "one", "version": "1.0", "vulns": [{**HOLE, "fix_versions": []}]}]

    def left(name, until):
        accepted = f'[[tool.audit.ignored]]\nid = "{name}"\nreason = "never called"\nuntil = {until}\n'
        (tmp_path / "pyproject.toml").write_text(accepted)
        return audit.verdict(told, {("one", "1.0"): ["a.txt"]}, audit.ignored(), TODAY)

    assert left("GHSA-0000", "2026-11-23") == left("CVE-2026-0001", "2026-11-23") == []
    hole = "one 1.0: GHSA-0000, no fix yet; pinned in a.txt"
    assert left("GHSA-0000", "2026-11-22") == left("GHSA-0009", "2026-11-23") == [hole]


def test_a_source_that_is_not_there_fails_nothing_and_is_told(run, source):
    status, told = run(url="http://127.0.0.1:9")
    assert status == 0
    assert told.startswith("Not audited: no source of advisories can be reached")
    assert len(told.splitlines()) == 1


def test_a_source_that_knows_nothing_is_none(run, source):
    source.holes.clear()
    assert run()[1].startswith("Not audited: ")
    assert ("one", "1.0") not in source.asked


def test_what_could_not_be_looked_up_is_told():
    told = [{"name": "one", "skip_reason": "not found"}]
    assert audit.verdict(told, {}, [], TODAY) == ["one could not be looked up: not found"]


def test_everything_that_is_pinned_is_looked_up_and_has_a_hash():
    files = {path.relative_to(audit.ROOT).as_posix() for path in audit.requirements()}
    assert {
        "functions/recognizer/requirements-litert.txt",
        "functions/recognizer/requirements-tensorflow.txt",
        "layers/shared/requirements.txt",
        "infra/requirements.txt",
        "tests/requirements.txt",
    } <= files
    pins = audit.pins(audit.requirements())
    assert all(pin.hash.startswith("sha256:") for pin in pins)
    assert "functions/recognizer/requirements-litert.txt" in next(
        files for pin, files in pins.items() if pin.name == "opencv-python-headless"
    )
