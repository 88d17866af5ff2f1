"""What makes an autoencoder learn more than its code's size alone: sparsity, and spoilt inputs."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

_LEAST = 1e-6  # of a mean activation, whose logarithm is taken


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SparseCode(layers.Layer):
    """Codes that pass unchanged, at a price for what is active, which is added to the loss.

    Args:
        kind: `"l1"` takes the mean over images of the sum of absolute activations, `"kl"` the
            divergence of each unit's mean activation from the wanted one, summed over units.
        weight: factor of the price.
        target: mean activation that `"kl"` wants of each unit, between 0 and 1, as are activations.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, units)`.

    Output shape:
        The same.

    Reference:
        [Sparse autoencoder](https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf) (Ng, 2011)
    """

    def __init__(self, kind: str, weight: float, target: float = 0.05, **options: Any):
        super().__init__(**options)
        self.kind, self.weight, self.target = kind, weight, target

    def call(self, inputs: Any) -> Any:
        """Return the codes, and add their price to the loss."""
        codes = ops.cast(inputs, "float32")
        if self.kind == "l1":
            price = ops.mean(ops.sum(ops.abs(codes), axis=-1))
        else:
            mean = ops.clip(ops.mean(codes, axis=0), _LEAST, 1 - _LEAST)
            rho = self.target
            price = ops.sum(rho * ops.log(rho / mean) + (1 - rho) * ops.log((1 - rho) / (1 - mean)))
        self.add_loss(self.weight * price)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"kind": self.kind, "weight": self.weight, "target": self.target}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Corruption(layers.Layer):
    """Images that are spoilt in training: by noise on all pixels, or by pixels that are blackened.

    Args:
        kind: `"gaussian"` adds noise, `"masking"` sets pixels to 0, all channels together.
        amount: standard deviation of the noise, or share of the pixels.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, 0 to 1.

    Output shape:
        The same; in inference the input.

    Reference:
        [Extracting and Composing Robust Features with Denoising
        Autoencoders](https://doi.org/10.1145/1390156.1390294) (Vincent et al., 2008)
    """

    def __init__(self, kind: str, amount: float, **options: Any):
        super().__init__(**options)
        self.kind, self.amount = kind, amount
        self.noise = keras.random.SeedGenerator()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return spoilt images in training, and the images themselves otherwise."""
        return self.spoil(inputs) if training else inputs

    def spoil(self, images: Any) -> Any:
        """Return spoilt images, whether or not in training.

        Args:
            images: `(batch, height, width, channels)`, 0 to 1.
        """
        shape = ops.shape(images)
        if self.kind == "gaussian":
            noise = keras.random.normal(shape, dtype="float32", seed=self.noise)
            spoilt = ops.cast(images, "float32") + self.amount * noise
        else:
            kept = keras.random.uniform((*shape[:3], 1), dtype="float32", seed=self.noise)
            spoilt = ops.cast(images, "float32") * ops.cast(kept >= self.amount, "float32")
        return ops.cast(spoilt, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "kind": self.kind, "amount": self.amount}
