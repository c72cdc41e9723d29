"""Which quota binds first as the bot grows: each limit, what a photo asks of it, and when it is reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.costs.use import AWS_CALL, FILE, GET_FILE, SEND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.costs.stack import Stack
    from infra.costs.use import Times

ROUND_TRIP: Final = 0.030
"""Seconds between Telegram and the webhook, assumed: its bots' servers stand in Amsterdam."""
CONNECTIONS, MOST_CONNECTIONS = 40, 100
"""setWebhook's `max_connections`: its default, which the registrar leaves as it is, and its most."""
MESSAGES, PAID_MESSAGES = 30.0, 1000.0
"""A second, to all chats together; the second for 0.1 Stars each above the first (`allow_paid_broadcast`)."""


@dataclass(frozen=True)
class Quota:
    """A limit, and what one photo uses of it."""

    name: str
    demand: float
    unit: str
    """Of what; the demand is so much of it for each photo, or so much at one time for a photo each second."""
    limit: float
    raise_by: str
    source: str

    @property
    def binds_at(self) -> float:
        """Photos a second."""
        return self.limit / self.demand if self.demand else math.inf


def batched(took: Times, batch: int) -> float:
    """Seconds of an invocation with so many photos: they share the waiting."""
    return GET_FILE + FILE + batch * (took.overhead + took.recognise) + SEND + AWS_CALL


def quotas(took: Times, measured: Mapping[str, Any], stack: Stack) -> list[Quota]:
    """All limits on a photo's way, those that bind first at the top."""
    use = measured["use"]["litert"]
    writes = sum(
        use[function]["calls"].get(name, 0)
        for function in ("webhook", "recognizer")
        for name in ("PutItem", "UpdateItem")
    )
    share, full = stack.batch, batched(took, stack.batch)
    recognizers, webhooks = full / share, took.webhook
    connected = took.webhook + ROUND_TRIP
    lambda_docs, telegram_docs = "Lambda, quotas", "Bots FAQ"
    found = [
        Quota(
            "Telegram: messages to all chats",
            1,
            "messages",
            MESSAGES,
            f"paid broadcast: {PAID_MESSAGES:,.0f} a second",
            telegram_docs,
        ),
        Quota(
            "Telegram: messages to all chats, paid", 1, "messages", PAID_MESSAGES, "nothing", telegram_docs
        ),
        Quota(
            "`MaximumConcurrency`, the template's default",
            recognizers,
            "recognizers",
            stack.concurrency,
            "the parameter, up to 1,000",
            "infra/template.yaml",
        ),
        Quota(
            "Telegram: connections to the webhook, by default",
            connected,
            "connections",
            CONNECTIONS,
            "`max_connections` of setWebhook, up to 100; more memory for the webhook",
            "Bot API, setWebhook",
        ),
        Quota(
            "Telegram: connections to the webhook, at most",
            connected,
            "connections",
            MOST_CONNECTIONS,
            "more memory for the webhook; then another bot",
            "Bot API, setWebhook",
        ),
        Quota(
            "Lambda: concurrency of a new account",
            recognizers + webhooks,
            "executions",
            10,
            "AWS raises it by itself, or when asked",
            lambda_docs,
        ),
        Quota(
            "Lambda: concurrency of an account",
            recognizers + webhooks,
            "executions",
            1000,
            "Service Quotas",
            lambda_docs,
        ),
        Quota(
            "Lambda: requests to a function, 10 for each execution of the quota",
            1,
            "requests",
            10_000,
            "with the concurrency",
            lambda_docs,
        ),
        Quota(
            "event source: `MaximumConcurrency` at most",
            recognizers,
            "recognizers",
            1000,
            "a second queue",
            "Lambda, SQS scaling",
        ),
        Quota(
            "DynamoDB: a new table on demand",
            writes,
            "write units",
            4000,
            "warm throughput, or time: it doubles by itself",
            "DynamoDB, on-demand capacity",
        ),
        Quota(
            "DynamoDB: a table on demand", writes, "write units", 40_000, "Service Quotas", "DynamoDB, quotas"
        ),
        Quota("SQS: messages in flight", full, "messages", 120_000, "AWS support", "SQS, quotas"),
        Quota(
            "CloudWatch Logs: PutLogEvents",
            1 + 1 / share,
            "calls",
            5000,
            "Service Quotas",
            "CloudWatch Logs, quotas",
        ),
    ]
    if stack.webhook_concurrency:
        found.append(
            Quota(
                "executions reserved for the webhook, with `ReserveConcurrency`",
                webhooks,
                "executions",
                stack.webhook_concurrency,
                "infra/template.yaml",
                "infra/template.yaml",
            )
        )
    return sorted(found, key=lambda quota: quota.binds_at)


@dataclass(frozen=True)
class Burst:
    """A limit on how fast environments may start."""

    name: str
    demand: float
    """Of one cold start."""
    limit: float
    """A second."""
    raise_by: str
    source: str

    @property
    def starts(self) -> float:
        """Cold starts a second."""
        return self.limit / self.demand if self.demand else math.inf


def bursts(measured: Mapping[str, Any]) -> list[Burst]:
    """What cold starts ask of a service; a warm bot asks nothing of these."""
    calls = measured["use"]["litert"]["cold"]["calls"]
    parameters, objects = calls.get("GetParameter", 0) / 2, calls.get("S3 GET", 0)
    return sorted(
        (
            Burst(
                "SSM: GetParameter",
                parameters,
                40,
                "`aws ssm update-service-setting`: higher throughput, billed",
                "Systems Manager, quotas",
            ),
            Burst(
                "event source: 300 batches more a minute",
                1,
                5,
                "provisioned pollers, billed",
                "Lambda, SQS scaling",
            ),
            Burst(
                "Lambda: 1,000 environments of a function in 10 s",
                1,
                100,
                "nothing",
                "Lambda, scaling behavior",
            ),
            Burst("KMS: Decrypt", parameters, 10_000, "Service Quotas", "KMS, quotas"),
            Burst(
                "S3: GET under one prefix",
                objects,
                5500,
                "nothing; a bundle is asked for once a start",
                "S3, performance",
            ),
        ),
        key=lambda burst: burst.starts,
    )
