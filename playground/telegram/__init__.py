"""An emulator of Telegram: the Bot API on one side, people with their chats on the other, all in memory."""

from playground.telegram.clock import Clock
from playground.telegram.emulator import Telegram
from playground.telegram.groups import Group
from playground.telegram.people import Blocked, Person
from playground.telegram.trouble import Chances, Strike

__all__ = ["Blocked", "Chances", "Clock", "Group", "Person", "Strike", "Telegram"]
