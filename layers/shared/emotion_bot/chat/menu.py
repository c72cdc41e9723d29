"""The commands, and what the menu says that each is for."""

from __future__ import annotations

from typing import Final, Literal, get_args

from emotion_bot.chat.catalogue import Catalogue

Command = Literal["start", "emotion", "help", "privacy", "language", "delete", "about"]
COMMANDS: Final[tuple[Command, ...]] = get_args(Command)


class Menu(Catalogue):
    """The commands of one language."""

    @property
    def command_descriptions(self) -> dict[Command, str]:
        """What Telegram shows in the menu of commands."""
        return {
            "start": self._words.gettext("What I am"),
            "emotion": self._words.gettext("In reply to a photo: how do the faces look?"),
            "help": self._words.gettext("How to get good answers"),
            "privacy": self._words.gettext("What happens to your photo"),
            "language": self._words.gettext("Choose the language of this chat"),
            "delete": self._words.gettext("Delete what I keep about this chat"),
            "about": self._words.gettext("How I work, and how often I am right"),
        }

    def _listed(self, *commands: Command) -> str:
        purposes = self.command_descriptions
        lines = (
            self._words.gettext("/%(command)s – %(purpose)s")
            % {"command": command, "purpose": purposes[command]}
            for command in commands
        )
        return "\n".join(lines)
