"""What the webhook answers at once: a Bot API call as the body of its response to Telegram.

See https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telegram.constants import ChatAction

from emotion_bot.chat.texts import texts
from emotion_bot.chat.updates import (
    CommandRequest,
    Ignored,
    OversizedPhoto,
    PhotoRequest,
    Request,
    Unsupported,
)

if TYPE_CHECKING:
    from emotion_bot.jobs import Origin


def reply(request: Request) -> dict[str, Any] | None:
    """The Bot API call that answers a request at once, or None if there is nothing to say."""
    match request:
        case PhotoRequest(job):
            return _call("sendChatAction", job, action=ChatAction.UPLOAD_PHOTO.value)
        case OversizedPhoto(origin):
            return _message(origin, texts(origin.language).oversized)
        case CommandRequest(name, origin):
            return _message(origin, texts(origin.language).reply(name))
        case Unsupported(_, origin):
            return _message(origin, texts(origin.language).send_a_photo)
        case Ignored():
            return None


def _message(origin: Origin, text: str) -> dict[str, Any]:
    if origin.private:
        return _call("sendMessage", origin, text=text)
    # Among several people it must be plain who is answered.
    target = {"message_id": origin.message_id, "allow_sending_without_reply": True}
    return _call("sendMessage", origin, text=text, reply_parameters=target)


def _call(method: str, origin: Origin, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    thread = {} if origin.thread_id is None else {"message_thread_id": origin.thread_id}
    return {"method": method, "chat_id": origin.chat_id, **thread, **parameters}
