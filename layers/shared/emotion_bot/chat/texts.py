"""Every sentence that the bot says. English stands here, the other languages in `locale/`."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from emotion_bot.chat.constants import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

Command = Literal["start", "help", "privacy"]
COMMANDS: Final[tuple[Command, ...]] = get_args(Command)

LANGUAGES: Final = ("en", "ru")
"""The first is what everybody else gets."""

DOMAIN: Final = "emotion_bot"
LOCALE: Final = Path(__file__).with_name("locale")

LISTED_FACES: Final = 10
"""So many faces are spelled out in a caption; the rest is counted."""

_MEGABYTES: Final = Limit.DOWNLOAD_BYTES >> 20


def language_of(code: object) -> str:
    """One of LANGUAGES for a language tag such as Telegram's `language_code`; English where in doubt."""
    primary = code.replace("_", "-").partition("-")[0].lower() if isinstance(code, str) else ""
    return primary if primary in LANGUAGES else LANGUAGES[0]


@lru_cache
def texts(language: str) -> Texts:
    """The bot's sentences in one of LANGUAGES; English for any other."""
    return Texts(language)


class Texts:
    """The bot's sentences in one language, as plain text.

    Example:
        >>> texts("en").label(["happy"], 0.931)
        'looks happy 93 %'
        >>> print(texts("en").caption([(["happy"], 0.931), (["neutral", "sad"], 0.45)]))
        2 faces, from left to right:
        1. looks happy, 93 %
        2. hard to tell: neutral or sad
    """

    def __init__(self, language: str) -> None:
        # English needs no catalogue: what is not translated stays as it is written here.
        self._words = gettext.translation(DOMAIN, LOCALE, [language], fallback=True)

    def reply(self, command: Command | None) -> str:
        """The answer to a command; None is one that the bot does not know."""
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
    def start(self) -> str:
        """The greeting, with the notice that people have a right to (EU AI Act, Article 50(3))."""
        return self._words.gettext(
            "Hello! Send me a photo, and I will look for faces in it and say of each whether it looks "
            "happy, sad or neutral.\n"
            "\n"
            "Please know: a computer program guesses the emotion from the picture of the face. It judges "
            "how a face looks, not what the person feels, and it is often wrong. Send photos of other "
            "people only if they agree. Do not use my answers to decide anything about a person, least of"
            " all at work, at school or in studies, where the law of the European Union forbids it.\n"
            "\n"
            "/help: how to get good answers\n"
            "/privacy: what happens to your photo"
        )

    @property
    def help(self) -> str:
        """How to use the bot."""
        return self._words.gettext(
            "Send me a photo, or a picture as a file (JPEG, PNG or WebP, at most %(megabytes)d MB). I "
            "answer with the same photo, a box around each face, and a guess: looks happy, looks sad or "
            "looks neutral. The percentage says how sure the program is. Where it "
            'cannot choose, I say "hard to tell" and name the two likeliest. Several faces are numbered from '
            "left to right.\n"
            "\n"
            "It works best when a face is well lit, seen from the front and not too small.\n"
            "\n"
            "In a group, mention me in the photo's caption or send the photo as a reply to me: other "
            "photos do not reach me there.\n"
            "\n"
            "/start: what I am\n"
            "/privacy: what happens to your photo"
        ) % {"megabytes": _MEGABYTES}

    @property
    def privacy(self) -> str:
        """What is kept, where, and how long."""
        return self._words.gettext(
            "What happens to your photo\n"
            "\n"
            "• I fetch it from Telegram and hold it in memory only while I answer. It is not stored, "
            "neither is the answer, and neither serves to train anything.\n"
            "• While your photo waits, a queue holds the numbers of your chat, message and file and your "
            "language: usually for seconds, and for at most 14 days when something fails.\n"
            "• A table remembers for about 25 hours, by its number, that a message was answered, so that "
            "nobody is answered twice.\n"
            "• The logs hold message numbers, counts and durations: no photos, no texts, no names, no "
            "emotions.\n"
            "\n"
            "All of it is encrypted where it is kept, and deleted by itself. I have no account of you. "
            "The chat itself is kept by Telegram: delete there what you no longer want."
        )

    @property
    def command_descriptions(self) -> dict[Command, str]:
        """What Telegram shows in the menu of commands."""
        return {
            "start": self._words.gettext("What I am"),
            "help": self._words.gettext("How to get good answers"),
            "privacy": self._words.gettext("What happens to your photo"),
        }

    @property
    def description(self) -> str:
        """What Telegram shows in a chat that is still empty: the first exposure, hence the notice."""
        return self._words.gettext(
            "Send a photo: I find the faces in it and say whether each looks happy, sad or neutral.\n"
            "\n"
            "A computer program guesses this from the picture of the face. It judges how a face looks, "
            "not what the person feels, and it is often wrong. Not for decisions about people, least of "
            "all at work, at school or in studies."
        )

    @property
    def short_description(self) -> str:
        """What Telegram shows on the bot's profile and where it is shared."""
        return self._words.gettext(
            "Finds the faces in a photo and says whether each looks happy, sad or neutral."
        )

    @property
    def send_a_photo(self) -> str:
        """To everything that the bot cannot use."""
        return self._words.gettext(
            "I understand only photos. Please send me one with a face in it, and I will say how it looks."
        )

    @property
    def oversized(self) -> str:
        """To a file over what a bot can download."""
        return self._words.gettext(
            "This file is over %(megabytes)d MB, more than Telegram lets me fetch. Please send it as a "
            "photo, not as a file: Telegram then makes it smaller."
        ) % {"megabytes": _MEGABYTES}

    @property
    def unreadable(self) -> str:
        """To a file that is no picture, or a broken one."""
        return self._words.gettext(
            "I cannot read this file as a picture. Please send a photo, or a JPEG, PNG or WebP file."
        )

    @property
    def too_many_pixels(self) -> str:
        """To a picture over the limits of vision."""
        return self._words.gettext(
            "This picture has more pixels than I can handle. Please send it as a photo, not as a file: "
            "Telegram then makes it smaller."
        )

    @property
    def no_face(self) -> str:
        """To a photo without a face."""
        return self._words.gettext(
            "I found no face in this photo. Please try one where a face is well lit, seen from the front "
            "and not too small."
        )

    @property
    def apology(self) -> str:
        """When every attempt at a photo has failed."""
        return self._words.gettext(
            "I am sorry: something went wrong on my side, and I could not look at your photo. Please send"
            " it again later."
        )

    def label(self, candidates: Sequence[str], score: float) -> str:
        """What stands beside a face in the picture.

        Args:
            candidates: what the face looks like, or the two emotions between which it is hard to tell.
            score: the probability of the first.
        """
        return self._guess(candidates, f" {_percent(score)}")

    def caption(self, faces: Sequence[tuple[Sequence[str], float]], more: int = 0) -> str:
        """What the faces look like, and how many there are besides.

        Args:
            faces: left to right, at least one: of each what `label` takes.
            more: how many faces were found but, being too many, not classified.
        """
        guesses = [self._guess(candidates, f", {_percent(score)}") for candidates, score in faces]
        if len(faces) == 1:
            lines = [self._only(faces[0][0], guesses[0])]
        else:
            lines = [self._heading(len(faces))]
            lines += [f"{number}. {guess}" for number, guess in enumerate(guesses[:LISTED_FACES], start=1)]
        if len(faces) > LISTED_FACES:
            lines.append(self._unlisted(len(faces) - LISTED_FACES))
        if more:
            lines.append(self._left_out(more))
        return "\n".join(lines)

    def _only(self, candidates: Sequence[str], guess: str) -> str:
        if len(candidates) == 1:
            return self._words.gettext("This face %(looks)s.") % {"looks": guess}
        either = self._either(*candidates)
        return self._words.gettext("This face is hard to tell: %(either)s.") % {"either": either}

    def _guess(self, candidates: Sequence[str], percentage: str) -> str:
        if len(candidates) == 1:
            return self._looks(candidates[0]) + percentage
        return self._words.gettext("hard to tell: %(either)s") % {"either": self._either(*candidates)}

    def _either(self, first: str, second: str) -> str:
        names = {"first": self._name(first), "second": self._name(second)}
        return self._words.gettext("%(first)s or %(second)s") % names

    def _heading(self, count: int) -> str:
        return self._words.ngettext(
            "%(count)d face, from left to right:", "%(count)d faces, from left to right:", count
        ) % {"count": count}

    def _unlisted(self, count: int) -> str:
        return self._words.ngettext("and %(count)d more", "and %(count)d more", count) % {"count": count}

    def _left_out(self, count: int) -> str:
        return self._words.ngettext(
            "I did not look at %(count)d more face: there are too many in this photo.",
            "I did not look at %(count)d more faces: there are too many in this photo.",
            count,
        ) % {"count": count}

    def _looks(self, emotion: str) -> str:
        return {
            "happy": self._words.gettext("looks happy"),
            "sad": self._words.gettext("looks sad"),
            "neutral": self._words.gettext("looks neutral"),
        }[emotion]

    def _name(self, emotion: str) -> str:
        return {
            "happy": self._words.gettext("happy"),
            "sad": self._words.gettext("sad"),
            "neutral": self._words.gettext("neutral"),
        }[emotion]


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
