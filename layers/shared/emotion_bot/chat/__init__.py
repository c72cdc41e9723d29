"""Telegram in and out: reading updates, commands, texts, sending. Knows no pixels."""
