"""What the commands are answered, and whoever presses a button."""

from __future__ import annotations

from typing import Literal

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.notices import Notices, bullets


class Commands(Notices):
    """The answers of one language."""

    def reply(self, command: Literal["start", "help", "privacy"] | None) -> str:
        """The answer to a command that needs nothing but words; None is one that the bot does not know."""
        match command:
            case "start":
                return self.start
            case "help":
                return self.help
            case "privacy":
                return self.privacy
            case None:
                return self._words.gettext("I do not know this command. Send me a photo, or see /help.")

    @property
    def help(self) -> str:
        """How to use the bot."""
        readings = (
            self._words.gettext("The percentage says how sure the program is."),
            self._words.gettext("“Hard to tell”: it cannot decide, so I name the two likeliest."),
            self._words.gettext("“Too small to tell”: too few pixels for a guess."),
            self._words.gettext("Several faces are numbered from left to right."),
            self._words.gettext(
                "The buttons show all the figures for a face, and let you tell me that I got it wrong."
            ),
        )
        return "\n\n".join(
            [
                self._words.gettext(
                    "Send me a photo, or a picture as a file: JPEG, PNG, WebP or HEIC, at most "
                    "%(megabytes)d MB. I send it back with a box around each face and a guess at how it "
                    "looks: happy, sad or neutral."
                )
                % {"megabytes": Limit.DOWNLOAD_BYTES >> 20},
                self._words.gettext(
                    "It works best when a face is well lit, seen from the front and not too small."
                ),
                self._words.gettext("How to read my answer:") + "\n" + bullets(*readings),
                self._albums_and_groups,
                self._listed("privacy", "language", "delete", "about", "start"),
            ]
        )

    @property
    def emotion_usage(self) -> str:
        """To /emotion without a photo."""
        return self._words.gettext(
            "Which photo? Reply to one with /emotion, or send one with /emotion as its caption."
        )

    @property
    def language_question(self) -> str:
        """Over the buttons that choose a language."""
        return self._words.gettext(
            "Which language shall I use in this chat? “%(automatic)s” means the language of your Telegram "
            "app."
        ) % {"automatic": self.language_automatic}

    @property
    def language_automatic(self) -> str:
        """The button that undoes the choice."""
        return self._words.gettext("As in my app")

    @property
    def language_chosen(self) -> str:
        """An alert, in the new language."""
        return self._words.gettext("From now on, I will write in English in this chat.")

    @property
    def deleted(self) -> str:
        """To /delete."""
        return self._words.gettext(
            "Done: no language is kept for this chat any more. Besides that, I keep only the numbers that "
            "/privacy lists; they are deleted automatically.\n"
            "\n"
            "What was written in this chat is kept by Telegram: delete there what you no longer want."
        )

    @property
    def counted(self) -> str:
        """An alert to whoever says that the answer is wrong."""
        return self._words.gettext(
            "Thank you! I have counted one more mistake. Nothing else is kept: neither the photo nor who "
            "said so."
        )
