"""The template built for both engines, and every sample event put through it in containers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from infra.containers.engine import NoEngine, engine
from infra.containers.sam import SamFailed, build
from infra.containers.stage import Services
from infra.containers.standin import StandInFailed, base_image
from infra.containers.world import NoWorld, world
from tests.containers.outcome import Outcome
from tests.events import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker

    from infra.containers.sam import Built
    from infra.containers.world import World

REFUSALS = (NoEngine, StandInFailed, SamFailed, NoWorld)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup():
    """Without an engine nothing goes on: one sentence instead of a traceback for each test."""
    try:
        return (yield)
    except REFUSALS as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def client() -> Iterator[docker.DockerClient]:
    with engine() as client:
        yield client


@pytest.fixture(scope="session")
def base(client) -> str:
    return base_image(client)


@pytest.fixture(scope="session")
def litert(client, base) -> Built:
    return build(client, base, "litert")


@pytest.fixture(scope="session")
def tensorflow(client, base) -> Built:
    return build(client, base, "tensorflow")


@pytest.fixture(scope="session")
def surroundings(client, base) -> Iterator[World]:
    with world(client, base) as made:
        yield made


@pytest.fixture(scope="session")
def services(surroundings) -> Services:
    services = Services(surroundings.aws_here)
    services.upload(ROOT / "models")
    return services


@pytest.fixture(scope="session")
def outcome(request, surroundings, services) -> Iterator[Callable[..., Outcome]]:
    """What came of an event; all that the chosen tests ask for are played meanwhile."""
    parameters = [item.callspec.params for item in request.session.items if "outcome" in item.fixturenames]
    wanted = list(dict.fromkeys((each["name"], each.get("engine", "litert")) for each in parameters))
    builds = {engine: request.getfixturevalue(engine) for engine in {engine for _, engine in wanted}}
    # One at a time of each image: SAM CLI builds it anew for each event, and others wait long for that.
    pools = {image: ThreadPoolExecutor(1) for image in ("zip", *builds)}
    played = {
        (name, engine): pools[engine if name.startswith("recognizer") else "zip"].submit(
            Outcome, surroundings, services, builds[engine], name
        )
        for name, engine in wanted
    }
    yield lambda name, engine="litert": played[name, engine].result()
    for pool in pools.values():
        pool.shutdown(cancel_futures=True)
