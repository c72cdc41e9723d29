"""Each thing said once for each update: a table remembers it for longer than Telegram repeats updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function

from emotion_bot.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from emotion_bot.jobs import Job

ANSWERED: Final = "update"
APOLOGISED: Final = "apology"
"""What the keys of the table begin with, for answers and for farewells."""
REMEMBERED: Final = 25 * 60 * 60
"""Seconds. Telegram may send an update again for 24 hours."""


def configure(table: BasePersistenceLayer, prefix: str) -> None:
    """Give a table its kind of keys; before jobs share it, or those of the first batch meet it half done."""
    table.configure(_config(), key_prefix=prefix)


def once(say: Callable[[], None], job: Job, table: BasePersistenceLayer, context: LambdaContext) -> bool:
    """Say something to the sender of a job, unless that is done, and remember it.

    Returns:
        Whether it is remembered; if not, it may be said again.

    Raises:
        IdempotencyAlreadyInProgressError: another attempt is at work.
        Exception: whatever `say` raises; then nothing is remembered, so that another attempt can follow.
    """
    is_said, failure = False, None

    def work(*, job: Job) -> None:  # noqa: ARG001 - what it is known by
        nonlocal is_said, failure
        try:
            say()
        except Exception as error:
            failure = error
            raise
        is_said = True

    try:
        idempotent_function(
            work,
            data_keyword_argument="job",
            persistence_store=table,
            config=_config(context),
            key_prefix=table.function_name,
        )(job=job)
    except Exception as error:
        if not is_said:
            # Not that the table could not let go of the attempt, which it does by itself.
            raise failure or error from None
        # To fail now would say it a second time.
        logger.exception(f"{job.kind} answered, but not remembered", update_id=job.update_id)
        return False
    return True


def _config(context: LambdaContext | None = None) -> IdempotencyConfig:
    """An update is remembered by its id; an attempt counts as at work until its invocation's time is up."""
    return IdempotencyConfig(
        event_key_jmespath="update_id",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=REMEMBERED,
        lambda_context=context,
    )
