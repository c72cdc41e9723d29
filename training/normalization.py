"""Batch normalisation as Keras has it, in one pass over memory where TensorFlow trains on a CPU."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("training")
class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc] # Keras has no types
    """Keras' layer, weights and results alike; on TensorFlow its training step is the fused kernel.

    Keras composes the step of single operations, in float32 whatever the precision: half of a training's time
    on two cores.
    """

    def __init__(self, **kwargs: object) -> None:
        # The layer itself keeps its four vectors in float32; what flows through it may be bfloat16.
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})

    def call(
        self, inputs: keras.KerasTensor, training: bool = False, mask: object = None
    ) -> keras.KerasTensor:
        """Normalise (B, H, W, C) over all but the channels."""
        if not training or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf  # noqa: PLC0415 - the other backends go without

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + ops.cast(batch, "float32") * (1 - self.momentum))
        return outputs

    def get_config(self) -> dict[str, object]:
        """What Keras saves with the network."""
        return {name: value for name, value in super().get_config().items() if name != "dtype"}
