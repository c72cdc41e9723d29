"""How far a training is: for its log, and for who waits for it."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import click
import keras

from training.runs import LOGGED, Epoch, Run


class Progress(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """A line per epoch in the run's log and on standard error; on a terminal, one that moves meanwhile."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._shown = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Start the clock."""
        self._epoch, self._began = epoch, time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Redraw, twice a second at most."""
        now = time.monotonic()
        if now - self._shown < 0.5 or not sys.stderr.isatty():
            return
        self._shown = now
        done = (batch + 1) / self.params["steps"]
        epoch = (now - self._began) / done
        left = epoch * (self.params["epochs"] - self._epoch - done)
        accuracy = (logs or {}).get("accuracy", 0.0)
        line = f"{self._title()}  {done:4.0%}  training {accuracy:.1%}  {_duration(left)} left"
        click.echo(f"\r{line}\033[K", err=True, nl=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """One line that stays."""
        logs = logs or {}
        done = Epoch(epoch + 1, *(float(logs[name]) for name in LOGGED))
        self._run.add(done)
        took = time.monotonic() - self._began
        left = took * (self.params["epochs"] - epoch - 1)
        line = (
            f"{self._title()}  training {done.accuracy:.1%}  PublicTest {done.public_accuracy:.1%}"
            f"  {_duration(took)}  {_duration(left)} left"
        )
        click.echo(f"\r{line}\033[K" if sys.stderr.isatty() else line, err=True)

    def _title(self) -> str:
        return f"Epoch {self._epoch + 1:2}/{self.params['epochs']}"


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
