"""What the bot remembers of chats: albums that are put together, languages that were chosen, how much came.

All live in the one table beside the updates that are answered, and go by themselves (TTL `expiration`).

A record of an album, by who comes to it; each step is one conditional write, so any two may meet:

| Comes                         | to no record   | to one that is open | to one that is closed         |
|-------------------------------|----------------|---------------------|-------------------------------|
| an item                       | opens: "first" | is in: "joined"     | "late", to be answered alone  |
| an item once more (duplicate) |                | "joined"            | "joined": it has its answer   |
| the opener once more          |                | "first": its job    | "joined": its job was queued, |
|                               |                | may not be queued   | since that is what closes     |
| `take`, by the job            | AlbumGone      | closes              | the same items again          |
| `forget`, after the answer    |                |                     | ids stay, files go            |
"""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from emotion_bot.jobs import AlbumItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from emotion_bot.jobs import AlbumJob, Origin

Joined = Literal["first", "joined", "late"]
Admission = Literal["admitted", "told", "refused"]

ALBUM_KEPT: Final = 25 * 60 * 60
"""Seconds after its first item. Telegram may send an update again for 24 hours."""
LANGUAGE_KEPT: Final = 365 * 24 * 60 * 60
"""Seconds after it was last chosen."""
JOBS_A_MINUTE: Final = 30
"""From one chat: three full albums. Telegram lets a bot send about one message a second into a chat, so their
answers take half of that minute; docs/conversation.md has what others may have to wait for them."""
GROUP_JOBS_A_MINUTE: Final = 20
"""From a group, into which Telegram lets a bot send no more: others would be refused until they are given up
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this)."""
PACE_KEPT: Final = 5 * 60
"""Seconds after a minute's first job: longer than Telegram takes to repeat what it got no answer to."""
_LANGUAGE_TRUSTED: Final = 60.0
"""Seconds after which one asks the table again: another environment may have heard of a change."""
_CHATS: Final = 10_000
"""Whose languages one environment knows at one time; about a megabyte."""


class AlbumGone(LookupError):
    """There is no record of the album: it expired, or was never written into this table."""


class Albums:
    """Albums whose items come one by one, and are answered as one.

    Errors of botocore pass through every method.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def join(self, job: AlbumJob, item: AlbumItem) -> Joined:
        """Put an item into its album, unless that is closed.

        Args:
            job: what answers the album, as the update of this item would queue it.
            item: the item; a second one of the same message changes nothing.

        Returns:
            "first" where this update must queue the job, "joined" where there is nothing left to do,
            "late" where the album is closed without the item.
        """
        message = {"N": str(item.message_id)}
        try:
            record = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(job),
                UpdateExpression="SET opener = if_not_exists(opener, :update),"
                " expiration = if_not_exists(expiration, :expiration)"
                " ADD messages :messages, waiting :waiting",
                ConditionExpression="attribute_not_exists(closed) AND NOT contains(messages, :message)",
                ExpressionAttributeValues={
                    ":update": {"N": str(job.update_id)},
                    ":expiration": _in(ALBUM_KEPT),
                    ":message": message,
                    ":messages": {"NS": [message["N"]]},
                    ":waiting": {"SS": [item.model_dump_json(exclude_none=True)]},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            record = cast("dict[str, Any]", error.response)["Item"]
            if message["N"] not in record["messages"]["NS"]:
                return "late"
        is_opener = record["opener"]["N"] == str(job.update_id)
        return "first" if is_opener and "closed" not in record else "joined"

    def take(self, job: AlbumJob) -> tuple[AlbumItem, ...]:
        """Close an album.

        Returns:
            Its items in their order; the same ones each time until `forget`, after that none.

        Raises:
            AlbumGone: there is no such record.
        """
        try:
            record = self._close(job)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            raise AlbumGone from None
        items = map(AlbumItem.model_validate_json, record.get("waiting", {}).get("SS", ()))
        return tuple(sorted(items, key=lambda item: item.message_id))

    def forget(self, job: AlbumJob) -> None:
        """Let go of the files of an album that is answered; that its messages came stays known."""
        try:
            self._close(job, " REMOVE waiting")
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def _close(self, job: AlbumJob, besides: str = "") -> Mapping[str, Any]:
        """Close a record, but make none: it would have no end."""
        return self._dynamodb.update_item(
            TableName=self._table,
            Key=_key(job),
            UpdateExpression=f"SET closed = :closed{besides}",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={":closed": {"BOOL": True}},
            ReturnValues="ALL_NEW",
        )["Attributes"]


class Languages:
    """The languages that chats have chosen. What the table says of one is trusted for a minute.

    Errors of botocore pass through every method.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._known: dict[int, tuple[str | None, float]] = {}

    def chosen(self, chat_id: int) -> str | None:
        """A chat's language, or None where it has chosen none."""
        language, until = self._known.get(chat_id, (None, 0.0))
        if monotonic() < until:
            return language
        record = self._dynamodb.get_item(TableName=self._table, Key=_chat(chat_id)).get("Item", {})
        return self._know(chat_id, record["language"]["S"] if record else None)

    def choose(self, chat_id: int, language: str) -> None:
        """Keep a chat's language for a year."""
        record = {**_chat(chat_id), "language": {"S": language}, "expiration": _in(LANGUAGE_KEPT)}
        self._dynamodb.put_item(TableName=self._table, Item=record)
        self._know(chat_id, language)

    def forget(self, chat_id: int) -> None:
        """Keep nothing of a chat; no matter if there was nothing."""
        self._dynamodb.delete_item(TableName=self._table, Key=_chat(chat_id))
        self._know(chat_id, None)

    def _know(self, chat_id: int, language: str | None) -> str | None:
        if len(self._known) >= _CHATS:
            self._known.clear()
        self._known[chat_id] = (language, monotonic() + _LANGUAGE_TRUSTED)
        return language


