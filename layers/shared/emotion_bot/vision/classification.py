"""What an emotion classifier is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class EmotionClassifier(Protocol):
    """Says how faces look."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `predict` mean."""
        ...

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, len(labels)), of grey faces, uint8 (N, 48, 48); N may be 0."""
        ...
