"""Generative adversarial network of images: DCGAN, with a judge of what it makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.losses import adversarial
from kerasrecipes.models.alternating import AlternatingModel
from kerasrecipes.models.dcgan import Normalization, discriminator, generator, judge
from kerasrecipes.ranges import Count, Penalty, Share

TURNS = 4  # quarters by which a judge's images are turned where there are no classes
SNAPSHOT = 12  # images of one moment of the training
_AT_ONCE = 4_000_000  # numbers of generated images that are in memory together


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Gan(AlternatingModel):
    """Generator and discriminator that learn against each other, and a classifier that judges.

    The judge learns in turns of its own to name the class of real images, or where there are none
    by how much they were turned; neither of the others sees it. Distributions of real and of
    generated images are compared by its features.

    Args:
        generator: from codes, or codes and classes, to images from -1 to 1.
        discriminator: from images, or images and classes, to scores.
        judge: from images to class logits and features.
        loss: of the two, a name in `kerasrecipes.losses.adversarial`.
        smoothing: by how much the discriminator's target for real images is below 1.
        penalty: factor of the penalty on the critic's gradient.
        critic_steps: turns of the discriminator for each of the generator, on the same images.
        num_classes: 0 where the judge tells turned images apart.
        **options: further arguments of `keras.Model`.

    Reference:
        - [Unsupervised Representation Learning with Deep Convolutional
          GANs](https://arxiv.org/abs/1511.06434) (Radford et al., 2015)
        - [Unsupervised Representation Learning by Predicting Image
          Rotations](https://arxiv.org/abs/1803.07728) (Gidaris et al., 2018): the judge
    """

    turns: Sequence[str] = ("discriminator", "generator", "judge")
    logged = ("told_apart", "variety", "kinds", "judge_accuracy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        judge: keras.Model,
        loss: str = "non_saturating",
        smoothing: float = 0.0,
        penalty: float = 10.0,
        critic_steps: int = 1,
        num_classes: int = 0,
        **options: Any,
    ):
        super().__init__(**options)
        self.generator, self.discriminator, self.judge = generator, discriminator, judge
        self.smoothing, self.penalty, self.num_classes = smoothing, penalty, num_classes
        self.adversarial_loss, self.critic_steps = loss, critic_steps
        self.noise = keras.random.SeedGenerator()
        # Several turns of the critic on one batch, each with images generated anew.
        self.turns = ("discriminator",) * critic_steps + ("generator", "judge")

    @property
    def conditional(self) -> bool:
        """Whether images of a class can be asked for."""
        return len(self.generator.inputs) > 1

    @property
    def latent(self) -> int:
        """Dimensions of a code."""
        return self.generator.inputs[0].shape[-1]

    @property
    def exported(self) -> keras.Model:
        """What other programs call: the generator."""
        return self.generator

    def turn_loss(self, turn: str, x: Any, y: Any, sample_weight: Any, training: bool) -> Any:
        """Compute the loss of a turn on a batch.

        Args:
            turn: `"discriminator"`, `"generator"` or `"judge"`.
            x: images, `(batch, height, width, channels)`, 0 to 255.
            y: their classes, `(batch,)`, or `None`.
            sample_weight: nothing.
            training: whether the turn is to learn.

        Returns:
            The loss, a scalar, and for two of the turns what is logged.
        """
        real = ops.cast(x, "float32") / 127.5 - 1
        if turn == "judge":
            return self._judged(real, y, training)
        count = ops.shape(real)[0]
        codes = keras.random.normal((count, self.latent), dtype="float32", seed=self.noise)
        given = [y] if self.conditional else []
        fake = ops.cast(self.generator([codes, *given], training=training), "float32")
        score = ops.cast(self.discriminator([fake, *given], training=training), "float32")
        if turn == "generator":
            # How much generated images differ from each other, as a share of real ones.
            variety = _spread(fake) / ops.maximum(_spread(real), 1e-6)
            loss = adversarial.generator_loss(self.adversarial_loss, score)
            kinds = self._kinds(fake) / self._kinds(real)
            return loss, {"variety": variety, "kinds": kinds}
        true = ops.cast(self.discriminator([real, *given], training=training), "float32")
        name = self.adversarial_loss
        loss = adversarial.discriminator_loss(name, true, score, self.smoothing)
        if name == "wasserstein" and self.penalty:
            share = keras.random.uniform((count, 1, 1, 1), dtype="float32", seed=self.noise)
            between = fake + share * (real - fake)
            loss = loss + self.penalty * adversarial.gradient_penalty(
                # Without training: no statistics are kept of images that are neither.
                lambda image: self.discriminator([image, *given], training=False),
                between,
            )
        # Whatever the loss: how often a real image scores above a generated one.
        return loss, {"told_apart": ops.mean(ops.cast(true > score, "float32"))}

    def _judged(self, real: Any, y: Any, training: bool) -> Any:
        if not self.num_classes:
            count, each = ops.shape(real)[0], _turns(real.shape[1:])
            quarters = range(0, TURNS, TURNS // each)
            real = ops.concatenate([ops.rot90(real, k, axes=(1, 2)) for k in quarters])
            y = ops.repeat(ops.arange(each, dtype="int32"), count)
        logits = ops.cast(self.judge(real, training=training)["logits"], "float32")
        losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        right = ops.equal(ops.argmax(logits, axis=-1), ops.cast(ops.reshape(y, (-1,)), "int32"))
        return ops.mean(losses), {"judge_accuracy": ops.mean(ops.cast(right, "float32"))}

    def _kinds(self, images: Any) -> Any:
        """Count the classes among images: the exponential of the entropy of their shares."""
        chances = ops.softmax(ops.cast(self.judge(images, training=False)["logits"], "float32"))
        shares = ops.mean(chances, axis=0)
        return ops.exp(-ops.sum(shares * ops.log(shares + 1e-9)))

    def call(self, x: Any) -> dict[str, Any]:
        """Judge images.

        Args:
            x: `(batch, height, width, channels)`, 0 to 255.

        Returns:
            `chances` of the classes that the judge names, and its `features`.
        """
        judged = self.judge(ops.cast(x, "float32") / 127.5 - 1)
        return {"chances": ops.softmax(judged["logits"]), "features": judged["features"]}

    def generate(self, codes: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
        """Generate images.

        Args:
            codes: `(images, latent)`.
            classes: `(images,)`, indices, for a conditional generator; by default all in turn.

        Returns:
            `(images, height, width, channels)`, 0 to 1.
        """
        if classes is None:
            classes = np.arange(len(codes)) % max(1, self.num_classes)
        given = [classes.astype(np.int32)] if self.conditional else []
        size = max(1, _AT_ONCE // math.prod(self.generator.output_shape[1:]))
        parts = []
        for s in range(0, len(codes), size):
            batch = [array[s : s + size] for array in (codes, *given)]
            made = self.generator.predict_on_batch(batch)
            parts.append((np.asarray(made, np.float32) + 1) / 2)
        return np.concatenate(parts)

    def snapshot(self) -> np.ndarray:
        """Return images of the same codes whenever it is asked for, `(images, height, width,
        channels)`, 0 to 1.
        """
        codes = np.random.default_rng(0).standard_normal((SNAPSHOT, self.latent), np.float32)
        return self.generate(codes)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "loss": self.adversarial_loss}


def gan(
    image_shape: tuple[int, int, int],
    classes: tuple[str, ...] | None,
    *,
    loss: adversarial.Name = "non_saturating",
    latent: Count = 64,
    filters: Count = 64,
    normalization: Normalization = "auto",
    conditional: bool = False,
    label_smoothing: Share = 0.0,
    penalty: Penalty = 10.0,
    critic_steps: Count = 1,
) -> Gan:
    """DCGAN: a generator of transposed convolutions against a discriminator of strided ones.

    Both double or halve the sides until 7 pixels or fewer are left, with kernels of 4 x 4; so for
    64 x 64 pixels there are four such layers.

    Args:
        image_shape: `(height, width, channels)`, pixels from 0 to 255.
        classes: names of the classes; `None` without.
        loss: of the game: `minimax`, `non_saturating`, `least_squares`, `hinge`, or `wasserstein`
            with a gradient penalty.
        latent: dimensions of a code.
        filters: of the layer beside the image; each further one has twice as many.
        normalization: of the discriminator: `batch` as in the paper, `layer`, `spectral` or
            `none`; `auto` is `layer` for the Wasserstein loss, whose penalty is each image's own,
            and else `batch`.
        conditional: whether the class is given to both, so that images of one can be asked for.
        label_smoothing: by how much the discriminator's target for real images is below 1.
        penalty: factor of the gradient penalty of the Wasserstein loss.
        critic_steps: steps of the discriminator for each of the generator.

    Returns:
        An uncompiled `Gan`.

    Raises:
        ValueError: if settings contradict each other, or there are no classes to be conditional on.

    Reference:
        [Unsupervised Representation Learning with Deep Convolutional
        GANs](https://arxiv.org/abs/1511.06434) (Radford et al., 2015)
    """
    if normalization == "auto":
        normalization = "layer" if loss == "wasserstein" else "batch"
    if loss == "wasserstein" and normalization == "batch" and penalty:
        raise ValueError(
            "loss=wasserstein normalization=batch: the penalty is on each image's own gradient, "
            "and a batch normalization mixes images; choose layer, spectral or none"
        )
    if label_smoothing and loss not in adversarial.SMOOTHED:
        raise ValueError(
            f"label_smoothing={label_smoothing:g}: the loss {loss} has no labels; it is for "
            f"{', '.join(adversarial.SMOOTHED)}"
        )
    if conditional and not classes:
        raise ValueError("conditional=true: the data has no classes")
    num_classes = len(classes or ())
    given = num_classes if conditional else 0
    return Gan(
        generator(image_shape, latent, filters, given),
        discriminator(image_shape, filters, given, normalization),
        judge(image_shape, num_classes or _turns(image_shape)),
        loss=loss,
        smoothing=label_smoothing,
        penalty=penalty,
        critic_steps=critic_steps,
        num_classes=num_classes,
        name="gan",
    )


def _turns(image_shape: Any) -> int:
    """Return in how many positions an image has the same shape: 4 for squares, else 2."""
    return TURNS if image_shape[0] == image_shape[1] else TURNS // 2


def _spread(images: Any) -> Any:
    """Return the mean over pixels of their deviation within a batch."""
    return ops.mean(ops.std(images, axis=0))
