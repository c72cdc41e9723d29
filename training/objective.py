"""What a network is trained for, and what it is judged by while it trains."""

from __future__ import annotations

import keras
from keras import ops

from training.data import RELEASED
from training.targets import LABELS, VOTES


@keras.saving.register_keras_serializable("training")
class EmotionLoss(keras.losses.Loss):  # type: ignore[misc] # Keras has no types
    """Cross-entropy over all seven classes, plus that over happy, sad and neutral, plus that over the votes.

    The second term is the question that the bot asks; the first lets the other classes teach the features,
    the third the ten raters of FER+ (Barsoum et al. 2016, arXiv:1608.01041), who saw what one label hides.
    """

    def __init__(self, votes: float = 0.0, name: str = "emotion_loss", **kwargs: object) -> None:
        super().__init__(name=name, **kwargs)
        self.votes = votes

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """One loss per face, (B,), from targets and logits, both (B, 15)."""
        y_true = ops.cast(y_true, "float32")
        loss = sum(
            _cross_entropy(y_true[:, columns], y_pred[:, columns]) for columns in (LABELS, slice(RELEASED))
        )
        return loss + self.votes * _cross_entropy(y_true[:, VOTES], y_pred[:, VOTES])

    def get_config(self) -> dict[str, object]:
        """What Keras saves with the network."""
        return {**super().get_config(), "votes": self.votes}


def _cross_entropy(true: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Of distributions that may be parts of one: a face that is none of these classes costs nothing."""
    return -ops.sum(true * ops.log_softmax(logits, axis=-1), axis=-1)


@keras.saving.register_keras_serializable("training")
class ReleasedAccuracy(keras.metrics.Mean):  # type: ignore[misc] # Keras has no types
    """Share of the happy, sad and neutral faces whose largest logit of these three is the true one.

    Of soft targets: each face counts by its share of the three classes.
    """

    def update_state(
        self,
        y_true: keras.KerasTensor,
        y_pred: keras.KerasTensor,
        sample_weight: object = None,  # noqa: ARG002 - Keras passes it; other faces weigh nothing, the rest alike
    ) -> None:
        """Count a batch: targets and logits, both (B, 15)."""
        three_true, three_pred = y_true[:, :RELEASED], y_pred[:, :RELEASED]
        hits = ops.equal(ops.argmax(three_true, axis=-1), ops.argmax(three_pred, axis=-1))
        super().update_state(hits, sample_weight=ops.sum(three_true, axis=-1))
