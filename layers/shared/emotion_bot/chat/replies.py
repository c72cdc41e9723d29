"""What the webhook answers at once: a Bot API call as the body of its response to Telegram.

See https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telegram.constants import ChatAction

from emotion_bot.chat import buttons
from emotion_bot.chat.requests import (
    AlbumRequest,
    CommandRequest,
    OversizedPhoto,
    PhotoRequest,
    Press,
    Unsupported,
)
from emotion_bot.chat.texts import texts

if TYPE_CHECKING:
    from emotion_bot.chat.requests import Asked
    from emotion_bot.chat.texts import Command
    from emotion_bot.jobs import Origin

_WRONG_REMEMBERED: Final = 24 * 60 * 60
"""Seconds for which an app answers "wrong?" itself when it is pressed again: one person counts once."""


def reply(request: Asked) -> dict[str, Any]:
    """The Bot API call that answers a request at once, or says that an answer is coming."""
    match request:
        case PhotoRequest(job) | AlbumRequest(job):
            return _call("sendChatAction", job, action=ChatAction.UPLOAD_PHOTO.value)
        case OversizedPhoto(origin):
            return _message(origin, texts(origin.language).oversized)
        case CommandRequest(name, origin):
            return _command(name, origin)
        case Unsupported(kind, origin):
            return _message(origin, texts(origin.language).unsupported(kind))
        case Press(query, button, origin):
            return {"method": "answerCallbackQuery", "callback_query_id": query, **_alert(button, origin)}


def about_to_write(origin: Origin) -> dict[str, Any]:
    """The Bot API call that shows "typing" where a sentence is coming that only the recognizer can send."""
    return _call("sendChatAction", origin, action=ChatAction.TYPING.value)


def _command(name: Command | None, origin: Origin) -> dict[str, Any]:
    words = texts(origin.language)
    match name:
        case "about":
            return about_to_write(origin)  # only the recognizer knows which model answers
        case "emotion":
            return _message(origin, words.emotion_usage)
        case "language":
            keyboard = buttons.languages(words).to_dict()
            return _message(origin, words.language_question, reply_markup=keyboard)
        case "delete":
            return _message(origin, words.deleted)
        case _:
            return _message(origin, words.reply(name))


def _alert(button: buttons.Button | None, origin: Origin) -> dict[str, Any]:
    words = texts(origin.language)
    match button:
        case buttons.FaceDetails(number, count, face):
            return {"text": words.details(number, count, face), "show_alert": True}
        case buttons.SaidWrong():
            return {"text": words.counted, "show_alert": True, "cache_time": _WRONG_REMEMBERED}
        case buttons.ChoseLanguage(language):
            return {"text": texts(language or origin.language).language_chosen, "show_alert": True}
        case None:
            return {}  # the app shows that it waits until it has an answer, if an empty one


def _message(origin: Origin, text: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    if not origin.private:
        # Among several people it must be plain who is answered.
        target = {"message_id": origin.message_id, "allow_sending_without_reply": True}
        parameters["reply_parameters"] = target
    return _call("sendMessage", origin, text=text, **parameters)


def _call(method: str, origin: Origin, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    thread = {} if origin.thread_id is None else {"message_thread_id": origin.thread_id}
    return {"method": method, "chat_id": origin.chat_id, **thread, **parameters}
