"""Greedy layer-wise pretraining of dense layers as denoising autoencoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PretrainedEncoder(layers.Layer):
    """Stack of dense layers, each first trained as a denoising autoencoder of its input.

    During the first `examples_per_layer` training examples the first layer alone learns to
    reconstruct its input from a copy in which some entries were set to zero; then the second learns
    the same of the first's output, and so on. Meanwhile the stack's output is zero, so that no
    gradient of the task reaches it. After the last layer, and always in inference, it is an
    ordinary stack of dense layers.

    Args:
        hidden_layers: units of each layer.
        activation: activation function of each layer.
        examples_per_layer: number of training examples for which each layer is pretrained; 0 for no
            pretraining.
        noise_rate: fraction of a layer's inputs that are set to zero in pretraining.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, hidden_layers[-1])`.

    Reference:
        [Greedy Layer-Wise Training of Deep Networks](https://papers.nips.cc/paper/3048) (Bengio et
        al., 2006), [Extracting and Composing Robust
        Features](https://doi.org/10.1145/1390156.1390294) (Vincent et al., 2008)
    """

    def __init__(
        self,
        hidden_layers: Sequence[int],
        activation: str = "relu",
        examples_per_layer: int = 0,
        noise_rate: float = 0.3,
        **options: Any,
    ):
        super().__init__(**options)
        self.hidden_layers, self.activation = tuple(hidden_layers), activation
        self.examples_per_layer, self.noise_rate = examples_per_layer, noise_rate
        self.encoders = [
            layers.Dense(
                width, activation=activation, name=f"hidden_{number}", dtype=self.dtype_policy
            )
            for number, width in enumerate(self.hidden_layers, 1)
        ]
        self.decoders: list[layers.Dense] = []
        self.noise = layers.Dropout(noise_rate, dtype=self.dtype_policy)

    def build(self, input_shape: Any) -> None:
        """Create the weights, those of decoders only where there is pretraining."""
        shape = tuple(input_shape)
        for number, encoder in enumerate(self.encoders, 1):
            encoder.build(shape)
            if self.examples_per_layer:
                decoder = layers.Dense(shape[-1], name=f"decoder_{number}", dtype=self.dtype_policy)
                decoder.build((None, encoder.units))
                self.decoders.append(decoder)
            shape = (None, encoder.units)
        if self.examples_per_layer:
            self.seen = self.add_weight(
                name="seen", initializer="zeros", trainable=False, dtype="float32"
            )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode a batch; in training, also add the loss of the layer that is being pretrained.

        Args:
            inputs: `(batch, features)`.
            training: whether examples count towards pretraining.

        Returns:
            `(batch, hidden_layers[-1])`, zeros as long as a layer is being pretrained.
        """
        if not (training and self.examples_per_layer):
            for encoder in self.encoders:
                inputs = encoder(inputs)
            return inputs
        stage = ops.floor(self.seen / self.examples_per_layer)  # index of the layer in pretraining
        self.seen.assign_add(ops.cast(ops.shape(inputs)[0], "float32"))
        x = inputs
        for index, (encoder, decoder) in enumerate(zip(self.encoders, self.decoders, strict=True)):
            source = ops.stop_gradient(x)  # the layers below are pretrained already
            code = encoder(self.noise(source, training=True))
            restored = decoder(code)  # (batch, features of source)
            error = ops.mean(ops.square(restored - source))
            # Stages are a tensor, so that one graph serves all of them: losses are masked instead.
            self.add_loss(ops.where(stage == index, error, ops.zeros_like(error)))
            x = encoder(x)
        return ops.where(stage < len(self.encoders), ops.zeros_like(x), x)  # (batch, units)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(batch, hidden_layers[-1])`."""
        return (input_shape[0], self.hidden_layers[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = ("hidden_layers", "activation", "examples_per_layer", "noise_rate")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
