"""An emulator of Telegram: the Bot API on one side, people with their chats on the other, all in memory."""

from playground.telegram.clock import Clock
from playground.telegram.emulator import Telegram
from playground.telegram.groups import Group
from playground.telegram.people import Person

__all__ = ["Clock", "Group", "Person", "Telegram"]
