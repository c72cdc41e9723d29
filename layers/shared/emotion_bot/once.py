"""Each update answered once: a table remembers it for longer than Telegram repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function

from emotion_bot.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from emotion_bot.jobs import Job

KEY_PREFIX: Final = "update"
REMEMBERED: Final = 25 * 60 * 60
"""Seconds. Telegram may send an update again for 24 hours."""


def configure(table: BasePersistenceLayer) -> None:
    """To be done before jobs share the table: those of the first batch would meet it half configured."""
    table.configure(_config(), key_prefix=KEY_PREFIX)


def once(answer: Callable[[], None], job: Job, table: BasePersistenceLayer, context: LambdaContext) -> None:
    """Answer a job, unless its update is answered, and remember that.

    Raises:
        IdempotencyAlreadyInProgressError: another attempt is at work.
        Exception: whatever `answer` raises; then nothing is remembered, so that another attempt can follow.
    """
    is_answered = False

    def work(*, job: Job) -> None:  # noqa: ARG001 - what it is known by
        nonlocal is_answered
        answer()
        is_answered = True

    try:
        idempotent_function(
            work,
            data_keyword_argument="job",
            persistence_store=table,
            config=_config(context),
            key_prefix=KEY_PREFIX,
        )(job=job)
    except Exception:
        if not is_answered:
            raise
        # To fail now would send the answer a second time.
        logger.exception(f"{job.kind} answered, but not remembered", update_id=job.update_id)


def _config(context: LambdaContext | None = None) -> IdempotencyConfig:
    """An update is remembered by its id; an attempt counts as at work until its invocation's time is up."""
    return IdempotencyConfig(
        event_key_jmespath="update_id",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=REMEMBERED,
        lambda_context=context,
    )
