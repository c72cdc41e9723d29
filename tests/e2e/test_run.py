"""`python -m playground run`: how it starts, where, and how it ends."""

from __future__ import annotations

import signal
import socket

import httpx
import pytest

from playground.telegram import Telegram
from playground.telegram.server import BotApi


def test_it_serves_the_page_until_it_is_told_to_stop(running):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running("--port", port) as (process, url):
            assert url != f"http://127.0.0.1:{port}"
            assert "Emotion Recognition Bot" in httpx.get(url).text

            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == ""
    assert f"Port {port} is taken; using " in err
    assert "Traceback" not in err


@pytest.fixture
def telegram():
    world = Telegram("42:emulated")
    api = BotApi(world)
    yield world, api.url
    api.close()


def test_with_a_token_it_serves_the_real_bot(command, telegram, tmp_path):
    from playground.telegram import Person

    world, url = telegram
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={world.token}\nTELEGRAM_API_URL={url}\n")
    with command("run", cwd=tmp_path) as process:
        try:
            assert "@emotion_playground_bot is answering in Telegram" in process.stdout.readline()
            person = Person(world, language_code="ru")
            answer = person.wait_for_answer(person.send_text("/start"), 60)
            assert answer["text"].startswith("Здравствуйте")

            process.terminate()
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert world.token not in err
    assert not world.pending


def test_a_wrong_token_is_one_sentence(finished, telegram):
    _, url = telegram
    status, out, err = finished("run", TELEGRAM_BOT_TOKEN="42:wrong", TELEGRAM_API_URL=url)

    assert (status, out) == (1, "")
    assert "@BotFather" in err
    assert "42:wrong" not in err
    assert "Traceback" not in err
