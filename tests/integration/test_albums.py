"""Albums, from the app to the answer: one answer to all of it, whatever comes late, twice or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from emotion_bot.chat.errors import TryAgain
from emotion_bot.chat.telegram import Telegram as WayOut
from emotion_bot.chat.texts import texts
from playground.aws import MAX_RECEIVE_COUNT, TABLE
from playground.telegram import Person, contents
from playground.telegram.groups import Group

PATIENCE = 60
"""Seconds that a test waits for what must come; it comes in three."""


@pytest.fixture
def photo(photos):
    return lambda name: (photos / name).read_bytes()


@pytest.fixture
def settled(telegram, bot):
    """The bot's messages in a chat, once there are so many and no job is worked on."""

    def wait(person, count):
        with telegram.changed:
            assert telegram.changed.wait_for(lambda: len(person.answers()) >= count, PATIENCE)
        with bot.jobs.held():
            return person.answers()

    return wait


def record_of(update):
    message = update["message"]
    key = {"id": {"S": f"album#{message['chat']['id']}#{message['media_group_id']}"}}
    return boto3.client("dynamodb").get_item(TableName=TABLE, Key=key).get("Item")


def again(bot, update):
    """Telegram did not hear that an update was taken, and sends it once more."""
    headers = {"x-telegram-bot-api-secret-token": bot.secret}
    event = {"headers": headers, "body": json.dumps(update), "rawQueryString": ""}
    return bot.webhook.invoke(event)


def recorded(updates):
    """Wait until the webhook has put all of an album into its record."""
    # moto shows a record before all of an update is in it.
    while len((record_of(updates[0]) or {}).get("messages", {"NS": ()})["NS"]) < len(updates):
        pass


def test_an_album_is_answered_with_one_album(person, photo, settled):
    names = ["two_people.jpg", "obama.jpg", "rocket.jpg"]
    updates = person.send_album([photo(name) for name in names])

    answers = settled(person, 3)

    assert len(answers) == 3
    assert len({answer["media_group_id"] for answer in answers}) == 1
    assert answers[0]["reply_to_message"]["message_id"] == updates[0]["message"]["message_id"]
    first, *others = [answer.get("caption") for answer in answers]
    assert others == [None, None]
    lines = first.splitlines()[1:]
    assert [line[:3] for line in lines] == ["1. ", "2. ", "3. "]
    assert ["2 faces" in lines[0], "looks" in lines[1], "no face" in lines[2]] == [True] * 3
    # Every photo is shown, in its place; and then none of them is kept.
    assert [proportion(answer) for answer in answers] == [proportion(update["message"]) for update in updates]
    assert set(record_of(updates[0])) == {"id", "opener", "messages", "expiration", "closed"}


def proportion(message):
    largest = message["photo"][-1]
    return pytest.approx(largest["width"] / largest["height"], rel=0.01)


def test_what_is_no_photo_is_named_in_the_one_answer(telegram, person, photo, settled):
    video = contents.other(telegram, "video")
    person.send_album([photo("obama.jpg"), video])

    (answer,) = settled(person, 1)

    assert answer["caption"].endswith("2. " + texts("en").album_caption(["unsupported"]).split("1. ")[1])
    assert "reply_markup" in answer


def test_without_a_face_one_sentence_answers_all_of_it(person, photo, settled):
    person.language_code = "uk"
    person.send_album([photo("rocket.jpg"), photo("chelsea.png")])

    (answer,) = settled(person, 1)

    assert answer["text"] == texts("uk").album_caption([[], []])


def test_updates_that_come_twice_are_answered_once(bot, person, photo, settled):
    with bot.jobs.held():
        updates = person.send_album([photo("obama.jpg"), photo("biden.jpg")])
        recorded(updates)
        for update in updates:
            assert again(bot, update)["statusCode"] == 200
    settled(person, 2)
    for update in updates:
        assert again(bot, update)["statusCode"] == 200

    assert len(settled(person, 2)) == 2


def test_an_item_that_comes_after_the_answer_is_answered_alone(bot, person, photo, settled):
    updates = person.send_album([photo("obama.jpg"), photo("biden.jpg")])
    settled(person, 2)
    late = person.send_photo(photo("two_people.jpg"))
    assert late["message"]["message_id"] > updates[1]["message"]["message_id"]
    settled(person, 3)
    late["update_id"] += 1000
    late["message"] |= {"media_group_id": updates[0]["message"]["media_group_id"], "message_id": 9999}

    assert again(bot, late)["statusCode"] == 200

    answers = settled(person, 4)
    assert len(answers) == 4
    assert "media_group_id" not in answers[-1]
    assert "reply_markup" in answers[-1]


def test_people_who_send_albums_at_once_get_each_their_own(telegram, photo, settled):
    people = [Person(telegram) for _ in range(3)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda who: who.send_album([photo("obama.jpg"), photo("two_people.jpg")]), people))
    for person in people:
        assert len({answer["media_group_id"] for answer in settled(person, 2)}) == 1


def test_a_photo_that_telegram_keeps_back_does_not_hold_back_the_others(
    bot, person, photo, settled, monkeypatch
):
    """It comes back in seconds, not when the queue's own time is up, and at last goes without it."""
    updates, download, lost = [], WayOut.download, []

    async def keep_back_the_first(self, file_id):
        if file_id == updates[0]["message"]["photo"][-1]["file_id"]:
            lost.append(file_id)
            raise TryAgain("not today")
        return await download(self, file_id)

    monkeypatch.setattr(WayOut, "download", keep_back_the_first)
    monkeypatch.setattr("emotion_bot.answer._SOON", 0)
    with bot.jobs.held():
        updates += person.send_album([photo("obama.jpg"), photo("biden.jpg")])

    (answer,) = settled(person, 1)

    assert len(lost) == MAX_RECEIVE_COUNT - 1
    assert texts("en").album_caption(["unavailable"]).split("1. ")[1] in answer["caption"]


def test_in_a_group_only_what_is_addressed_is_answered(telegram, person, photo, settled, wait):
    group = Group(telegram)
    member = person.in_group(group)
    wait(member, group.add_bot(by={"id": 1, "is_bot": False, "first_name": "Ada"}))

    items = [photo("obama.jpg"), photo("biden.jpg")]
    updates = member.send_album(items, caption=f"Look, @{telegram.bot['username']}")

    _greeting, answer = settled(member, 2)
    assert answer["reply_to_message"]["message_id"] == updates[0]["message"]["message_id"]
