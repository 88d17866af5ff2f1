"""Layers on the numbers of words, and on the letters within each word."""

from __future__ import annotations

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.registration import register

PADDING, UNKNOWN = 0, 1  # as in kerasrecipes.data.tokens


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Embedding(layers.Embedding):
    """`keras.layers.Embedding`, whose gradient is whole: that of a word which a batch has twice is
    one sum.

    On TensorFlow Keras's own gives the parts, and `clipnorm` and `global_clipnorm` take the norm of
    those: gradients are cut where they should not be, or not where they should, and otherwise than
    on JAX.
    """

    def call(self, inputs):
        """Give the vector of each number, `(batch, …, output_dim)`."""
        vectors = ops.convert_to_tensor(self.embeddings)
        if keras.backend.backend() == "tensorflow":
            vectors = (
                vectors * 1.0
            )  # the gradient of a product is dense; TensorFlow leaves the product itself out
        outputs = ops.take(vectors, ops.cast(inputs, "int32"), axis=0)
        return ops.cast(outputs, self.compute_dtype)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class WordDropout(layers.Layer):
    """In training, takes words at random for unknown ones, so that a model learns what to make of
    those.

    Args:
        rate: share of the words.
        seed: of the choice; by default drawn from Keras's own.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, whole numbers of which 0 is padding and 1 the unknown word.

    Output shape:
        The same.

    Reference:
        [Simple and Accurate Dependency Parsing Using Bidirectional LSTM Feature Representations](
        https://arxiv.org/abs/1603.04351) (Kiperwasser and Goldberg, 2016)
    """

    def __init__(self, rate: float, seed: int | None = None, **options):
        super().__init__(**options)
        if not 0 <= rate < 1:
            raise UserError(f"word_dropout_rate={rate}: must be at least 0 and below 1")
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        """Give the numbers, in training some of them 1."""
        if not training or not self.rate:
            return inputs
        drawn = keras.random.uniform(ops.shape(inputs), seed=self.generator)  # (batch, time)
        hidden = ops.logical_and(drawn < self.rate, ops.not_equal(inputs, PADDING))
        return ops.where(hidden, ops.full_like(inputs, UNKNOWN), inputs)

    def compute_output_shape(self, input_shape):
        """Give the shape as it is."""
        return input_shape

    def get_config(self) -> dict:
        """Give the arguments."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@register(old_name="Beside")
class ConcatFeatures(layers.Layer):
    """Puts features of words side by side; the mask is that of the first.

    Keras's `Concatenate` takes a word for real where any of its inputs has no mask, padding too.

    Input shape:
        Two or more of `(batch, time, features)`.

    Output shape:
        `(batch, time, sum of features)`.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs):
        """Give all features of each word."""
        return ops.concatenate(inputs, axis=-1)

    def compute_mask(self, inputs, mask=None):
        """Give the first input's mask."""
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape):
        """Give `(batch, time, features)`."""
        return (*input_shape[0][:-1], sum(shape[-1] for shape in input_shape))


@register(old_name="EachWord")
class TimeDistributedRNN(layers.Layer):
    """Applies a recurrent layer to the letters of each word on its own.

    Args:
        layer: from `(batch, letters, features)` to `(batch, units)`; it obeys a mask.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, letters, features)`, with a mask `(batch, time, letters)`.

    Output shape:
        `(batch, time, units)`.
    """

    def __init__(self, layer: layers.Layer, **options):
        super().__init__(**options)
        self.layer = layer
        self.supports_masking = True

    def build(self, input_shape):
        """Make the inner layer's variables."""
        self.layer.build((None, *input_shape[2:]))
        self.built = True

    def call(self, inputs, mask=None, training=False):
        """Give a vector for each word."""
        batch, time = ops.shape(inputs)[0], ops.shape(inputs)[1]
        folded = ops.reshape(inputs, (-1, *inputs.shape[2:]))  # (batch * time, letters, features)
        letters = None if mask is None else ops.reshape(mask, (-1, inputs.shape[2]))
        outputs = self.layer(folded, mask=letters, training=training)  # (batch * time, units)
        return ops.reshape(outputs, (batch, time, outputs.shape[-1]))

    def compute_mask(self, inputs, mask=None):
        """Give a mask of words: those with letters."""
        return None if mask is None else ops.any(mask, axis=-1)

    def compute_output_shape(self, input_shape):
        """Give `(batch, time, units)`."""
        return (*input_shape[:2], self.layer.compute_output_shape((None, *input_shape[2:]))[-1])

    def get_config(self) -> dict:
        """Give the arguments."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict) -> TimeDistributedRNN:
        """Make the layer and its inner one."""
        return cls(keras.saving.deserialize_keras_object(config.pop("layer")), **config)
