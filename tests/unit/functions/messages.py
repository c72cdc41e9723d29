"""Jobs as the queue delivers them to the recognizer."""

from __future__ import annotations

import json

PHOTO = {
    "update_id": 7,
    "chat_id": 5,
    "message_id": 3,
    "language": "en",
    "file_id": "photo",
    "file_unique_id": "U",
}
ALBUM = {"kind": "album", "update_id": 7, "chat_id": 5, "message_id": 3, "language": "en", "album_id": "A"}
ABOUT = {"kind": "about", "update_id": 7, "chat_id": 5, "message_id": 3, "language": "en"}


SENT = 1_795_359_600_123
"""When the webhook queued them; milliseconds."""


def record(job, number=1, delivery=1, **attributes):
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"handle-{number}",
        "body": job if isinstance(job, str) else json.dumps(job),
        "attributes": {"ApproximateReceiveCount": str(delivery), "SentTimestamp": str(SENT), **attributes},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:photos",
        "awsRegion": "eu-central-1",
    }


def batch(*records):
    return {"Records": list(records)}


def failures(answer):
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]
