"""The emulator of Telegram, seen through the client library that real bots use."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import telegram as library
from telegram.error import BadRequest, Conflict, EndPointNotFound, InvalidToken


def jpeg(width: int, height: int) -> bytes:
    grey = np.full((height, width), 127, np.uint8)
    return cv2.imencode(".jpg", grey)[1].tobytes()


def test_it_knows_its_bot_and_no_other(ask):
    assert ask(library.Bot.get_me).username == "emotion_playground_bot"
    for token in ("43:emulated", "42:stolen", "nonsense"):
        with pytest.raises(InvalidToken):
            ask(library.Bot.get_me, token)
    with pytest.raises(EndPointNotFound):
        ask(lambda bot: bot.do_api_request("make_coffee"))


def test_messages_have_the_shape_that_the_library_reads(ask, world, someone):
    someone.send_text("/start 🙂 now")
    update = library.Update.de_json(next(iter(world.pending)).body)

    assert update.message.from_user.language_code == "en"
    assert update.message.chat.type == "private"
    assert list(update.message.parse_entities(["bot_command"]).values()) == ["/start"]
    sent = ask(
        lambda bot: bot.send_message(
            someone.chat_id, "Hello", reply_parameters=library.ReplyParameters(update.message.message_id)
        )
    )
    assert sent.text == "Hello"
    assert sent.from_user.is_bot
    assert sent.reply_to_message.text == update.message.text
    assert sent.message_id > update.message.message_id


@pytest.mark.parametrize(
    ("side", "sizes"),
    [(60, [60]), (320, [90, 320]), (1000, [90, 320, 800, 1000]), (2000, [90, 320, 800, 1280])],
)
def test_a_persons_photo_becomes_upright_jpegs_of_several_sizes(ask, someone, side, sizes):
    photo = someone.send_photo(jpeg(side, side // 2))["message"]["photo"]

    assert [size["width"] for size in photo] == sizes

    async def download(bot):
        file = await bot.get_file(photo[-1]["file_id"])
        return bytes(await file.download_as_bytearray())

    content = ask(download)
    assert len(content) == photo[-1]["file_size"]
    assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (
        photo[-1]["height"],
        photo[-1]["width"],
    )


def test_the_same_content_keeps_its_unique_id_but_not_its_file_id(someone):
    first, second = (someone.send_document(b"same", "a.txt")["message"]["document"] for _ in range(2))

    assert first["file_unique_id"] == second["file_unique_id"]
    assert first["file_id"] != second["file_id"]


def test_the_bots_photo_arrives(ask, world, someone):
    sent = ask(lambda bot: bot.send_photo(someone.chat_id, jpeg(640, 480), caption="Look"))

    assert (sent.caption, sent.photo[-1].width, sent.photo[-1].height) == ("Look", 640, 480)
    assert someone.answers() == [world.messages[someone.chat_id, sent.message_id]]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda bot, chat: bot.send_message(chat + 1, "Hi"), "Chat not found"),
        (lambda bot, chat: bot.send_message(chat, " "), "Message text is empty"),
        (lambda bot, chat: bot.send_message(chat, "x" * 4097), "Message is too long"),
        (
            lambda bot, chat: bot.send_message(chat, "x", reply_to_message_id=9),
            "Message to be replied not found",
        ),
        (lambda bot, chat: bot.send_photo(chat, jpeg(90, 90), caption="x" * 1025), "caption is too long"),
        (lambda bot, chat: bot.send_photo(chat, b"no photo"), "Image_process_failed"),
        (lambda bot, chat: bot.send_photo(chat, jpeg(900, 40)), "Photo_invalid_dimensions"),
        (lambda bot, chat: bot.send_photo(chat, jpeg(9000, 1001)), "Photo_invalid_dimensions"),
        (lambda bot, chat: bot.send_photo(chat, bytes(10 * 2**20 + 1)), "too big for a photo"),
        (lambda bot, chat: bot.send_photo(chat, "no-such-file"), "There is no photo in the request"),
        (lambda bot, chat: bot.send_chat_action(chat, "dance"), "Wrong parameter action"),
        (lambda bot, _: bot.get_file("nonsense"), "Invalid file_id"),
        (lambda bot, _: bot.set_webhook("http://example.org"), "HTTPS"),
        (lambda bot, _: bot.set_webhook("https://example.org", secret_token="ä"), "unallowed characters"),
        (lambda bot, _: bot.set_my_commands([("Start!", "Begin")]), "Bot_command_invalid"),
        (lambda bot, _: bot.set_my_commands([("start", "")]), "Bot_command_description_invalid"),
        (lambda bot, _: bot.set_my_description("x" * 513), "too long"),
        (lambda bot, _: bot.set_my_description("x", language_code="deutsch"), "language code"),
        (lambda bot, _: bot.get_my_commands(scope=library.BotCommandScope("nowhere")), "BotCommandScope"),
    ],
)
def test_it_refuses_what_telegram_refuses(ask, someone, work, reason):
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        ask(lambda bot: work(bot, someone.chat_id))


def test_a_file_over_20_mb_cannot_be_fetched(ask, someone):
    fits = someone.send_document(bytes(20 * 2**20), "fits.bin")["message"]["document"]
    large = someone.send_document(bytes(20 * 2**20 + 1), "large.bin")["message"]["document"]

    assert ask(lambda bot: bot.get_file(fits["file_id"])).file_size == 20 * 2**20
    with pytest.raises(BadRequest, match="File is too big"):
        ask(lambda bot: bot.get_file(large["file_id"]))


def test_commands_and_descriptions_are_kept_by_language(ask):
    async def work(bot):
        await bot.set_my_commands([("start", "Begin")])
        await bot.set_my_commands([("start", "Начать")], language_code="ru")
        await bot.set_my_short_description("Short")
        by_language = [await bot.get_my_commands(language_code=code) for code in (None, "ru", "de")]
        await bot.delete_my_commands(language_code="ru")
        gone = await bot.get_my_commands(language_code="ru")
        in_groups = await bot.get_my_commands(scope=library.BotCommandScopeAllGroupChats())
        return by_language, gone, in_groups, (await bot.get_my_short_description()).short_description

    by_language, gone, in_groups, short = ask(work)
    assert [[command.description for command in commands] for commands in by_language] == [
        ["Begin"],
        ["Начать"],
        [],
    ]
    assert gone == ()
    assert in_groups == ()
    assert short == "Short"


def test_updates_wait_until_they_are_taken(ask, someone):
    ids = [someone.send_text(text)["update_id"] for text in ("one", "two", "three")]

    async def work(bot):
        everything = await bot.get_updates()
        after_one = await bot.get_updates(offset=ids[1], limit=1)
        await bot.set_webhook("https://example.org/hook", drop_pending_updates=True)
        with pytest.raises(Conflict):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
        return everything, after_one, info, await bot.get_updates(timeout=0)

    everything, after_one, info, rest = ask(work)
    assert [update.update_id for update in everything] == ids
    assert [update.message.text for update in after_one] == ["two"]
    assert (info.url, info.pending_update_count, info.max_connections) == ("https://example.org/hook", 0, 40)
    assert rest == ()
