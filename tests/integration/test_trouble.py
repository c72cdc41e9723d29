"""Trouble by chance, and people who want no more of the bot: as the bot's own client meets them."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
import telegram as library
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter

from playground.telegram import Blocked, Chances, Group, Strike


@pytest.fixture
def greet(ask, world, someone):
    """Let the library's bot reply to message 7 while there are chances of trouble."""

    def run(chances: Chances, chat_id: int = someone.chat_id):
        async def send(bot):
            world.trouble.chances = chances
            reply = library.ReplyParameters(7, allow_sending_without_reply=True)
            try:
                return await bot.send_message(chat_id, "Hello", reply_parameters=reply)
            finally:
                world.trouble.chances = Chances()

        return ask(send)

    return run


def seed(first_is_late: bool) -> int:
    """One with which the first connection is dropped late, or early."""
    import random

    for number in range(100):
        dice = random.Random(number)
        dice.random()
        if (dice.random() < 0.5) == first_is_late:
            return number
    raise AssertionError


def test_a_refusal_names_a_second_and_is_not_executed(greet, world, someone):
    with pytest.raises(RetryAfter) as refusal:
        greet(Chances(refused=1))

    assert refusal.value._retry_after.total_seconds() == 1
    assert someone.answers() == []
    assert world.trouble.struck == [Strike("refused", "sendMessage", someone.chat_id, 7)]


def test_a_refusal_has_the_header_that_the_official_server_sends(api, world):
    world.trouble.chances = Chances(refused=1)
    answer = httpx.get(f"{api.url}/bot{world.token}/getMe")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_a_failure_is_a_page_of_html_and_is_not_executed(api, greet, world, someone):
    with pytest.raises(NetworkError, match="Bad Gateway"):
        greet(Chances(failed=1))
    world.trouble.chances = Chances(failed=1)
    answer = httpx.get(f"{api.url}/bot{world.token}/getMe")

    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "nginx" in answer.text
    assert someone.answers() == []
    assert world.trouble.struck[0] == Strike("failed", "sendMessage", someone.chat_id, 7)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_dropped_connection_says_nothing_whether_the_method_was_executed(greet, world, someone, late):
    with pytest.raises(NetworkError) as lost:
        greet(Chances(dropped=1, seed=seed(late)))

    assert isinstance(lost.value.__cause__, httpx.RemoteProtocolError)
    assert world.trouble.struck == [Strike("dropped", "sendMessage", someone.chat_id, 7, executed=late)]
    assert len(someone.answers()) == late


def test_what_telegram_refuses_is_not_dropped_after_it(api, call, world):
    world.trouble.chances = Chances(dropped=1, seed=seed(True))

    assert call("sendMessage", chat_id=5, text="x")["description"] == "Bad Request: chat not found"
    assert world.trouble.struck == []


@pytest.mark.parametrize("late", [False, True], ids=["before", "half-way"])
def test_a_download_is_dropped_too(api, world, someone, late):
    update = someone.send_document(b"x" * 100_000, "a.txt")
    path = world.files[update["message"]["document"]["file_id"]].path
    world.trouble.chances = Chances(dropped=1, refused=0.5, seed=seed(late))
    how = "complete message body" if late else "without sending"
    with pytest.raises(httpx.RemoteProtocolError, match=how):
        httpx.get(f"{api.url}/file/bot{world.token}/{path}")

    assert world.trouble.struck == [Strike("dropped", "file", executed=late)]


def test_a_slow_call_is_answered_later(greet, world, someone, clock):
    assert greet(Chances(slowed=1))
    assert clock.waits == [3]
    assert [strike.kind for strike in world.trouble.struck] == ["slowed"]


def test_trouble_strikes_as_often_as_its_chances_say(api, world):
    world.trouble.chances = Chances(refused=0.1, failed=0.2, dropped=0.3, seed=1)
    taken = 0
    with httpx.Client() as client:
        for _ in range(150):
            with suppress(httpx.RemoteProtocolError):
                taken += client.get(f"{api.url}/bot{world.token}/getMe").status_code == 200
    struck = [strike.kind for strike in world.trouble.struck]

    assert taken == 150 - len(struck)
    # Four standard deviations around 15, 30 and 45.
    assert abs(struck.count("refused") - 15) < 15
    assert abs(struck.count("failed") - 30) < 20
    assert abs(struck.count("dropped") - 45) < 23
    late = [strike.executed for strike in world.trouble.struck if strike.kind == "dropped"]
    assert {True, False} == set(late)


def test_no_trouble_strikes_by_itself(greet, world, someone):
    assert greet(Chances())
    assert world.trouble.struck == []


def test_who_blocked_the_bot_hears_nothing_of_it(ask, greet, world, someone):
    someone.block()

    with pytest.raises(Forbidden, match=r"^Forbidden: bot was blocked by the user$"):
        greet(Chances())
    with pytest.raises(Forbidden, match="blocked by the user"):
        ask(lambda bot: bot.send_chat_action(someone.chat_id, "typing"))
    with pytest.raises(Blocked):
        someone.send_text("hello?")
    assert someone.answers() == []

    someone.unblock()
    assert greet(Chances())
    assert someone.send_text("hello again")


def test_the_bot_is_told_who_blocked_it_if_it_asked_to_be(world, someone):
    someone.block()
    someone.unblock()
    blocked, unblocked = (library.Update.de_json(update.body).my_chat_member for update in world.pending)

    assert (blocked.old_chat_member.status, blocked.new_chat_member.status) == ("member", "kicked")
    assert (unblocked.old_chat_member.status, unblocked.new_chat_member.status) == ("kicked", "member")
    assert blocked.chat.id == blocked.from_user.id == someone.chat_id
    assert blocked.new_chat_member.user.id == world.bot["id"]


def test_who_blocked_the_bot_still_writes_in_groups(world, someone, greet):
    group = Group(world)
    group.add_bot(someone.user)
    someone.block()

    assert someone.in_group(group).send_text("/help")
    assert greet(Chances(), group.chat_id)


def test_a_bot_that_was_thrown_out_and_one_whose_user_left_are_told_so(world, someone, greet):
    group = Group(world)
    group.add_bot(someone.user)
    group.remove_bot()
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        greet(Chances(), group.chat_id)

    someone.delete_account()
    with pytest.raises(Forbidden, match="user is deactivated"):
        greet(Chances())


def test_a_chat_that_is_not_there_is_another_matter(greet):
    with pytest.raises(BadRequest, match="Chat not found"):
        greet(Chances(), 5)
