"""The phrases that every sentence about faces is made of: how one looks, how sure that is, how many do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from emotion_bot.chat.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emotion_bot.chat.faces import SeenFace

_UNCLEAR: Final = "unclear"


def percentages(scores: Mapping[str, float]) -> dict[str, int]:
    """Shares as whole numbers that sum to 100, the largest first (method of the largest remainder).

    Example:
        >>> percentages({"happy": 0.335, "sad": 0.33, "neutral": 0.335})
        {'happy': 34, 'neutral': 33, 'sad': 33}
    """
    total = sum(scores.values())
    shares = {name: 100 * score / total for name, score in scores.items()}
    missing = 100 - sum(map(int, shares.values()))
    raised = sorted(shares, key=lambda name: int(shares[name]) - shares[name])[:missing]
    best_first = sorted(shares, key=shares.__getitem__, reverse=True)
    return {name: int(shares[name]) + (name in raised) for name in best_first}


class Looks(Catalogue):
    """Phrases of one language, to be put into sentences."""

    def label(self, face: SeenFace) -> str:
        """What stands beside a face in the picture; drawn by OpenCV, so letters, digits and signs only."""
        if not face.candidates:
            return self._words.gettext("too small to tell")
        if len(face.candidates) > 1:
            return self._hard_to_tell(*map(self._name, face.candidates))
        (emotion,) = face.candidates
        sure = self._percent(percentages(face.scores)[emotion])
        return self._words.gettext("%(looks)s %(percentage)s") % {
            "looks": self._looks(emotion),
            "percentage": sure,
        }

    def _hard_to_tell(self, first: str, second: str) -> str:
        return self._words.gettext("hard to tell: %(either)s") % {"either": self._either(first, second)}

    def _either(self, first: str, second: str) -> str:
        return self._words.gettext("%(first)s or %(second)s") % {"first": first, "second": second}

    def _scored(self, emotion: str, percentage: int) -> str:
        return f"{self._name(emotion)} {self._percent(percentage)}"

    def _faces(self, faces: Sequence[SeenFace]) -> str:
        """Several of them, counted by how they look."""
        counts = Counter(face.candidates[0] if len(face.candidates) == 1 else _UNCLEAR for face in faces)
        unclear = counts.pop(_UNCLEAR, 0)
        parts = [self._counted(emotion, count) for emotion, count in counts.most_common()]
        if unclear:
            parts.append(self._counted(_UNCLEAR, unclear))
        return ", ".join(parts)

    def _counted(self, look: str, count: int) -> str:
        """So many faces that look so: many a language has the adjective agree with the number."""
        return {
            "happy": self._words.ngettext("%(count)d happy", "%(count)d happy", count),
            "sad": self._words.ngettext("%(count)d sad", "%(count)d sad", count),
            "neutral": self._words.ngettext("%(count)d neutral", "%(count)d neutral", count),
            _UNCLEAR: self._words.ngettext("%(count)d unclear", "%(count)d unclear", count),
        }[look] % {"count": count}

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

    def _percent(self, number: int) -> str:
        return self._words.gettext("%(number)d%%") % {"number": number}
