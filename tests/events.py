"""The sample events of `events/`, and what shall come of each: in the handlers, and in their containers."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (ROOT / "events").glob("*.json")
}

# What is queued (its kind, and the end of the file id), the status, the method in the answer, and its words.
WEBHOOK = {
    "webhook-photo": (("photo", "y"), 200, "sendChatAction", None),
    "webhook-document": (("photo", "example"), 200, "sendChatAction", None),
    "webhook-heic-document": (("photo", "h"), 200, "sendChatAction", None),
    "webhook-sticker": (("photo", "example"), 200, "sendChatAction", None),
    "webhook-oversized-document": (None, 200, "sendMessage", "over 20 MB"),
    "webhook-animated-sticker": (None, 200, "sendMessage", "This sticker moves"),
    "webhook-album-first-photo": (("album", None), 200, "sendChatAction", None),
    "webhook-album-second-photo": (("album", None), 200, "sendChatAction", None),
    "webhook-album-video": (("album", None), 200, "sendChatAction", None),
    "webhook-group-photo": (None, 200, None, None),
    "webhook-group-mention": (("photo", "g"), 200, "sendChatAction", None),
    "webhook-group-emotion-reply": (("photo", "r"), 200, "sendChatAction", None),
    "webhook-group-bot-added": (None, 200, "sendMessage", "not what the person feels"),
    "webhook-start-command": (None, 200, "sendMessage", "not what the person feels"),
    "webhook-emotion-command": (None, 200, "sendMessage", "Which photo?"),
    "webhook-privacy-command-russian": (None, 200, "sendMessage", "Что происходит с вашей фотографией"),
    "webhook-language-command": (None, 200, "sendMessage", "Which language"),
    "webhook-delete-command": (None, 200, "sendMessage", "Done"),
    "webhook-about-command": (("about", None), 200, "sendChatAction", None),
    "webhook-language-pressed": (None, 200, "answerCallbackQuery", "Deutsch"),
    "webhook-details-pressed": (None, 200, "answerCallbackQuery", "120 × 150 px"),
    "webhook-wrong-pressed": (None, 200, "answerCallbackQuery", "counted"),
    "webhook-text": (None, 200, "sendMessage", "not words"),
    "webhook-voice": (None, 200, "sendMessage", "no ears"),
    "webhook-edited-message": (None, 200, None, None),
    "webhook-wrong-secret": (None, 403, None, None),
    "webhook-malformed": (None, 200, None, None),
}

# What is sent, and which messages are given back to SQS.
RECOGNIZER = {
    "recognizer-photo": (["sendPhoto"], []),
    "recognizer-batch": (["sendPhoto", "sendPhoto"], ["2"]),
    "recognizer-farewell": (["sendMessage"], ["1"]),
    "recognizer-album": (["sendMediaGroup"], []),
    "recognizer-about": (["sendMessage"], []),
    "recognizer-flood": (["sendMessage"], []),
}

# What Telegram is asked for.
REGISTRAR = {
    "registrar-create": "setWebhook",
    "registrar-update": "setWebhook",
    "registrar-delete": "deleteWebhook",
}