def jobs_a_minute(origin: Origin) -> int:
    """How many the chat that a message came from may ask for."""
    return JOBS_A_MINUTE if origin.private else GROUP_JOBS_A_MINUTE


class Pace:
    """How many jobs each chat asks for in a minute, so that none can make all others wait.

    The minute is the one in which Telegram got the message, so an update counts in the same one whenever it
    comes, and what waited for the webhook to be mended is not refused for coming all at once.

    Errors of botocore pass through every method.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def admit(self, origin: Origin, sent: int) -> Admission:
        """Count an update, unless its chat has had `jobs_a_minute`; one that comes again counts once.

        Args:
            origin: which update, from which chat.
            sent: when Telegram got the message, in seconds since 1970.

        Returns:
            "admitted"; "told" where it is the first that is too many, so that its sender is to be told;
            "refused" where it comes after that one.
        """
        key = {"id": {"S": f"pace#{origin.chat_id}#{sent // 60}"}}
        update, expiration = {"N": str(origin.update_id)}, _in(PACE_KEPT)
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET expiration = if_not_exists(expiration, :expiration)"
                " ADD admitted :updates",
                ConditionExpression="attribute_not_exists(admitted) OR size(admitted) < :limit"
                " OR contains(admitted, :update)",
                ExpressionAttributeValues={
                    ":expiration": expiration,
                    ":limit": {"N": str(jobs_a_minute(origin))},
                    ":update": update,
                    ":updates": {"NS": [update["N"]]},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            told = cast("dict[str, Any]", error.response)["Item"].get("told")
        else:
            return "admitted"
        if told is None:
            told = self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET told = if_not_exists(told, :update),"
                " expiration = if_not_exists(expiration, :expiration)",
                ExpressionAttributeValues={":expiration": expiration, ":update": update},
                ReturnValues="ALL_NEW",
            )["Attributes"]["told"]
        return "told" if told == update else "refused"


def _key(job: AlbumJob) -> dict[str, Any]:
    return {"id": {"S": f"album#{job.chat_id}#{job.album_id}"}}


def _chat(chat_id: int) -> dict[str, Any]:
    return {"id": {"S": f"language#{chat_id}"}}


def _in(seconds: int) -> dict[str, str]:
    """A point in time as DynamoDB's TTL reads it: seconds since 1970."""
    return {"N": str(int(time()) + seconds)}
