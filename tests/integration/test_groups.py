"""The bot among several people, with privacy mode on: silent unless it is addressed."""

from __future__ import annotations

import pytest

from emotion_bot.chat.texts import texts
from playground.telegram import Group, Person

NAME = "@emotion_playground_bot"
PATIENCE = 60


@pytest.fixture
def group(telegram, person):
    group = Group(telegram, "Friends")
    group.add_bot(person.user)
    return group


@pytest.fixture
def ada(person, group):
    return person.in_group(group)


@pytest.fixture
def bob(telegram, group):
    return Person(telegram, "Bob", "de").in_group(group)


@pytest.fixture
def greeted(telegram, ada):
    """The greeting is there; what comes after it answers something else."""
    with telegram.changed:
        assert telegram.changed.wait_for(ada.answers, PATIENCE)
    return ada.answers()[0]


@pytest.fixture
def photo(photos):
    return (photos / "obama.jpg").read_bytes()


def test_when_it_is_added_it_says_what_it_is(greeted):
    assert greeted["text"] == texts("en").reply("start")


def test_a_photo_whose_caption_names_it_is_answered_as_a_reply(ada, bob, greeted, photo, wait):
    bob.send_photo(photo)
    named = ada.send_photo(photo, caption=f"what about this, {NAME}?")

    assert wait(ada, named)["reply_to_message"]["message_id"] == named["message"]["message_id"]
    assert len(ada.answers(greeted["message_id"])) == 1


def test_a_command_in_reply_to_a_photo_is_answered_as_a_reply_to_the_photo(ada, bob, greeted, photo, wait):
    theirs = bob.send_photo(photo)["message"]
    answer = wait(ada, ada.send_text("/emotion", reply_to=theirs))

    assert "photo" in answer
    assert answer["reply_to_message"]["message_id"] == theirs["message_id"]


def test_talk_is_left_alone_and_a_command_is_answered_in_the_language_of_who_gave_it(ada, bob, greeted, wait):
    bob.send_text(f"{NAME} is a bot")
    command = bob.send_text(f"/help{NAME}")

    assert wait(ada, command)["text"] == texts("de").reply("help")
    assert len(ada.answers(greeted["message_id"])) == 1


def test_in_a_forum_the_answer_stays_in_its_topic(telegram, person, photo, wait):
    forum = Group(telegram, "Many topics", forum=True)
    forum.add_bot(person.user)
    member = person.in_group(forum)
    with telegram.changed:
        assert telegram.changed.wait_for(member.answers, PATIENCE)
    answer = wait(member, member.send_photo(photo, caption=NAME, thread_id=7))

    assert (answer["message_thread_id"], answer["is_topic_message"]) == (7, True)


def test_a_button_is_for_whoever_presses_it(ada, bob, greeted, photo, wait):
    answer = wait(ada, ada.send_photo(photo, caption=NAME))
    details = answer["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    alerts = [person.wait_for_alert(person.press(answer, details), PATIENCE) for person in (ada, bob)]

    assert all(alert["show_alert"] for alert in alerts)
    assert alerts[0]["text"] != alerts[1]["text"]
