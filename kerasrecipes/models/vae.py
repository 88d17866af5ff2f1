"""Variational autoencoder: an encoder to a distribution over codes, and a decoder of codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.losses import likelihoods
from kerasrecipes.losses.likelihoods import divergence_from_normal
from kerasrecipes.metrics.used_share import used_share
from kerasrecipes.models.image_coders import (
    convolutional_decoder,
    convolutional_encoder,
    dense_decoder,
    dense_encoder,
)
from kerasrecipes.ranges import Count, Depth, Penalty

# Bounds of what an encoder says of a logarithm of variances: the exponential of more is no number.
_LOG_VARIANCE = 10.0
_AT_ONCE = 2_000_000  # numbers of decoded images that are in memory together


@keras.saving.register_keras_serializable(package="kerasrecipes")
class VariationalAutoencoder(keras.Model):
    """Functional model that answers without chance, and a loss that draws codes.

    Called, it encodes an image and decodes the mean of its codes. The loss is the negative evidence
    lower bound, with a code drawn for each image: in nats, a sum over pixels and a mean over
    images. Grey images under a Bernoulli likelihood are drawn to be ink or none in each step of the
    training.

    Args:
        *args: inputs and outputs of the functional model, whose parts are called `encoder` and
            `decoder`; its outputs are `image`, `mean` and `log_variance`.
        likelihood: name of the likelihood, in `kerasrecipes.losses.likelihoods`.
        beta: factor of the divergence in the loss.
        free_bits: nats of divergence in each dimension of the code that cost nothing.
        **kwargs: further arguments of `keras.Model`.

    Reference:
        - [Auto-Encoding Variational Bayes](https://arxiv.org/abs/1312.6114) (Kingma and Welling,
          2014)
        - [beta-VAE](https://openreview.net/forum?id=Sy2fzU9gl) (Higgins et al., 2017)
    """

    def __init__(
        self,
        *args: Any,
        likelihood: str = "bernoulli",
        beta: float = 1.0,
        free_bits: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.likelihood, self.beta, self.free_bits = likelihood, beta, free_bits
        self.noise = keras.random.SeedGenerator()
        self.elbo = keras.metrics.Mean("elbo")
        self.reconstruction = keras.metrics.Mean("reconstruction_loss")
        self.divergence = keras.metrics.Mean("divergence")
        self.used = keras.metrics.Mean("used_share")

    @property
    def encoder(self) -> keras.Model:
        """From pixels, 0 to 1, to means and logarithms of variances of codes."""
        return self.get_layer("encoder")

    @property
    def decoder(self) -> keras.Model:
        """From codes to what the likelihood takes."""
        return self.get_layer("decoder")

    @property
    def latent(self) -> int:
        """Dimensions of a code."""
        return self.decoder.input_shape[-1]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Compute the loss of a batch, and update the metrics.

        Args:
            x: images, `(batch, height, width, channels)`, 0 to 255.
            y: nothing.
            y_pred: the model's answers, of which the loss has no use: it draws its codes itself.
            sample_weight: nothing.
            training: whether pixels are drawn anew.

        Returns:
            The loss, a scalar.
        """
        pixels = ops.cast(x, "float32") / 255
        if training and self.likelihood == "bernoulli":
            pixels = ops.cast(self._uniform(ops.shape(pixels)) < pixels, "float32")
        mean, log_variance = self.encoder(pixels, training=training)
        mean, log_variance = ops.cast(mean, "float32"), ops.cast(log_variance, "float32")
        code = mean + ops.exp(log_variance / 2) * self._normal(ops.shape(mean))
        kind = likelihoods.LIKELIHOODS[self.likelihood]
        decoded = ops.cast(self.decoder(code, training=training), "float32")
        fit = kind.log_probability(decoded, pixels)  # (batch,)
        divergence = divergence_from_normal(mean, log_variance)  # (batch, latent)
        total = ops.sum(divergence, axis=-1)
        self.elbo.update_state(fit - total)
        self.reconstruction.update_state(-fit)
        self.divergence.update_state(total)
        self.used.update_state(used_share(mean))
        # Of each dimension's mean over the batch, so that one image may need more than another.
        cost = ops.sum(ops.maximum(ops.mean(divergence, axis=0), self.free_bits))
        return self.beta * cost - ops.mean(fit)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the images of codes.

        Args:
            codes: `(images, latent)`.

        Returns:
            `(images, height, width, channels)`, 0 to 1, the likelihood's mean.
        """
        kind = likelihoods.LIKELIHOODS[self.likelihood]
        size = max(1, _AT_ONCE // math.prod(self.decoder.output_shape[1:]))
        parts = [
            kind.mean(np.asarray(self.decoder.predict_on_batch(codes[s : s + size]), np.float32))
            for s in range(0, len(codes), size)
        ]
        return np.concatenate(parts)

    def snapshot(self) -> np.ndarray:
        """Return images of the same codes whenever it is asked for, `(images, height, width,
        channels)`, 0 to 1.
        """
        return self.decode(np.random.default_rng(0).standard_normal((12, self.latent), np.float32))

    def log_weights(self, images: np.ndarray, samples: int, seed: int = 0) -> np.ndarray:
        """Compute importance weights of codes that are drawn for each image.

        The mean of their logarithms is the evidence lower bound, the logarithm of their mean a
        tighter one, which reaches the log-likelihood with many samples.

        Args:
            images: `(images, height, width, channels)`, 0 to 255.
            samples: codes of each image.
            seed: of the draws.

        Returns:
            `(images, samples)`, logarithms, in nats.

        Reference:
            [Importance Weighted Autoencoders](https://arxiv.org/abs/1509.00519) (Burda et al.,
            2015)
        """
        random = np.random.default_rng(seed)
        pixels = np.asarray(images, np.float32) / 255
        mean, log_variance = (np.asarray(o) for o in self.encoder.predict_on_batch(pixels))
        size = max(1, _AT_ONCE // math.prod(self.decoder.output_shape[1:]))
        found = []
        # Several images at a time, as far as their decoded samples are in memory together.
        for s in range(0, len(pixels), max(1, size // samples)):
            part = slice(s, s + max(1, size // samples))
            own, spread = mean[part, None], log_variance[part, None]
            noise = random.standard_normal((len(own), samples, self.latent), np.float32)
            codes = own + np.exp(spread / 2) * noise
            # log p(z) - log q(z | x), whose constants cancel.
            prior = (noise**2 - codes**2 + spread).sum(axis=-1) / 2
            rows = codes.reshape(-1, self.latent)
            targets = np.repeat(pixels[part], samples, axis=0)
            fits = [
                self._fit(rows[r : r + size], targets[r : r + size])
                for r in range(0, len(rows), size)
            ]
            found.append(np.concatenate(fits).reshape(prior.shape) + prior)
        return np.concatenate(found)

    def _fit(self, codes: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        decoded = ops.convert_to_tensor(self.decoder.predict_on_batch(codes))
        kind = likelihoods.LIKELIHOODS[self.likelihood]
        return ops.convert_to_numpy(kind.log_probability(decoded, ops.convert_to_tensor(pixels)))

    def get_config(self) -> dict[str, Any]:
        """Return the functional model's configuration and the constructor's arguments."""
        own = {"likelihood": self.likelihood, "beta": self.beta, "free_bits": self.free_bits}
        return {**super().get_config(), **own}

    def _normal(self, shape: Any) -> Any:
        return keras.random.normal(shape, dtype="float32", seed=self.noise)

    def _uniform(self, shape: Any) -> Any:
        return keras.random.uniform(shape, dtype="float32", seed=self.noise)


def variational_autoencoder(
    image_shape: tuple[int, int, int],
    *,
    architecture: Literal["dense", "convolutional"] = "dense",
    units: Count = 400,
    depth: Depth = 2,
    filters: Count = 32,
    latent: Count = 32,
    activation: str = "leaky_relu",
    likelihood: likelihoods.Name = "auto",
    beta: Penalty = 1.0,
    free_bits: Penalty = 0.0,
) -> VariationalAutoencoder:
    """Variational autoencoder of images.

    Args:
        image_shape: `(height, width, channels)`, pixels from 0 to 255.
        architecture: `"dense"` layers of all pixels, or `"convolutional"` ones, which halve the
            sides until 7 pixels or fewer are left.
        units: of each dense layer; of convolutional networks of the one beside the code.
        depth: dense layers of the encoder, and as many of the decoder.
        filters: of the convolution that sees the image; deeper ones have twice as many, up to 4
            times.
        latent: dimensions of a code.
        activation: nonlinearity of the hidden layers.
        likelihood: `"bernoulli"` for pixels that are ink or none, `"logistic"` for 256 values;
            `"auto"` takes the first for grey images.
        beta: factor of the divergence in the loss: above 1 codes keep less and their dimensions
            come apart, at 1 the loss is the negative evidence lower bound.
        free_bits: nats of each dimension's divergence that cost nothing, against codes that are
            not used.

    Returns:
        An uncompiled `VariationalAutoencoder`, `(batch, height, width, channels)` to a dictionary:
        `image`, of the same shape, 0 to 1; `mean` and `log_variance`, `(batch, latent)`.

    Reference:
        [Auto-Encoding Variational Bayes](https://arxiv.org/abs/1312.6114) (Kingma and Welling,
        2014)
    """
    kind = likelihoods.likelihood_for(likelihood, image_shape[-1])
    if architecture == "dense":
        hidden = [units] * depth
        encode: Callable[[Any], Any] = dense_encoder(hidden, activation)
        decode: Callable[[Any, int], Any] = dense_decoder(hidden, activation, image_shape)
    else:
        encode = convolutional_encoder(image_shape, filters, units, activation)
        decode = convolutional_decoder(image_shape, filters, units, activation)
    pixels = keras.Input(image_shape, name="pixels")
    x = encode(pixels)
    mean = layers.Dense(latent, dtype="float32", name="mean")(x)
    spread = layers.Dense(latent, dtype="float32", name="log_variance")(x)
    log_variance = ops.clip(spread, -_LOG_VARIANCE, _LOG_VARIANCE)
    encoder = keras.Model(pixels, [mean, log_variance], name="encoder")

    code = keras.Input((latent,), name="code")
    decoded = decode(code, image_shape[-1] * kind.parameters)
    # Begun at the middle of the likelihood's range; the logistic's means at grey.
    start = np.repeat(np.array(kind.initial, np.float32), image_shape[-1])
    decoded = layers.Rescaling(1.0, offset=start.tolist(), dtype="float32", name="start")(decoded)
    decoder = keras.Model(code, decoded, name="decoder")

    image = keras.Input(image_shape, name="image")
    mean, log_variance = encoder(layers.Rescaling(1 / 255, name="scale")(image))
    outputs = {
        "image": _mean_image(decoder(mean), kind),
        "mean": mean,
        "log_variance": log_variance,
    }
    return VariationalAutoencoder(
        image, outputs, likelihood=kind.name, beta=beta, free_bits=free_bits, name="vae"
    )


def _mean_image(decoded: Any, kind: likelihoods.Likelihood) -> Any:
    if kind.name == "bernoulli":
        return layers.Activation("sigmoid", dtype="float32", name="probability")(decoded)
    return ops.clip(ops.split(decoded, 2, axis=-1)[0], 0.0, 1.0)
