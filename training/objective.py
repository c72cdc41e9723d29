"""What a network is trained for, and what it is judged by while it trains."""

from __future__ import annotations

import keras
from keras import ops

from training.data import RELEASED


@keras.saving.register_keras_serializable("training")
class EmotionLoss(keras.losses.Loss):  # type: ignore[misc] # Keras has no types
    """Cross-entropy over all seven classes, plus that over happy, sad and neutral where one of them is true.

    The second term is the question that the bot asks; the first lets the other classes teach the features.
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "emotion_loss", **kwargs: object) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """One loss per face, (B,), from one-hot labels and logits, both (B, 7)."""
        three_true, three_pred = y_true[:, :RELEASED], y_pred[:, :RELEASED]
        is_released = ops.sum(three_true, axis=-1)
        return self._cross_entropy(y_true, y_pred) + is_released * self._cross_entropy(three_true, three_pred)

    def _cross_entropy(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        smooth = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
        return ops.categorical_crossentropy(smooth, y_pred, from_logits=True)

    def get_config(self) -> dict[str, object]:
        """What Keras saves with the network."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable("training")
class ReleasedAccuracy(keras.metrics.Mean):  # type: ignore[misc] # Keras has no types
    """Share of the happy, sad and neutral faces whose largest logit of these three is the true one."""

    def update_state(
        self,
        y_true: keras.KerasTensor,
        y_pred: keras.KerasTensor,
        sample_weight: object = None,  # noqa: ARG002 - Keras passes it; other faces weigh nothing, the rest alike
    ) -> None:
        """Count a batch: one-hot labels and logits, both (B, 7)."""
        three_true, three_pred = y_true[:, :RELEASED], y_pred[:, :RELEASED]
        hits = ops.equal(ops.argmax(three_true, axis=-1), ops.argmax(three_pred, axis=-1))
        super().update_state(hits, sample_weight=ops.sum(three_true, axis=-1))
