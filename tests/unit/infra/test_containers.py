"""The rooms of infra/containers, as far as they go without an engine."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import tarfile

import pytest
from docker.errors import DockerException, ImageNotFound

from infra.containers import engine, machine, standin
from tests.events import ROOT


class Images:
    """What an engine has, by name with its labels; nothing can be pulled but what is in reach."""

    def __init__(self, labels, reach=()):
        self.labels, self.reach = labels, reach

    def get(self, name):
        if name not in self.labels:
            raise ImageNotFound(name)
        return type("Image", (), {"labels": self.labels[name]})

    def pull(self, name):
        if name not in self.reach:
            raise DockerException(name)


@pytest.fixture
def client(monkeypatch):
    """A client of an engine that has these images; none is made, but noted."""
    made = []
    monkeypatch.setattr(standin, "digest", lambda: "recipe")
    monkeypatch.setattr(standin, "_build", lambda client, recipe: made.append(recipe))
    return lambda labels, reach=(): type("Client", (), {"images": Images(labels, reach), "made": made})


@pytest.mark.parametrize(
    ("labels", "reach", "base", "made"),
    [
        ({standin.AWS_IMAGE: None, standin.STAND_IN: {standin.RECIPE: "recipe"}}, (), standin.AWS_IMAGE, []),
        ({standin.STAND_IN: {standin.RECIPE: "recipe"}}, (standin.AWS_IMAGE,), standin.STAND_IN, []),
        ({standin.STAND_IN: {standin.RECIPE: "older"}}, (), standin.STAND_IN, ["recipe"]),
        ({}, (standin.AWS_IMAGE,), standin.AWS_IMAGE, []),
        ({}, (), standin.STAND_IN, ["recipe"]),
    ],
    ids=["AWS's is there", "the stand-in is there", "it is outdated", "AWS's can be had", "neither"],
)
def test_the_base_image_is_awss_own_where_it_can_be_had(client, labels, reach, base, made):
    engine = client(labels, reach)
    assert standin.base_image(engine) == base
    assert engine.made == made


def test_without_root_or_debootstrap_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(standin.StandInFailed, match="or, as root with debootstrap"):
        standin._build(None, "recipe")


def test_a_container_gets_pips_settings_but_no_folder_of_this_machine(monkeypatch):
    settings = {
        "extra-index-url": "https://a/simple file:///opt/simple",
        "find-links": "/opt/wheels",
        "cert": "/x",
    }
    monkeypatch.setattr(machine, "_pip", lambda: settings)
    assert machine.pip_settings() == "[global]\nextra-index-url = https://a/simple\n"


def test_the_environment_wins_over_pips_files(monkeypatch):
    listed = "global.timeout='10'\n:env:.timeout='20'\ninstall.user='false'\n"
    done = subprocess.CompletedProcess((), 0, listed)
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: done)
    assert machine._pip() == {"timeout": "20", "user": "false"}


@pytest.mark.parametrize(
    ("last", "advice"),
    [
        ("Devices cgroup isn't mounted", "mount the control groups"),
        (
            "Error initializing network controller: failed to create NAT chain DOCKER: iptables failed",
            "iptables",
        ),
        ("chmod /var/lib/docker: operation not permitted", "all rights of root"),
        (
            "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied",
            "iptables",
        ),
        ("the moon is in the wrong place", "run dockerd"),
    ],
)
def test_an_engine_that_does_not_start_says_why_in_one_sentence(last, advice):
    said = engine.why(f'level=info msg="Starting up"\nfailed to start daemon: {last}\n (exit status 4)\n')
    assert said.startswith(f"The Docker engine does not start ({last}): ")
    assert advice in said.partition("): ")[2]


@pytest.mark.parametrize(
    ("platform", "host", "user", "message"),
    [
        ("linux", "tcp://127.0.0.1:1", 0, "at tcp://127.0.0.1:1 .DOCKER_HOST.: start it, or unset"),
        ("darwin", None, 501, "start Docker Desktop"),
        ("linux", None, 0, "apt-get install docker.io"),
    ],
)
def test_where_none_can_be_started_one_sentence_says_what_to_do(monkeypatch, platform, host, user, message):
    monkeypatch.setattr(engine.sys, "platform", platform)
    monkeypatch.setattr(engine.os, "geteuid", lambda: user)
    monkeypatch.setattr(engine, "_connect", lambda: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    if host:
        monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(engine.NoEngine, match=message), engine.engine():
        pass


def test_to_find_no_engine_leaves_no_socket_open(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert engine._connect() is None
    gc.collect()  # a socket that is still open says so, which fails the test


class Client:
    def close(self):
        pass


def daemon(folder, script):
    """A `dockerd` that does this."""
    program = folder / "dockerd"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def as_root(monkeypatch, tmp_path):
    monkeypatch.setattr(engine.sys, "platform", "linux")
    monkeypatch.setattr(engine.os, "geteuid", lambda: 0)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_an_engine_that_was_started_ends_with_the_context(as_root, monkeypatch):
    ready, ended = as_root / "ready", as_root / "ended"
    daemon(as_root, f"trap 'touch {ended}; exit' TERM\ntouch {ready}\nwhile :; do sleep 0.05; done")
    monkeypatch.setattr(engine, "_connect", lambda: Client() if ready.exists() else None)
    with engine.engine():
        assert not ended.exists()
    assert ended.exists()


def test_an_engine_that_gives_up_is_not_waited_for(as_root, monkeypatch):
    daemon(as_root, "echo 'failed to start daemon: Devices cgroup is not mounted' >&2; exit 1")
    monkeypatch.setattr(engine, "_connect", lambda: None)
    with pytest.raises(engine.NoEngine, match="Devices cgroup is not mounted"), engine.engine():
        pass


def test_packages_are_compiled_and_nothing_else_comes_back(tmp_path):
    """The Makefile's detour by way of a container, without one."""
    given, root = io.BytesIO(), tmp_path / "opt"
    with tarfile.open(fileobj=given, mode="w") as tar:
        for name, content in {"a/__init__.py": b"x = 1\n", "a/bad.py": b"x = (\n", "a/data.txt": b""}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    script = (ROOT / "layers" / "shared" / "compile.py").read_text().replace('"/opt/python"', repr(str(root)))
    done = subprocess.run(
        [sys.executable, "-c", script], input=given.getvalue(), capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        (member,) = tar
        assert member.name == f"a/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
        assert tar.extractfile(member).read(8)[4:] == b"\1\0\0\0"
