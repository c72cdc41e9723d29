"""How the emulator brings updates to a webhook: the official server's order, patience and obedience."""

from __future__ import annotations

import json
from itertools import accumulate
from socket import SHUT_RDWR, socket
from threading import Event, Semaphore
from types import SimpleNamespace

import pytest
from werkzeug.wrappers import Request, Response

from playground.loopback import Server
from playground.telegram import Chances, Clock, Person, Strike, Telegram
from playground.telegram.emulator import Webhook
from playground.telegram.server import BotApi

PATIENCE = 30


@pytest.fixture
def webhook(world):
    """A webhook that answers as it is told, 200 when it is told nothing more, and remembers what it got."""

    told = SimpleNamespace(answers=[], got=[])

    @Request.application
    def answer(request: Request) -> Response:
        told.got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), request.get_json()))
        return told.answers.pop(0) if told.answers else Response()

    server, api = Server(answer), BotApi(world)
    world.webhook = Webhook(server.url, "s3cret")
    yield told
    api.close()
    server.close()


@pytest.fixture
def delivered(world):
    def wait():
        with world.changed:
            assert world.changed.wait_for(lambda: not world.pending, PATIENCE), "an update is still pending"

    return wait


def texts(webhook):
    return [update["message"]["text"] for _, update in webhook.got]


def test_an_update_comes_with_the_secret(world, webhook, delivered, clock):
    Person(world).send_text("hi")
    delivered()

    assert [secret for secret, _ in webhook.got] == ["s3cret"]
    assert texts(webhook) == ["hi"]
    assert clock.waits == []


def test_a_refused_update_comes_again_at_once_then_ever_more_slowly(world, webhook, delivered, clock):
    webhook.answers += [Response(status=500) for _ in range(9)]
    person = Person(world)
    person.send_text("one")
    person.send_text("two")
    delivered()

    assert texts(webhook) == ["one"] * 10 + ["two"]
    assert clock.waits[:6] == [0, 2, 4, 8, 16, 32]
    assert all(60 <= wait <= 120 for wait in clock.waits[6:])
    assert (
        world.last_error["last_error_message"] == "Wrong response from the webhook: 500 INTERNAL SERVER ERROR"
    )


def test_it_waits_as_long_as_the_webhook_says(world, webhook, delivered, clock):
    webhook.answers += [
        Response(status=503, headers={"Retry-After": "17"}),
        Response(status=503, headers={"Retry-After": "99999"}),
    ]
    Person(world).send_text("hi")
    delivered()

    assert clock.waits == [17, 3600]


def test_after_a_day_an_update_is_dropped(world, webhook, delivered, clock):
    webhook.answers += [Response(status=503, headers={"Retry-After": "3000"}) for _ in range(50)]
    Person(world).send_text("stale")
    delivered()

    assert 23 * 3600 < sum(clock.waits) <= 24 * 3600


def test_a_chat_that_is_stuck_does_not_hold_up_another(world, webhook, delivered, clock):
    waiting, free = Event(), Event()

    def wait(_seconds, _stop):
        waiting.set()
        free.wait(PATIENCE)

    clock.wait = wait
    webhook.answers += [Response(status=500)]
    stuck, other = Person(world), Person(world)
    stuck.send_text("stuck")
    assert waiting.wait(PATIENCE)
    stuck.send_text("behind")
    other.send_text("other")
    with world.changed:
        assert world.changed.wait_for(lambda: len(world.pending) == 2, PATIENCE)
    assert texts(webhook) == ["stuck", "other"]

    free.set()
    delivered()
    assert texts(webhook) == ["stuck", "other", "stuck", "behind"]


