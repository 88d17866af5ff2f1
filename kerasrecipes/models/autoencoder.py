"""Autoencoder: an image through a few numbers and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.layers.codes import Corruption, SparseCode
from kerasrecipes.metrics.signal_to_noise import PeakSignalToNoise
from kerasrecipes.metrics.used_share import used_share
from kerasrecipes.models.image_coders import (
    convolutional_decoder,
    convolutional_encoder,
    dense_decoder,
    dense_encoder,
)
from kerasrecipes.ranges import Count, Depth, Penalty, Share


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Autoencoder(keras.Model):
    """Functional model whose loss is the mean squared error of its `image` from its input.

    Prices that layers put on codes are added to the loss, and not to the metric.

    Args:
        *args: inputs and outputs of the functional model, of which one is `image`, 0 to 1.
        **kwargs: further arguments of `keras.Model`.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.psnr = PeakSignalToNoise()
        self.used = keras.metrics.Mean("used_share")

    @property
    def decoder(self) -> keras.Model:
        """From codes to images."""
        return self.get_layer("decoder")

    def snapshot_of(self, inputs: np.ndarray) -> np.ndarray:
        """Return what is decoded of images now, 0 to 1.

        Args:
            inputs: `(images, height, width, channels)`, 0 to 255.
        """
        return np.asarray(self.predict_on_batch(inputs)["image"], np.float32)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Compute the loss of a batch, and update the metric.

        Args:
            x: images, `(batch, height, width, channels)`, 0 to 255.
            y: nothing.
            y_pred: the model's answers.
            sample_weight: nothing.
            training: nothing.

        Returns:
            The loss, a scalar.
        """
        target = ops.cast(x, "float32") / 255
        made = ops.cast(y_pred["image"], "float32")
        error = ops.mean(ops.square(made - target), axis=(1, 2, 3))  # (batch,)
        self.psnr.update_state(error)
        self.used.update_state(used_share(y_pred["code"], relative=True))
        return ops.mean(error) + sum(ops.cast(price, "float32") for price in self.losses)


def autoencoder(
    image_shape: tuple[int, int, int],
    *,
    architecture: Literal["dense", "convolutional"] = "dense",
    units: Count = 256,
    depth: Depth = 2,
    filters: Count = 32,
    code: Count = 32,
    activation: str = "leaky_relu",
    sparsity: Literal["none", "l1", "kl"] = "none",
    sparsity_weight: Penalty = 1e-4,
    sparsity_target: Share = 0.05,
    corruption: Literal["none", "gaussian", "masking"] = "none",
    noise: Penalty = 0.3,
) -> Autoencoder:
    """Autoencoder of images.

    Args:
        image_shape: `(height, width, channels)`, pixels from 0 to 255.
        architecture: `"dense"` layers of all pixels, or `"convolutional"` ones, which halve the
            sides until 7 pixels or fewer are left.
        units: of each dense layer; of convolutional networks of the one beside the code.
        depth: dense layers of the encoder, and as many of the decoder.
        filters: of the convolution that sees the image; deeper ones have twice as many, up to 4
            times.
        code: numbers of a code; for a sparse one more than are active at a time.
        activation: nonlinearity of the hidden layers.
        sparsity: `"l1"` puts a price on activations of the code, `"kl"` on mean activations other
            than the wanted one.
        sparsity_weight: factor of that price; the error it is added to is a mean over pixels.
        sparsity_target: mean activation that `"kl"` wants of each unit.
        corruption: of the images in training, which are to be restored: `"gaussian"` noise, or
            `"masking"` of pixels.
        noise: standard deviation of the noise, of pixels from 0 to 1, or share of masked pixels.

    Returns:
        An uncompiled `Autoencoder`, `(batch, height, width, channels)` to a dictionary: `image`, of
        the same shape, 0 to 1, and `code`, `(batch, code)`.

    Raises:
        ValueError: if all pixels or none are masked.

    Reference:
        [Reducing the Dimensionality of Data with Neural
        Networks](https://doi.org/10.1126/science.1127647) (Hinton and Salakhutdinov, 2006)
    """
    if corruption == "masking" and not 0 < noise < 1:
        raise ValueError(f"noise={noise:g}: of masking the share of pixels, between 0 and 1")
    if sparsity == "kl" and not sparsity_target:
        raise ValueError("sparsity_target=0: a unit that is never active tells nothing")
    if architecture == "dense":
        hidden = [units] * depth
        encode: Callable[[Any], Any] = dense_encoder(hidden, activation)
        decode: Callable[[Any, int], Any] = dense_decoder(hidden, activation, image_shape)
    else:
        encode = convolutional_encoder(image_shape, filters, units, activation)
        decode = convolutional_decoder(image_shape, filters, units, activation)
    image = keras.Input(image_shape, name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    if corruption != "none":
        x = Corruption(corruption, noise, name="corruption")(x)
    # A mean activation between 0 and 1 can be wanted; an absolute one only if it can be 0.
    of_code = {"none": "linear", "l1": "relu", "kl": "sigmoid"}[sparsity]
    codes = layers.Dense(code, activation=of_code, dtype="float32", name="code")(encode(x))
    if sparsity != "none":
        codes = SparseCode(sparsity, sparsity_weight, sparsity_target, name="sparsity")(codes)

    inputs = keras.Input((code,), name="code")
    decoded = decode(inputs, image_shape[-1])
    decoded = layers.Activation("sigmoid", dtype="float32", name="brightness")(decoded)
    decoder = keras.Model(inputs, decoded, name="decoder")
    return Autoencoder(image, {"image": decoder(codes), "code": codes}, name="autoencoder")
