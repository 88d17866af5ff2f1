"""Dense layers that learn to reconstruct their input, one after the other, before they learn a
task.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PretrainedEncoder(layers.Layer):
    """A stack of dense layers, each first trained as a denoising autoencoder of what the one below
    gives.

    While `examples_per_layer` examples pass in training, the first layer alone learns to restore
    its input from a copy in which some numbers were silenced; then the second learns the same of
    the first's output, and so on. Meanwhile the stack gives zeros, so that nothing of the task
    reaches it. After the last layer it is an ordinary stack of dense layers. In inference it always
    is.

    Args:
        hidden_layers: units of each layer.
        activation: of each layer.
        examples_per_layer: training examples until the next layer's turn; 0 leaves pretraining out.
        noise_rate: share of the input that is silenced.

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
        **options,
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

    def build(self, input_shape):
        """Make the layers' weights, and decoders where there is pretraining."""
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

    def call(self, inputs, training: bool = False):
        """Encode a batch; in training, pretrain whichever layer's turn it is."""
        if not (training and self.examples_per_layer):
            return self._encode(inputs)
        stage = ops.floor(self.seen / self.examples_per_layer)
        self.seen.assign_add(ops.cast(ops.shape(inputs)[0], "float32"))
        x = inputs
        for number, (encoder, decoder) in enumerate(zip(self.encoders, self.decoders, strict=True)):
            source = ops.stop_gradient(x)  # the layers below have had their turn
            restored = decoder(
                encoder(self.noise(source, training=True))
            )  # (batch, features of source)
            error = ops.mean(ops.square(restored - source))
            self.add_loss(ops.where(stage == number, error, ops.zeros_like(error)))
            x = encoder(x)
        return ops.where(stage < len(self.encoders), ops.zeros_like(x), x)  # (batch, units)

    def _encode(self, x):
        for encoder in self.encoders:
            x = encoder(x)
        return x

    def compute_output_shape(self, input_shape):
        """Give `(batch, units)`."""
        return (input_shape[0], self.hidden_layers[-1])

    def get_config(self) -> dict:
        """Give the arguments."""
        own = ("hidden_layers", "activation", "examples_per_layer", "noise_rate")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
