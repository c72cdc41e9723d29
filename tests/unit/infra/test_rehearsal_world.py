"""Nothing of a rehearsal leaves the machine: doors, environments, Telegram's way; and what it tells."""

import ipaddress
import json
from collections import Counter
from pathlib import Path

import httpx
import pytest
from docker.errors import APIError
from werkzeug.wrappers import Request, Response

from infra.rehearsal import report, stack, steps
from infra.rehearsal.cloud import Cloud, environment
from infra.rehearsal.doors import HOST, NoNetwork, Street, street
from infra.rehearsal.scene import NotShown
from infra.rehearsal.telegram import NAME, FunctionUrls, telegram
from infra.rehearsal.traffic import Traffic
from playground.loopback import Server
from playground.telegram import Person
from soak.crowd import Answers, Sent

DOCS = Path(__file__).parents[3] / "docs"
OTHER = "127.0.0.2"
"""As a network's gateway is: another address of this machine."""


@pytest.fixture
def server():
    @Request.application
    def echo(request):
        said = {
            "host": request.host, "path": request.full_path, "method": request.method,
            "proto": request.headers.get("X-Forwarded-Proto"), "body": request.get_data(as_text=True),
        }  # fmt: skip
        return Response(json.dumps(said), status=418, headers={"X-Answer": "yes"})

    made = Server(echo, names=["inside"])
    yield made
    made.close()


def _street(subnet):
    return Street("network", OTHER, ipaddress.IPv4Network(subnet))


def test_a_door_brings_requests_in_and_answers_back(server):
    with _street("127.0.0.0/8").door(server.port), httpx.Client(trust_env=False) as client:
        for body in ("one", "two"):
            url = f"http://{OTHER}:{server.port}/some/path?a=1"
            answer = client.put(url, content=body, headers={"Host": f"inside:{server.port}"})
            assert (answer.status_code, answer.headers["X-Answer"]) == (418, "yes")
            assert answer.json() == {
                "host": f"inside:{server.port}", "path": "/some/path?a=1", "method": "PUT",
                "proto": "https", "body": body,
            }  # fmt: skip


def test_who_is_not_of_the_network_finds_no_door(server):
    with _street("10.9.8.0/24").door(server.port), pytest.raises(httpx.TransportError):
        httpx.get(f"http://{OTHER}:{server.port}/", trust_env=False)


def test_a_network_without_an_address_here_is_one_sentence(server):
    nowhere = Street("network", "192.0.2.1", ipaddress.IPv4Network("192.0.2.0/24"))
    with pytest.raises(NoNetwork, match="needs Linux"), nowhere.door(server.port):
        pass


class Going:
    """An engine that is still removing a network's last container."""

    def __init__(self):
        self.containers = self.networks = self
        self.id, self.attrs = "1", {"IPAM": {"Config": [{"Gateway": OTHER, "Subnet": "127.0.0.0/8"}]}}
        self.refusals = 2

    def create(self, name, **options):
        assert options["internal"]
        return self

    def reload(self):
        pass

    def list(self, **filters):
        return [Leaving()]

    def remove(self):
        if self.refusals:
            self.refusals -= 1
            raise APIError("network has active endpoints")


class Leaving:
    def remove(self, **options):
        raise APIError("removal is already in progress")


def test_a_network_is_removed_though_a_container_is_only_just_going(monkeypatch):
    monkeypatch.setattr("infra.rehearsal.doors.time.sleep", lambda _: None)
    engine = Going()
    with street(engine) as made:
        assert made.gateway == OTHER
    assert engine.refusals == 0


def test_sam_finds_no_way_to_aws(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "SAM_CLI_POLL_DELAY"):
        monkeypatch.setenv(name, "mine")
    found = environment("http://127.0.0.1:1234")
    assert "mine" not in found.values()
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1234"
    assert found["HTTPS_PROXY"] == found["http_proxy"] == "http://127.0.0.1:9"
    assert HOST in found["NO_PROXY"].split(",")


def test_clients_know_one_endpoint(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.eu-central-1.amazonaws.com")
    monkeypatch.setenv("AWS_PROFILE", "somebody's, which is not there")
    assert Cloud(1234).client("sqs").meta.endpoint_url == "http://127.0.0.1:1234"


def test_function_urls_lead_to_the_emulator_and_nothing_else_anywhere(server):
    with httpx.Client(transport=FunctionUrls(server.port), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="no Function URL"):
            client.post("https://example.org/")
        # The server refuses the name, which shows that it came through.
        answer = client.post("https://abc0.lambda-url.eu-central-1.on.aws/?bot=b")
        assert answer.status_code == 403


def test_telegram_answers_containers_by_its_name():
    with telegram(1) as (made, port):
        headers = {"Host": f"{NAME}:{port}"}
        answer = httpx.get(f"http://{HOST}:{port}/bot{made.token}/getMe", headers=headers, trust_env=False)
        assert answer.json()["ok"]


def test_photos_are_right_wrong_twice_or_lost():
    with telegram(1) as (made, _):
        answers = Answers()
        made.observers.append(answers)
        person = Person(made, "Ada")
        traffic = Traffic(answers)
        for texts in (["I found no face"], [], ["one", "two"]):
            update = person.send_text("a photo")
            traffic.sent.append(Sent(person, update, has_face=False, at=0.0))
            reply = {"reply_to_message": {"message_id": update["message"]["message_id"]}}
            for text in texts:
                made.add_message(person.chat_id, made.bot, {"text": text, **reply})
        assert traffic.outcome() == Counter({"wrong: other": 1, "lost": 1, "twice": 1})
        assert not traffic.wait(0)
        with pytest.raises(NotShown, match=r"Of 3 photos: .*1 twice"):
            traffic.demand_right()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("much\nError: Stack is gone\nmore\n", "Stack is gone"),
        ("first\n\nlast words\n\n", "last words"),
        ("", "it said nothing"),
    ],
)
def test_sam_is_quoted(said, sentence):
    assert stack.why(said) == sentence


def test_the_page_is_what_the_figures_make():
    figures = json.loads((DOCS / "rehearsal.json").read_bytes())
    assert list(figures["steps"]) == [step.title for step in steps.STEPS]
    assert (DOCS / "rehearsal.md").read_text() == report.page(figures)


def test_nothing_that_the_emulator_ignores_is_hidden():
    seen = {"absent": ["A (AWS::X)"], "surplus": [], "ignored": ["Queue: Size is 1, not 2"]}
    page = report.ignored(seen)
    assert "- A (AWS::X)" in page
    assert "- Queue: Size is 1, not 2" in page
    assert "condition" not in page
