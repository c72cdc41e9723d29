"""The real bot by long polling, with the emulator in Telegram's place."""

from __future__ import annotations

from threading import Thread

import pytest
from werkzeug.wrappers import Request, Response

from emotion_bot.chat.texts import texts
from playground.loopback import Server
from playground.polling import LongPolling, WrongToken

PATIENCE = 60


@pytest.fixture
def api_url(bot):
    return bot.aws.environment["TELEGRAM_API_URL"]


@pytest.fixture
def polling(telegram, bot, api_url, clock):
    """The bot without its webhook, until the test is over."""
    webhook = telegram.webhook
    polling = LongPolling(telegram.token, api_url, long_poll=1, clock=clock)
    polling.connect()
    serving = Thread(target=polling.serve, args=(bot,))
    serving.start()
    yield polling
    polling.stop.set()
    serving.join()
    polling.close()
    assert not telegram.pending, "what is dealt with must not come again"
    telegram.webhook = webhook


@pytest.mark.usefixtures("polling")
def test_the_bot_answers_without_a_webhook(telegram, bot, person, photos, wait):
    assert telegram.webhook is None
    assert wait(person, person.send_text("/start"))["text"] == texts("en").start

    update = person.send_photo((photos / "obama.jpg").read_bytes())
    assert "caption" in wait(person, update)
    assert bot.faces(update) == 1


@pytest.mark.usefixtures("polling")
def test_buttons_and_albums_work_without_a_webhook(telegram, person, photos, wait):
    question = wait(person, person.send_text("/language"))
    button = question["reply_markup"]["inline_keyboard"][0][1]
    alert = person.wait_for_alert(person.press(question, button["callback_data"]), PATIENCE)

    assert alert == {"text": texts("de").language_chosen, "show_alert": True}
    assert telegram.allowed_updates == ("message", "callback_query")
    first, _ = person.send_album([(photos / "obama.jpg").read_bytes(), (photos / "biden.jpg").read_bytes()])
    assert wait(person, first)["media_group_id"]


@pytest.mark.usefixtures("polling")
def test_an_update_that_fails_is_given_again_and_does_not_block_the_next(
    bot, person, wait, monkeypatch, clock
):
    invoke, failing = bot.webhook.invoke, []

    def fail(event):
        if '"/help"' in event["body"]:
            failing.append(event)
            raise RuntimeError("a bug")
        return invoke(event)

    monkeypatch.setattr(bot.webhook, "invoke", fail)
    person.send_text("/help")

    assert wait(person, person.send_text("/start"))["text"] == texts("en").start
    assert len(failing) == 5
    assert clock.waits == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("token", ["", "no token", "12:wr\nong", "99:unknown"])
def test_a_wrong_token_is_refused(api_url, token):
    with pytest.raises(WrongToken, match="@BotFather"):
        LongPolling(token, api_url).connect()


def test_a_network_that_fails_is_tried_again_ever_more_slowly(clock):
    answers = [
        Response("<h1>Bad Gateway</h1>", 502),
        Response(
            '{"ok": false, "error_code": 429, "description": "slow", "parameters": {"retry_after": 30}}', 429
        ),
        Response("", 500),
        Response('{"ok": true, "result": {"username": "a_bot"}}'),
        Response('{"ok": true, "result": true}'),
    ]

    @Request.application
    def flaky(_request: Request) -> Response:
        return answers.pop(0)

    server = Server(flaky)
    polling = LongPolling("1:a", server.url, clock=clock)

    assert polling.connect() == "a_bot"
    assert clock.waits == [1, 30, 4]
    polling.close()
    server.close()
