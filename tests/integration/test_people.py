"""What people send in the emulated Telegram, and what of it reaches a bot in privacy mode."""

from __future__ import annotations

import pytest
import telegram as library

from playground.telegram import Group, Person, contents


@pytest.fixture
def photo(photos):
    return (photos / "rocket.jpg").read_bytes()


def seen(world) -> list[library.Message]:
    """The messages that wait for the bot."""
    return [library.Update.de_json(update.body).message for update in world.pending]


def test_an_album_is_a_message_each_with_the_caption_on_the_first(world, someone, photo):
    video = contents.other(world, "video")
    first, second, third = (
        library.Update.de_json(update).message
        for update in someone.send_album([photo, photo, video], caption="look")
    )

    assert [first.caption, second.caption, third.caption] == ["look", None, None]
    assert first.media_group_id == second.media_group_id == third.media_group_id != ""
    assert third.video.width
    assert seen(world) == [first, second, third]


@pytest.mark.parametrize(
    ("kind", "animated", "video"),
    [("static", False, False), ("animated", True, False), ("video", False, True)],
)
def test_stickers(world, someone, kind, animated, video):
    someone.send_sticker(b"RIFF", kind)
    (message,) = seen(world)

    assert (message.sticker.is_animated, message.sticker.is_video) == (animated, video)


@pytest.mark.parametrize("kind", contents.Kind.__args__)
def test_everything_else_has_the_fields_that_the_library_reads(world, someone, kind):
    someone.send_other(kind)
    (message,) = seen(world)

    assert getattr(message, kind)
    assert bool(message.document) == (kind == "animation")


@pytest.mark.parametrize(
    ("name", "given", "mime_type"),
    [("a.HEIC", None, "image/heic"), ("a.bin", None, "application/octet-stream"), ("a.jpg", "", None)],
)
def test_a_files_type_is_what_a_phone_calls_it(world, someone, name, given, mime_type):
    someone.send_document(b"x", name, given)

    assert seen(world)[0].document.mime_type == mime_type


def test_commands_and_mentions_are_marked_as_telegram_counts(world, someone, photo):
    someone.send_text("🙂 @a_friend /help@some_bot a/b mail@example.org")
    someone.send_photo(photo, caption="/emotion for @emotion_playground_bot")
    text, captioned = seen(world)

    assert list(text.parse_entities().values()) == ["@a_friend", "/help@some_bot"]
    assert list(captioned.parse_caption_entities().values()) == ["/emotion", "@emotion_playground_bot"]


def test_a_forwarded_message_says_whose_it_was(world, someone, photo):
    other = Person(world, "Bob")
    original = other.send_photo(photo, caption="mine")["message"]
    someone.forward(original)
    forwarded = seen(world)[-1]

    assert forwarded.caption == "mine"
    assert forwarded.photo[-1].file_id == original["photo"][-1]["file_id"]
    assert forwarded.forward_origin.sender_user.first_name == "Bob"
    assert forwarded.chat.id == someone.chat_id
    assert forwarded.from_user.first_name == "Ada"


def test_a_reply_holds_the_message_but_not_what_that_replied_to(world, someone):
    first = someone.send_text("one")["message"]
    second = someone.send_text("two", reply_to=first)["message"]
    someone.send_text("three", reply_to=second)
    message = seen(world)[-1]

    assert message.reply_to_message.text == "two"
    assert message.reply_to_message.reply_to_message is None


@pytest.fixture
def group(world, someone):
    group = Group(world, "Friends")
    group.add_bot(someone.user)
    return group


def test_the_bot_learns_that_it_was_added(world, someone, group):
    (message,) = seen(world)

    assert [user.username for user in message.new_chat_members] == ["emotion_playground_bot"]
    assert message.chat.type == "supergroup"
    assert message.from_user.first_name == "Ada"


def test_privacy_mode_lets_through_what_is_meant_for_the_bot(world, someone, group, photo):
    world.pending.clear()
    ada, bob = someone.in_group(group), Person(world, "Bob").in_group(group)
    own = world.add_message(group.chat_id, world.bot, {"text": "an answer"})
    theirs = bob.send_photo(photo)["message"]
    meant = [
        ada.send_text("/help"),
        ada.send_text("/help@Emotion_Playground_Bot"),
        ada.send_text("/emotion", reply_to=theirs),
        ada.send_text("what about this, @emotion_playground_bot?"),
        bob.send_photo(photo, caption="@emotion_playground_bot"),
        bob.send_photo(photo, reply_to=own),
        group.add_member(bob.user, ada.user),
    ]
    not_meant = [
        bob.send_photo(photo),
        bob.send_photo(photo, reply_to=theirs),
        ada.send_text("hello"),
        ada.send_text("/help@another_bot"),
        ada.send_text("mail emotion_playground_bot or me@emotion_playground_bot"),
        ada.send_sticker(b"RIFF"),
    ]

    waiting = [update.body for update in world.pending]
    assert waiting == meant
    assert not any(update in waiting for update in not_meant)


def test_of_an_album_only_the_item_that_names_the_bot_comes(world, someone, group, photo):
    world.pending.clear()
    someone.in_group(group).send_album([photo, photo], caption="@emotion_playground_bot")

    assert [message.caption for message in seen(world)] == ["@emotion_playground_bot"]


def test_an_admin_sees_everything_and_a_stranger_nothing(world, someone):
    group = Group(world)
    member = someone.in_group(group)
    member.send_text("/help")
    assert seen(world) == []

    group.add_bot(someone.user)
    group.bot_is_admin = True
    member.send_text("hello")
    assert [message.text for message in seen(world)][-1] == "hello"


def test_commands_are_those_of_the_kind_of_chat_before_those_of_all(world, someone, group):
    commands = world.profile.commands
    commands["default", ""] = ["everywhere"]
    commands["all_group_chats", "de"] = ["in groups, in German"]
    private, of_group = world.chats[someone.chat_id], world.chats[group.chat_id]

    assert world.profile.commands_in(private, "de") == ["everywhere"]
    assert world.profile.commands_in(of_group, "de") == ["in groups, in German"]
    assert world.profile.commands_in(of_group, "ru") == ["everywhere"]
