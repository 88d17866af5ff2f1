"""Embeddings of words, word dropout, and vectors from the characters of each word."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.registration import register

PADDING, UNKNOWN = 0, 1  # token ids, as in kerasrecipes.data.text.tokenizer


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Embedding(layers.Embedding):
    """`keras.layers.Embedding` with a dense gradient, in which a repeated word has one row.

    On TensorFlow the gradient of Keras's own layer is a list of slices, one for each occurrence,
    and `clipnorm` and `global_clipnorm` take the norm of that list: gradients are clipped
    otherwise than they should be, and otherwise than on JAX.

    Input shape:
        `(batch, …)`, token ids.

    Output shape:
        `(batch, …, output_dim)`.
    """

    def call(self, inputs: Any) -> Any:
        """Return the vector of each token id, `(batch, …, output_dim)`."""
        vectors = ops.convert_to_tensor(self.embeddings)
        if keras.backend.backend() == "tensorflow":
            # The gradient of a product is dense; TensorFlow leaves the product itself out.
            vectors = vectors * 1.0
        outputs = ops.take(vectors, ops.cast(inputs, "int32"), axis=0)
        return ops.cast(outputs, self.compute_dtype)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class WordDropout(layers.Layer):
    """Replaces random words by the unknown word in training, so that its vector is trained.

    Args:
        rate: fraction of the words to replace.
        seed: seed of the choice; by default drawn from Keras's own.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, token ids, of which 0 is padding and 1 the unknown word.

    Output shape:
        The same.

    Raises:
        UserError: if the rate is not at least 0 and below 1.

    Reference:
        [Simple and Accurate Dependency Parsing Using Bidirectional LSTM Feature Representations](
        https://arxiv.org/abs/1603.04351) (Kiperwasser and Goldberg, 2016)
    """

    def __init__(self, rate: float, seed: int | None = None, **options: Any):
        super().__init__(**options)
        if not 0 <= rate < 1:
            raise UserError(f"word_dropout_rate={rate}: must be at least 0 and below 1")
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the token ids, `(batch, time)`, in training some of them 1."""
        if not training or not self.rate:
            return inputs
        drawn = keras.random.uniform(ops.shape(inputs), seed=self.generator)  # (batch, time)
        dropped = ops.logical_and(drawn < self.rate, ops.not_equal(inputs, PADDING))
        return ops.where(dropped, ops.full_like(inputs, UNKNOWN), inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@register(old_name="Beside")
class ConcatFeatures(layers.Layer):
    """Concatenates features of each word; the mask is that of the first input.

    The mask of Keras's `Concatenate` is true wherever one of its inputs has no mask, so that
    padding would count as words.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Two or more of `(batch, time, features)`.

    Output shape:
        `(batch, time, sum of features)`.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return all features of each word, `(batch, time, sum of features)`."""
        return ops.concatenate(inputs, axis=-1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the first input, `(batch, time)`."""
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, time, sum of features)`."""
        return (*input_shape[0][:-1], sum(shape[-1] for shape in input_shape))


@register(old_name="EachWord")
class TimeDistributedRNN(layers.Layer):
    """Applies a recurrent layer to the characters of each word separately, obeying their mask.

    Args:
        layer: recurrent layer, `(batch, characters, features)` to `(batch, units)`.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, characters, features)`, with a mask `(batch, time, characters)`.

    Output shape:
        `(batch, time, units)`.
    """

    def __init__(self, layer: layers.Layer, **options: Any):
        super().__init__(**options)
        self.layer = layer
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create the inner layer's weights."""
        self.layer.build((None, *input_shape[2:]))
        self.built = True

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """Compute the vector of each word.

        Args:
            inputs: `(batch, time, characters, features)`.
            mask: `(batch, time, characters)`, true for characters, false for padding.
            training: whether the inner layer is in training.

        Returns:
            `(batch, time, units)`.
        """
        batch, time = ops.shape(inputs)[0], ops.shape(inputs)[1]
        # (batch * time, characters, features): words become examples of the inner layer.
        words = ops.reshape(inputs, (-1, *inputs.shape[2:]))
        characters = None if mask is None else ops.reshape(mask, (-1, inputs.shape[2]))
        outputs = self.layer(words, mask=characters, training=training)  # (batch * time, units)
        return ops.reshape(outputs, (batch, time, outputs.shape[-1]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of words, `(batch, time)`: true for those with characters."""
        return None if mask is None else ops.any(mask, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, time, units)`."""
        return (*input_shape[:2], self.layer.compute_output_shape((None, *input_shape[2:]))[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TimeDistributedRNN:
        """Return the layer, with its inner one, of a configuration."""
        return cls(keras.saving.deserialize_keras_object(config.pop("layer")), **config)