def test_a_method_in_the_answer_is_executed_unless_it_gets_or_sets_the_webhook(world, webhook, delivered):
    person = Person(world)
    call = json.dumps({"method": "sendMessage", "chat_id": person.chat_id, "text": "Hello"})
    webhook.answers += [
        Response('{"method": "deleteWebhook"}', content_type="application/json"),
        Response('{"method": "getMe"}', content_type="application/json"),
        Response('{"method": "sendMessage"}', content_type="application/json"),
        Response("[]", content_type="application/json"),
        Response(call, content_type="application/json"),
    ]
    for _ in range(5):
        person.send_text("hi")
    delivered()

    assert [message["text"] for message in person.answers()] == ["Hello"]
    assert world.webhook is not None


def test_only_allowed_updates_come(world, webhook, delivered):
    world.allowed_updates = ("edited_message",)
    person = Person(world)
    person.send_text("a new message")
    world.add_update(person.chat_id, {"edited_message": {"text": "an edited one"}})
    delivered()

    assert [set(update) for _, update in webhook.got] == [{"update_id", "edited_message"}]


def test_an_update_that_was_taken_may_come_once_more(world, webhook, delivered):
    world.trouble.chances = Chances(repeated=1)
    person = Person(world)
    ids = [person.send_text(text)["message"]["message_id"] for text in ("one", "two")]
    delivered()

    assert sorted(texts(webhook)) == ["one", "one", "two", "two"]
    assert len({update["update_id"] for _, update in webhook.got}) == 2
    assert sorted(world.trouble.struck, key=lambda strike: strike.reply_to) == [
        Strike("repeated", "update", person.chat_id, message_id, executed=True) for message_id in ids
    ]


def test_a_webhook_gets_no_more_at_one_time_than_it_allowed(world, delivered):
    knocks, free, numbers = Semaphore(0), Semaphore(0), []

    @Request.application
    def answer(_: Request) -> Response:
        numbers.append(1)
        knocks.release()
        free.acquire(timeout=PATIENCE)
        numbers.append(-1)
        return Response()

    server, api = Server(answer), BotApi(world)
    for _ in range(5):
        Person(world).send_text("hi")
    world.webhook = Webhook(server.url, max_connections=2)
    world.on_update()
    for number in range(5):
        assert knocks.acquire(timeout=PATIENCE)
        if number:
            free.release()
    free.release()
    delivered()
    api.close()
    server.close()

    assert max(accumulate(numbers)) == 2


def test_a_webhook_that_hangs_up_gets_the_update_again(world, webhook, delivered, clock):
    @Request.application
    def hang_up(request: Request) -> Response:
        if not hung_up:
            hung_up.append(request.environ["werkzeug.socket"].shutdown(SHUT_RDWR))
        return Response()

    hung_up: list[None] = []
    server = Server(hang_up)
    world.webhook = Webhook(server.url)
    Person(world).send_text("hi")
    delivered()
    server.close()

    assert clock.waits == [0]
    assert world.last_error["last_error_message"] == "Connection closed"


def test_nobody_listening_is_a_connection_refused(world, webhook, delivered, clock):
    with socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        world.webhook = Webhook(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        Person(world).send_text("hi")
        with world.changed:
            assert world.changed.wait_for(lambda: not world.pending, PATIENCE)

    assert world.last_error["last_error_message"] == "Connection refused"
    assert clock.waits[:5] == [0, 2, 4, 8, 16]


def test_a_webhook_has_sixty_seconds(webhook):
    world = Telegram("42:emulated", Clock(speed=600))
    free, came = Event(), []

    @Request.application
    def sleep_first(request: Request) -> Response:
        came.append(request.get_json()["update_id"])
        if len(came) == 1:
            free.wait(PATIENCE)
        return Response()

    server, api = Server(sleep_first), BotApi(world)
    world.webhook = Webhook(server.url)
    began = world.clock.now()
    update = Person(world).send_text("hi")
    with world.changed:
        assert world.changed.wait_for(lambda: not world.pending, PATIENCE)
    free.set()
    api.close()
    server.close()

    assert came == [update["update_id"]] * 2
    assert world.clock.now() - began >= 60
    assert world.last_error["last_error_message"] == "Read timeout expired"
