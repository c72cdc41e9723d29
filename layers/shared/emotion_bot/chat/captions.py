"""What is said about the faces of one photo: under it, and when a button is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emotion_bot.chat.looks import Looks, percentages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotion_bot.chat.faces import SeenFace

LISTED_FACES: Final = 10
"""So many faces are spelled out in a caption; the rest is counted."""

_FULL, _EMPTY, _SEGMENTS = "▰", "▱", 10
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


class Captions(Looks):
    """How the faces of one photo look."""

    def caption(self, faces: Sequence[SeenFace], more: int = 0) -> str:
        """What the faces look like, and how many there are besides.

        Args:
            faces: left to right, at least one.
            more: how many faces were found but, being too many, not looked at.
        """
        if len(faces) == 1:
            lines = [self._only(faces[0]), *self._shown(faces[0])]
        else:
            lines = [self._heading(len(faces))]
            lines += [f"{number}. {self._line(face)}" for number, face in enumerate(faces[:LISTED_FACES], 1)]
            if len(faces) > LISTED_FACES:
                lines.append(self._rest(faces[LISTED_FACES:]))
            if not any(face.candidates for face in faces):
                lines += ["", self._closer()]
        if more:
            lines += ["", self._left_out(more)]
        return "\n".join(lines)

    def details(self, number: int, count: int, face: SeenFace) -> str:
        """All that is known of one face, for an alert.

        Args:
            number: which face it is, from the left, from 1.
            count: how many faces the photo has.
            face: how it looks.
        """
        sentence = self._only(face) if count == 1 else self._one_of(number, count, face)
        width, height = face.size
        size = self._words.gettext("Size: %(width)d × %(height)d px") % {"width": width, "height": height}
        return "\n".join([sentence, *self._shown(face), "", size])

    def _shown(self, face: SeenFace) -> list[str]:
        """What follows the sentence on one face: its scores, or, where it is too small, what to do."""
        return ["", *self._bars(face)] if face.candidates else [self._closer()]

    def _only(self, face: SeenFace) -> str:
        """The only face of a photo."""
        if not face.candidates:
            return self._words.gettext("This face is too small to tell how it looks.")
        if len(face.candidates) == 1:
            return self._words.gettext("This face %(looks)s.") % {"looks": self._looks(face.candidates[0])}
        either = {"either": self._either(*map(self._name, face.candidates))}
        return self._words.gettext("It is hard to tell whether this face looks %(either)s.") % either

    def _one_of(self, number: int, count: int, face: SeenFace) -> str:
        """One face of several."""
        which: dict[str, object] = {"number": number, "count": count}
        if not face.candidates:
            return (
                self._words.gettext("Face %(number)d of %(count)d is too small to tell how it looks.") % which
            )
        if len(face.candidates) == 1:
            which |= {"looks": self._looks(face.candidates[0])}
            return self._words.gettext("Face %(number)d of %(count)d %(looks)s.") % which
        which |= {"either": self._either(*map(self._name, face.candidates))}
        return (
            self._words.gettext("It is hard to tell whether face %(number)d of %(count)d looks %(either)s.")
            % which
        )

    def _line(self, face: SeenFace) -> str:
        """One face of several: how it looks and its scores, in one line that breaks between these only."""
        if not face.candidates:
            return self.label(face)
        scores = percentages(face.scores)
        named = {emotion: _whole(self._scored(emotion, scores[emotion])) for emotion in scores}
        if len(face.candidates) == 1:
            first = _whole(self.label(face))
        else:
            first = self._hard_to_tell(*(named[emotion] for emotion in face.candidates))
        others = [text for emotion, text in named.items() if emotion not in face.candidates]
        return f"{_NO_BREAK}· ".join([first, *others])

    def _bars(self, face: SeenFace) -> list[str]:
        """A line for each emotion, best first; names come last, so that the bars stand below each other."""
        lines = []
        for emotion, percentage in percentages(face.scores).items():
            full = (percentage * _SEGMENTS + 50) // 100
            bar = _FULL * full + _EMPTY * (_SEGMENTS - full)
            lines.append(_whole(f"{bar} {self._percent(percentage)} {self._name(emotion)}"))
        return lines

    def _heading(self, count: int) -> str:
        return self._words.ngettext(
            "%(count)d face, from left to right:", "%(count)d faces, from left to right:", count
        ) % {"count": count}

    def _rest(self, faces: Sequence[SeenFace]) -> str:
        rest = {"count": len(faces), "faces": self._faces(faces)}
        return (
            self._words.ngettext("and %(count)d more: %(faces)s", "and %(count)d more: %(faces)s", len(faces))
            % rest
        )

    def _left_out(self, count: int) -> str:
        return self._words.ngettext(
            "I did not look at %(count)d more face: there are too many in this photo.",
            "I did not look at %(count)d more faces: there are too many in this photo.",
            count,
        ) % {"count": count}

    def _closer(self) -> str:
        return self._words.gettext("Please send a photo taken from closer up.")


def _whole(text: str) -> str:
    """The text, never broken over two lines."""
    return text.replace(" ", _NO_BREAK)
