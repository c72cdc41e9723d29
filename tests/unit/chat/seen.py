"""Faces to say something about, and the way in which Telegram counts what is said."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from emotion_bot.chat.faces import SeenFace
from emotion_bot.manifest import LABELS

HAPPY = SeenFace(("happy",), {"happy": 0.931, "sad": 0.019, "neutral": 0.05}, (231, 240))
SAD = SeenFace(("sad",), {"happy": 0.1, "sad": 0.85, "neutral": 0.05}, (80, 90))
UNSURE = SeenFace(("neutral", "sad"), {"happy": 0.14, "sad": 0.41, "neutral": 0.45}, (31, 40))
TINY = SeenFace((), {"happy": 0.14, "sad": 0.41, "neutral": 0.45}, (12, 14))


def face(candidates, weights, size):
    total = sum(weights)
    scores = {label: weight / total for label, weight in zip(LABELS, weights, strict=True)}
    best_first = sorted(scores, key=scores.__getitem__, reverse=True)
    return SeenFace(tuple(best_first[:candidates]), scores, size)


FACES = st.builds(
    face,
    st.integers(0, 2),
    st.tuples(*[st.floats(0, 1)] * 3).filter(lambda weights: sum(weights) > 1e-6),
    st.tuples(*[st.integers(1, 99_999)] * 2),
)
A_PERCENTAGE = re.compile(r"(\d+)\N{NO-BREAK SPACE}?%")


def units(text):
    """Telegram counts in these."""
    return len(text.encode("utf-16-le")) // 2


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")
