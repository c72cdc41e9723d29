"""What people have a right to know: that a program guesses, how well, and what is kept of them."""

from __future__ import annotations

from emotion_bot.chat.looks import Looks
from emotion_bot.chat.menu import Menu


class Notices(Menu, Looks):
    """The notices of one language."""

    @property
    def start(self) -> str:
        """The greeting, with the notice that people have a right to (EU AI Act, Article 50(3))."""
        return "\n\n".join(
            [
                self._words.gettext(
                    "Hello! Send me a photo, and I will look for faces in it and say of each whether it "
                    "looks happy, sad or neutral."
                ),
                self._words.gettext(
                    "Please note: a computer program guesses the emotion from the picture of the face. It "
                    "judges how a face looks, not what the person feels, and it is often wrong. Send photos "
                    "of other people only if they agree. Do not use my answers to decide anything about a "
                    "person, least of all at work, at school or in studies, where the law of the European "
                    "Union forbids it."
                ),
                self._albums_and_groups,
                self._listed("help", "privacy", "language"),
            ]
        )

    @property
    def _albums_and_groups(self) -> str:
        lines = (
            self._words.gettext(
                "Album: send several photos at once, and you get one answer for all of them."
            ),
            self._words.gettext(
                "Group: reply to a photo with /emotion, mention me in a photo's caption, or send a photo in "
                "reply to me. I look at nothing else there."
            ),
        )
        return bullets(*lines)

    @property
    def privacy(self) -> str:
        """What is kept, where, and how long."""
        kept = (
            self._words.gettext(
                "Queue: until you have your answer, the numbers of your chat, topic, message, album and "
                "file, the file's size, and your language. Usually for seconds; when something fails, for "
                "at most 14 days after the last try."
            ),
            self._words.gettext(
                "Table: for about 25 hours, the number of each message that was answered or apologised for, "
                "as a hash, so that nobody is answered twice. For an album, its own number and those of its "
                "chat and messages for as long, and those of its files until it is answered."
            ),
            self._words.gettext(
                "Limit: for about 5 minutes, the number of your chat and those of the messages that came "
                "from it within a minute, so that one chat cannot make all others wait."
            ),
            self._words.gettext(
                "Language: if you choose one with /language, it is kept in the table with the number of the "
                "chat, for a year after it was last chosen."
            ),
            self._words.gettext(
                "Buttons: they carry the figures of a face inside Telegram's own message, and I keep no "
                "copy. “%(wrong)s” adds one to a counter; neither the photo nor who pressed it is kept with "
                "that."
            )
            % {"wrong": self.wrong_button},
            self._words.gettext(
                "Logs: message numbers, counts and durations, for 14 days unless whoever runs me set "
                "another time. No photos, no texts, no names, no emotions."
            ),
            self._words.gettext(
                "Statistics: how much I did and how long it took, with no number of a chat or message, for "
                "up to 15 months."
            ),
        )
        return "\n\n".join(
            [
                self.command_descriptions["privacy"],
                self._words.gettext(
                    "I fetch it from Telegram and hold it in memory only while I answer. It is not stored, "
                    "nor is the answer, and neither is used to train anything. I keep no profile of you."
                ),
                self._words.gettext("What is kept, and for how long:") + "\n" + bullets(*kept),
                self._words.gettext(
                    "All of it is encrypted where it is kept, and deleted automatically; in the table, that "
                    "may take a few days longer."
                ),
                self._words.gettext(
                    "To delete the chosen language at once, send /delete. The chat itself is kept by "
                    "Telegram: delete there what you no longer want."
                ),
            ]
        )

    @property
    def wrong_button(self) -> str:
        """Under every answer to a single photo."""
        return self._words.gettext("Wrong?")

    def about(
        self, version: str, accuracy: float | None, faces: int | None, trial: tuple[str, int] | None = None
    ) -> str:
        """Which model answers, how good it is, and where it comes from.

        Args:
            version: of the model.
            accuracy: the share of FER-2013's PrivateTest that it names as people did; None if unknown.
            faces: how many faces these are; None if unknown.
            trial: the version of a model on trial, and how many of 100 photos it looks at.
        """
        parts = [
            self._words.gettext(
                "I am the Emotion Recognition Bot. MTCNN finds the faces; a small neural network, trained "
                "on the photographs of FER-2013, guesses how each looks."
            ),
            self._words.gettext("Model: %(version)s") % {"version": version},
        ]
        if accuracy is not None and faces is not None:
            parts.append(self._accuracy(accuracy, faces))
        if trial is not None:
            version, share = trial
            parts.append(
                self._words.gettext("On trial: the model %(version)s looks at %(percentage)s of the photos.")
                % {"version": version, "percentage": self._percent(share)}
            )
        parts.append(
            self._words.gettext(
                "Source code: the project “emotion-recognition-bot”, free for all under the MIT licence."
            )
        )
        return "\n\n".join(parts)

    def _accuracy(self, accuracy: float, faces: int) -> str:
        return self._words.ngettext(
            "How often I am right: of %(count)d face that the network had never seen (the PrivateTest of "
            "FER-2013), it named %(percentage)s as people did. Expect less with everyday photos.",
            "How often I am right: of %(count)d faces that the network had never seen (the PrivateTest of "
            "FER-2013), it named %(percentage)s as people did. Expect less with everyday photos.",
            faces,
        ) % {"count": faces, "percentage": self._percent(round(100 * accuracy))}

    @property
    def description(self) -> str:
        """What Telegram shows in a chat that is still empty: the first exposure, hence the notice."""
        return self._words.gettext(
            "Send a photo: I find the faces in it and say whether each looks happy, sad or neutral.\n"
            "\n"
            "A computer program guesses this from the picture of the face. It judges how a face looks, not "
            "what the person feels, and it is often wrong. Not for decisions about people, least of all at "
            "work, at school or in studies."
        )

    @property
    def short_description(self) -> str:
        """What Telegram shows on the bot's profile and where it is shared."""
        return self._words.gettext(
            "Finds the faces in a photo and says whether each looks happy, sad or neutral."
        )


def bullets(*lines: str) -> str:
    """Lines of a list."""
    return "\n".join(f"• {line}" for line in lines)
