"""Which update asks for what: the table of docs/conversation.md, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_bot.chat.buttons import ChoseLanguage, SaidWrong
from emotion_bot.chat.requests import (
    AlbumRequest,
    CommandRequest,
    Ignored,
    OversizedPhoto,
    PhotoRequest,
    Press,
    Unsupported,
)
from emotion_bot.chat.texts import COMMANDS
from emotion_bot.chat.updates import MalformedUpdate, parse
from emotion_bot.jobs import AlbumItem, AlbumJob, PhotoJob

PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}
GROUP = {"id": -1005, "type": "supergroup", "title": "Group"}
ADA = {"id": 5, "is_bot": False, "first_name": "Ada", "language_code": "en"}
BOT = {"id": 6, "is_bot": True, "first_name": "Other", "username": "other_bot"}
US = {"id": 7, "is_bot": True, "first_name": "Emotions", "username": "Our_Bot"}
MEGABYTE = 1 << 20


def update(chat=PRIVATE, sender=ADA, **content):
    message = {
        "message_id": 3,
        "date": 1,
        "chat": chat,
        **({} if sender is None else {"from": sender}),
        **content,
    }
    return {"update_id": 7, "message": message}


def size(width, height, file_size=1000):
    return {
        "file_id": f"{width}x{height}",
        "file_unique_id": "U",
        "width": width,
        "height": height,
        "file_size": file_size,
    }


def document(mime_type="image/png", file_size=1000, **more):
    described = {"file_id": "D", "file_unique_id": "U", "file_size": file_size, **more}
    return {"document": described | ({} if mime_type is None else {"mime_type": mime_type})}


def sticker(**more):
    described = {"file_id": "S", "file_unique_id": "U", "width": 512, "height": 512, "type": "regular"}
    return {"sticker": described | {"is_animated": False, "is_video": False} | more}


def entity(kind, words, part):
    offset = len(words[: words.index(part)].encode("utf-16-le")) // 2
    return {"type": kind, "offset": offset, "length": len(part)}


def caption(words, *parts):
    kinds = {"@": "mention", "/": "bot_command"}
    return {"caption": words, "caption_entities": [entity(kinds[part[0]], words, part) for part in parts]}


def said(words, *mentions):
    return {"text": words, "entities": [entity("mention", words, mention) for mention in mentions]}


def reply_to(sender=ADA, message_id=2, **content):
    return {"reply_to_message": update(GROUP, sender, **content)["message"] | {"message_id": message_id}}


def elsewhere(**content):
    origin = {"type": "user", "date": 1, "sender_user": ADA}
    return {"external_reply": {"origin": origin, "message_id": 99, **content}}


def of_us(content, chat=PRIVATE, sender=ADA):
    """What an update asks of the bot that is called our_bot."""
    return parse(update(chat, sender, **content), bot_name="our_bot")


PHOTO = {"photo": [size(90, 60), size(320, 213)]}
FILE = {"file_id": "F", "file_unique_id": "U"}
VIDEO = {"video": FILE | {"duration": 1, "width": 1, "height": 1}}
TOO_BIG = document(file_size=20 * MEGABYTE + 1)
OTHER = {
    "text": {"text": "How are you?"},
    "animated_sticker": sticker(is_animated=True),
    "video_sticker": sticker(is_video=True),
    "voice": {"voice": FILE | {"duration": 1}},
    "audio": {"audio": FILE | {"duration": 1}},
    "video": VIDEO,
    "video_note": {"video_note": FILE | {"duration": 1, "length": 1}},
    "document": document("application/pdf", file_name="thesis.pdf"),
    "location": {"location": {"latitude": 1.0, "longitude": 1.0}},
    "contact": {"contact": {"phone_number": "1", "first_name": "A"}},
    "dice": {"dice": {"value": 1, "emoji": "🎲"}},
    "poll": {
        "poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0}
        | dict.fromkeys(
            ("is_closed", "is_anonymous", "allows_multiple_answers", "allows_revoting", "members_only"), False
        )
        | {"type": "regular"}
    },
    "story": {"story": {"chat": PRIVATE, "id": 1}},
    "live_photo": {"live_photo": FILE | {"duration": 1, "width": 1, "height": 1}},
    # These two set a second field, which must not decide.
    "animation": {"animation": FILE | {"duration": 1, "width": 1, "height": 1}, **document("image/gif")},
    "venue": {
        "venue": {"location": {"latitude": 1.0, "longitude": 1.0}, "title": "T", "address": "A"},
        "location": {"latitude": 1.0, "longitude": 1.0},
    },
    # What a Bot API to come may bring is a person's message too.
    "unknown": {"hologram": FILE},
}
PICTURES = {
    "photo": PHOTO,
    "file": document(),
    "sticker": sticker(),
    "live photo": PHOTO | OTHER["live_photo"],
    "forwarded": PHOTO | {"forward_origin": {"type": "user", "date": 1, "sender_user": BOT}},
    "by way of another bot": PHOTO | {"via_bot": BOT},
}


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_looked_at_in_private_and_left_alone_in_a_group(content):
    request = of_us(content)
    assert isinstance(request, PhotoRequest)
    assert request.job.chat_id == 5
    assert isinstance(of_us(content, GROUP), Ignored)


ADDRESSED = {
    "caption names the bot": (PHOTO | caption("look 🙂 @our_bot!", "@our_bot"), 3),
    "in other letters": (PHOTO | caption("@OUR_BOT", "@OUR_BOT"), 3),
    "the command as caption": (PHOTO | caption("please /emotion", "/emotion"), 3),
    "with the bot's name": (document() | caption("/emotion@our_bot", "/emotion@our_bot"), 3),
    "any command with the bot's name": (PHOTO | caption("/help@our_bot", "/help@our_bot"), 3),
    "photo to the bot": (PHOTO | reply_to(US, text="hello"), 3),
    "file to the bot": (document() | reply_to(US, **PHOTO), 3),
    "the command to a photo": ({"text": "/emotion"} | reply_to(**PHOTO), 2),
    "to another bot's photo": ({"text": "/emotion@our_bot please"} | reply_to(BOT, **PHOTO), 2),
    "to a file": ({"text": "/emotion"} | reply_to(**document()), 2),
    "to a sticker": ({"text": "/emotion"} | reply_to(**sticker()), 2),
    "to an album's photo": ({"text": "/emotion"} | reply_to(**PHOTO, media_group_id="A"), 2),
    "the name to a photo": (said("and this, @our_bot?", "@our_bot") | reply_to(**PHOTO), 2),
    "the command to a photo of another chat": ({"text": "/emotion"} | elsewhere(**PHOTO), 3),
    "the name to a photo of another chat": (said("@our_bot", "@our_bot") | elsewhere(**PHOTO), 3),
}


@pytest.mark.parametrize(("content", "answered"), ADDRESSED.values(), ids=ADDRESSED)
@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
def test_what_is_addressed_to_the_bot_is_answered_where_the_photo_is(chat, content, answered):
    request = of_us(content, chat)
    assert isinstance(request, PhotoRequest)
    assert (request.job.chat_id, request.job.message_id) == (chat["id"], answered)


@pytest.mark.parametrize(
    "content",
    [
        PHOTO | caption("@other_bot", "@other_bot"),
        PHOTO | caption("/emotion@other_bot", "/emotion@other_bot"),
        PHOTO | caption("/help", "/help"),
        PHOTO | {"caption": "@our_bot, as a quotation"},
        PHOTO | caption("@our_bot_", "@our_bot_"),
        PHOTO | reply_to(BOT, text="hello"),
        PHOTO | reply_to(ADA, text="hello"),
        PHOTO | reply_to(ADA | {"username": "our_bot"}, text="hello"),
        sticker() | reply_to(US, **PHOTO),
        VIDEO | reply_to(US, **PHOTO),
        VIDEO | {"media_group_id": "A"} | reply_to(US, **PHOTO),
        {"text": "thank you"} | reply_to(US, **PHOTO),
        {"text": "nice"} | reply_to(**PHOTO),
        said("@our_bot is fun", "@our_bot"),
        said("@our_bot", "@our_bot") | reply_to(text="hello"),
        said("@other_bot", "@other_bot") | reply_to(**PHOTO),
        {"text": "/emotion@other_bot"} | reply_to(**PHOTO),
    ],
)
def test_a_group_is_left_alone_where_nobody_asks_the_bot(content):
    assert isinstance(of_us(content, GROUP), Ignored)


@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
@pytest.mark.parametrize("content", [{}, reply_to(text="hello"), reply_to(**VIDEO), elsewhere(**VIDEO)])
def test_the_command_without_a_photo_is_a_question_how(chat, content):
    request = of_us({"text": "/emotion"} | content, chat)
    assert isinstance(request, CommandRequest)
    assert request.name == "emotion"


def test_whoever_names_the_bot_over_something_else_hears_so():
    request = of_us(VIDEO | caption("@our_bot", "@our_bot"), GROUP)
    assert isinstance(request, Unsupported)
    assert request.kind == "video"


def test_a_bot_that_does_not_know_its_name_takes_each_for_its_own():
    assert isinstance(parse(update(GROUP, **PHOTO, **caption("@a_bot", "@a_bot"))), PhotoRequest)
    assert isinstance(parse(update(GROUP, **PHOTO, **reply_to(BOT, text="hello"))), PhotoRequest)
    assert isinstance(parse(update(GROUP, **PHOTO, **reply_to(ADA, text="hello"))), Ignored)
    assert parse(update(GROUP, text="/help@some_bot")).name == "help"
    assert isinstance(parse(update(GROUP, new_chat_members=[BOT])), Ignored)


@pytest.mark.parametrize("content", [{"new_chat_members": [ADA, US]}, {"group_chat_created": True}])
def test_a_group_that_takes_the_bot_in_reads_the_greeting_with_its_notice(content):
    assert of_us(content, GROUP).name == "start"


ALBUM = {"media_group_id": "13800000000000001"}
ALBUM_JOB = AlbumJob(update_id=7, chat_id=5, message_id=3, language="en", album_id=ALBUM["media_group_id"])


@pytest.mark.parametrize(
    ("content", "item", "alone"),
    [
        (PHOTO, AlbumItem(message_id=3, file_id="320x213"), PhotoRequest),
        (document(), AlbumItem(message_id=3, file_id="D"), PhotoRequest),
        (TOO_BIG, AlbumItem(message_id=3, refusal="oversized"), OversizedPhoto),
        (VIDEO, AlbumItem(message_id=3, refusal="unsupported"), Unsupported),
        (document("application/pdf"), AlbumItem(message_id=3, refusal="unsupported"), Unsupported),
    ],
)
def test_an_albums_items_are_messages_that_belong_together(content, item, alone):
    request = of_us(content | ALBUM)
    assert isinstance(request, AlbumRequest)
    assert (request.job, request.item) == (ALBUM_JOB, item)
    assert request.alone == of_us(content)
    assert isinstance(request.alone, alone)


def test_an_album_to_the_bot_in_a_group_is_one_too():
    request = of_us(PHOTO | ALBUM | reply_to(US, text="hello"), GROUP)
    assert isinstance(request, AlbumRequest)
    assert request.job.chat_id == GROUP["id"]


def test_of_an_album_in_a_group_whose_caption_names_the_bot_only_that_photo_came():
    assert isinstance(of_us(PHOTO | ALBUM | caption("@our_bot", "@our_bot"), GROUP), PhotoRequest)
    assert isinstance(of_us(PHOTO | ALBUM, GROUP), Ignored)


def pressed(**query):
    message = {"message_id": 3, "date": 1, "chat": GROUP, "from": US, **PHOTO}
    return {
        "update_id": 7,
        "callback_query": {"id": "77", "from": ADA, "chat_instance": "1", "message": message, **query},
    }


@pytest.mark.parametrize(
    ("query", "button"),
    [
        ({"data": "w1"}, SaidWrong()),
        ({"data": "l1:"}, ChoseLanguage(None)),
        ({"data": "anything"}, None),
        ({}, None),
        ({"data": "w1", "message": {"message_id": 3, "date": 0, "chat": GROUP}}, SaidWrong()),
    ],
)
def test_a_press_is_answered_to_whoever_pressed(query, button):
    request = parse(pressed(**query))
    assert isinstance(request, Press)
    assert (request.callback_query_id, request.button) == ("77", button)
    assert (request.origin.chat_id, request.origin.message_id, request.origin.language) == (-1005, 3, "en")


@pytest.mark.parametrize(
    "content",
    [
        update(**PHOTO),
        update(**TOO_BIG),
        update(text="/start"),
        update(text="hello"),
        update(**PHOTO, **ALBUM),
        pressed(data="w1"),
    ],
)
def test_everything_can_be_spoken_in_another_language(content):
    request = parse(content)
    spoken = request.spoken("uk")
    assert (request.origin.language, spoken.origin.language) == ("en", "uk")
    assert spoken != request
    assert spoken.spoken("en") == request


def test_a_job_holds_ids_and_no_more():
    request = parse(update(photo=[size(90, 60, 77)], caption="on holiday"))
    assert request == PhotoRequest(
        PhotoJob(
            update_id=7,
            chat_id=5,
            message_id=3,
            language="en",
            file_id="90x60",
            file_unique_id="U",
            file_size=77,
        )
    )


@pytest.mark.parametrize(
    ("sides", "chosen"),
    [
        ([(90, 60)], "90x60"),
        ([(90, 60), (320, 213), (800, 533), (1280, 853), (2560, 1707)], "1280x853"),
        ([(60, 90), (533, 800), (853, 1280), (1707, 2560)], "853x1280"),
        ([(90, 60), (320, 213), (800, 533)], "800x533"),
        ([(2560, 1707), (90, 60), (1280, 853)], "1280x853"),
        ([(90, 60), (1281, 853)], "1281x853"),
    ],
)
def test_the_smallest_size_that_loses_nothing_is_fetched(sides, chosen):
    assert parse(update(photo=[size(*side) for side in sides])).job.file_id == chosen


@pytest.mark.parametrize(
    ("mime_type", "name"),
    [
        ("image/jpeg", None),
        ("image/heic", "IMG_0001.HEIC"),
        ("IMAGE/PNG", "x"),
        ("image/png", "x.exe"),
        (None, "x.jpg"),
        ("application/octet-stream", "IMG_0001.HEIC"),
        ("application/octet-stream", "holiday.2026.webp"),
    ],
)
def test_a_picture_sent_as_a_file_is_known_by_its_type_or_else_by_its_name(mime_type, name):
    file = document(mime_type, **({} if name is None else {"file_name": name}))
    assert parse(update(**file)).job.file_id == "D"


@pytest.mark.parametrize("name", [None, "", "jpg", ".jpg", "x.jpg.zip", "x.gif"])
def test_a_file_of_no_kind_is_no_photo(name):
    file = document("application/octet-stream", **({} if name is None else {"file_name": name}))
    assert parse(update(**file)).kind == "document"


@pytest.mark.parametrize("content", [{}, caption("@our_bot", "@our_bot")])
def test_what_a_bot_cannot_fetch_is_said_at_once(content):
    chat = GROUP if content else PRIVATE
    assert isinstance(of_us(TOO_BIG | content, chat), OversizedPhoto)
    assert isinstance(of_us(document(file_size=20 * MEGABYTE) | content, chat), PhotoRequest)


def test_a_photo_that_cannot_be_fetched_is_told_of_where_it_is():
    request = of_us({"text": "/emotion"} | reply_to(**TOO_BIG), GROUP)
    assert isinstance(request, OversizedPhoto)
    assert request.origin.message_id == 2


@pytest.mark.parametrize("kind", OTHER)
def test_other_things_get_a_sentence_in_private_and_silence_in_groups(kind):
    private = of_us(OTHER[kind])
    assert isinstance(private, Unsupported)
    assert private.kind == kind
    assert isinstance(of_us(OTHER[kind], GROUP), Ignored)


@pytest.mark.parametrize(
    ("text", "private", "group"),
    [
        ("/start", "start", "start"),
        *((f"/{command}", command, command) for command in COMMANDS),
        ("/START", "start", "start"),
        ("/start deep-link", "start", "start"),
        ("/help\nplease", "help", "help"),
        ("/privacy@Our_Bot", "privacy", "privacy"),
        ("/privacy@other_bot", "privacy", Ignored),
        ("/dance", None, Ignored),
        ("/dance@our_bot", None, None),
        ("/dance@other_bot", None, Ignored),
        ("/", Unsupported, Ignored),
        ("/start!", Unsupported, Ignored),
        ("see /start", Unsupported, Ignored),
    ],
)
def test_commands(text, private, group):
    for chat, expected in ((PRIVATE, private), (GROUP, group)):
        request = parse(update(chat, text=text), bot_name="our_bot")
        if isinstance(expected, type):
            assert isinstance(request, expected)
        else:
            assert isinstance(request, CommandRequest)
            assert request.name == expected


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("RU", "ru"),
        ("ru_RU", "ru"),
        ("pt-BR", "pt"),
        ("en", "en"),
        ("fr", "en"),
        ("rue", "en"),
        (None, "en"),
    ],
)
def test_the_senders_language(tag, language):
    sender = ADA | {"language_code": tag}
    assert parse(update(sender=sender, text="/start")).origin.language == language


def test_a_topic_is_answered_in_the_topic_but_a_thread_of_replies_is_none():
    asked = PHOTO | caption("@our_bot", "@our_bot") | {"message_thread_id": 42}
    assert of_us(asked | {"is_topic_message": True}, GROUP).job.thread_id == 42
    assert of_us(asked, GROUP).job.thread_id is None
    assert of_us(PHOTO | {"message_thread_id": 42, "is_topic_message": True}).job.thread_id == 42


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        ({"id": 1087968824, "is_bot": True, "first_name": "Group"}, {"sender_chat": GROUP}),
        (None, {"sender_chat": GROUP}),
    ],
)
def test_an_anonymous_admin_is_answered(sender, extra):
    assert isinstance(of_us(PHOTO | caption("/emotion", "/emotion") | extra, GROUP, sender), PhotoRequest)


@pytest.mark.parametrize(
    "ignored",
    [
        update(pinned_message={"message_id": 1, "date": 0, "chat": PRIVATE}),
        update(message_auto_delete_timer_changed={"message_auto_delete_time": 60}),
        update(GROUP, new_chat_members=[ADA, BOT]),
        update(GROUP, left_chat_member=US),
        update(GROUP, migrate_to_chat_id=-1006),
        update(GROUP, pinned_message={"message_id": 1, "date": 0, "chat": GROUP}),
        update(sender=BOT, **PHOTO),
        update(GROUP, BOT, **PHOTO),
        update(GROUP, is_automatic_forward=True, sender_chat={"id": -9, "type": "channel"}, **PHOTO),
        update({"id": -9, "type": "channel", "title": "C"}, **PHOTO),
        {"update_id": 7, "edited_message": update(**PHOTO)["message"]},
        {"update_id": 7, "channel_post": update(**PHOTO)["message"]},
        {"update_id": 7, "edited_channel_post": update(**PHOTO)["message"]},
        {"update_id": 7, "inline_query": {"id": "1", "from": ADA, "query": "", "offset": ""}},
        {"update_id": 7, "my_chat_member": {}},
        {"update_id": 7, "message_reaction": {}},
        {"update_id": 7, "business_message": update(**PHOTO)["message"]},
        pressed(data="w1", message=None, inline_message_id="1"),
        {"update_id": 7},
    ],
)
def test_ignored(ignored):
    assert isinstance(parse(ignored, bot_name="our_bot"), Ignored)


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        [],
        "update",
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 7, "message": None},
        {"update_id": 7, "message": []},
        {"update_id": 7, "message": {"text": "heart of gold"}},
        update(**PHOTO) | {"update_id": 2**70},
        update({"id": "heart of gold", "type": "private"}, text="heart of gold"),
        update(photo=[{"file_id": "heart of gold"}]),
        update(photo=[size(90, 60) | {"file_id": "heart of gold"}]),
        update(photo=[size(90, 60) | {"file_id": "x" * 513}]),
        update(date="heart of gold", text="heart of gold"),
        update(**PHOTO, media_group_id=["heart of gold"]),
        update(**PHOTO, media_group_id="heart of gold"),
        {"update_id": 7, "callback_query": None},
        {"update_id": 7, "callback_query": {"id": "heart of gold"}},
        pressed(id=["heart of gold"]),
        pressed(data=["heart of gold"]),
        pressed(message={"message_id": "heart of gold", "date": 0, "chat": GROUP}),
    ],
)
def test_malformed_without_quoting_it(malformed):
    with pytest.raises(MalformedUpdate) as caught:
        parse(malformed)
    assert "heart of gold" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5), max_size=3))
def test_fields_that_are_not_known_yet_do_no_harm(extra):
    message = update(**PHOTO)
    message["message"] = {f"new_{key}": value for key, value in extra.items()} | message["message"]
    assert isinstance(parse(message), PhotoRequest)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = ["chat", "from", "photo", "document", "sticker", "text", "caption", "caption_entities", "entities"]
PLACES += ["reply_to_message", "external_reply", "media_group_id", "new_chat_members", "group_chat_created"]
PLACES += ["message_id", "date", "message_thread_id", "is_topic_message", "data", "message", "id"]


def put(tree, path, value):
    """A copy of a tree of JSON in which one place holds something else."""
    if not path or not isinstance(tree, dict):
        return value
    return tree | {path[0]: put(tree.get(path[0], {}), path[1:], value)}


@settings(deadline=None)
@given(
    update=st.sampled_from(
        [
            update(**PHOTO, **ALBUM),
            update(GROUP, **(PHOTO | caption("@our_bot", "@our_bot"))),
            update(GROUP, text="/emotion", **reply_to(**document())),
            update(GROUP, text="/emotion", **elsewhere(**sticker())),
            pressed(data="w1"),
        ]
    ),
    changes=st.lists(st.tuples(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3), JSON), max_size=3),
)
def test_any_json_is_a_request_or_malformed(update, changes):
    kind = "message" if "message" in update else "callback_query"
    for path, value in changes:
        update = put(update, [kind, *path], value)
    try:
        request = parse(update, bot_name="our_bot")
    except MalformedUpdate:
        return
    if not isinstance(request, Ignored):
        assert request.spoken("de").origin.language == "de"


@settings(deadline=None)
@given(JSON | st.dictionaries(st.sampled_from(["update_id", "message", "callback_query"]), JSON))
def test_any_json_at_all_too(update):
    try:
        parse(update)
    except MalformedUpdate:
        return
