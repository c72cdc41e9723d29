"""What stops a deployment: one sentence for the person, with what to do."""

from __future__ import annotations


class Refusal(Exception):
    """The message says what is wrong, and what to do about it."""
