"""What is said of one face; needs no pixels, so whoever lets them be looked at `apart` knows it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emotion_bot.vision.detection import Box, Landmarks  # noqa: TC001 - `reply` reads the fields' types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from emotion_bot.vision.detection import Detection


@dataclass(frozen=True, slots=True)
class Face:
    """One face: where it is, in pixels of the upright photo, and how it looks."""

    box: Box
    landmarks: Landmarks
    confidence: float
    """The detector's probability that this is a face."""
    scores: dict[str, float]
    """Probability of each emotion; they sum to 1."""
    hard_to_tell: bool = False
    """Whether the largest score is too small to name one emotion only."""
    too_small: bool = False
    """Whether the face has too few pixels to be read at all, whatever its scores."""

    @classmethod
    def of(
        cls,
        detection: Detection,
        labels: Sequence[str],
        probabilities: NDArray[np.float32],
        threshold: float = 0,
        too_small: bool = False,
    ) -> Face:
        """A detection, and the classifier's probabilities, (len(labels),), for it.

        Args:
            threshold: a face whose largest probability is below is hard to tell.
            too_small: no emotion is named.
        """
        shares = probabilities.astype(float)
        scores = dict(zip(labels, (shares / shares.sum()).tolist(), strict=True))
        hard_to_tell = max(scores.values()) < threshold
        return cls(detection.box, detection.landmarks, detection.confidence, scores, hard_to_tell, too_small)

    @property
    def emotion(self) -> str:
        """The emotion with the largest score."""
        return max(self.scores, key=self.scores.__getitem__)

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the face may look like, the best first: its emotion; where hard to tell, the two best.

        None where it is too small.
        """
        if self.too_small:
            return ()
        best_first = sorted(self.scores, key=self.scores.__getitem__, reverse=True)
        return tuple(best_first[: 2 if self.hard_to_tell else 1])

    @property
    def label(self) -> str:
        """What stands beside the face unless the caller says otherwise, as in "looks happy 93%"."""
        if self.too_small:
            return "too small to tell"
        if self.hard_to_tell:
            return f"hard to tell: {' or '.join(self.candidates)}"
        return f"looks {self.emotion} {self.scores[self.emotion]:.0%}"
