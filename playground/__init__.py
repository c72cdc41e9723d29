"""The bot on one machine: a Telegram Bot API emulator with a chat page, local AWS, the real handlers."""
