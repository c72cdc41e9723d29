"""Telegram in and out: reading updates, commands, texts, sending. Knows no pixels."""

import os

# python-telegram-bot is about to give durations another type, and warns on each until one opts in.
os.environ.setdefault("PTB_TIMEDELTA", "true")
