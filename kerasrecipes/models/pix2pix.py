"""Pix2Pix: pictures made of other pictures, by a U-Net against a judge of patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.layers.strided import DoublingConv2D, HalvingConv2D
from kerasrecipes.losses import adversarial
from kerasrecipes.models.alternating import AlternatingModel
from kerasrecipes.models.unet import unet
from kerasrecipes.ranges import Count, Depth, Penalty

_DROPPED = 3  # of the deepest levels that drop half of their values, as in the paper
_WIDEST = 8  # times the first level's filters are those of the deepest
_SMALL = 64  # pixels of a side under which discriminator and judge look at fewer sizes
_ALIKE = 1e-3  # deviation of pixels, from -1 to 1, from which on pictures differ


def _initial() -> dict[str, Any]:
    # The paper's. An initializer of Keras gives the same numbers each time it is asked, so each
    # layer has one of its own.
    return {"kernel_initializer": keras.initializers.RandomNormal(0.0, 0.02)}


def unet_generator(
    image_shape: tuple[int, int, int],
    *,
    filters: Count = 64,
    levels: Depth | None = None,
    name: str = "generator",
) -> keras.Model:
    """U-Net of strided convolutions, down and up again.

    At 256 x 256 pixels, with 64 filters, it has 54,413,955 weights that learn.

    Args:
        image_shape: `(height, width, 3)`.
        filters: of the first level; each further one has twice as many, up to 8 times.
        levels: how often the sides are halved; by default until one is odd.
        name: of the model.

    Returns:
        A `keras.Model`, `(batch, height, width, 3)` from -1 to 1 to the same.

    Raises:
        ValueError: if the sides cannot be halved so often.

    Reference:
        [Image-to-Image Translation with Conditional Adversarial
        Networks](https://arxiv.org/abs/1611.07004) (Isola et al., 2017)
    """
    image = keras.Input(image_shape, name="input")
    most = _depth(image_shape)
    depth = levels or most
    if depth > most:
        raise ValueError(f"levels={levels}: {image_shape[:2]} can be halved {most} times")
    widths = [filters * min(2**level, _WIDEST) for level in range(depth)]
    x, skips = image, []
    for level, width in enumerate(widths):
        if level:
            x = layers.LeakyReLU(0.2, name=f"down{level + 1}_relu")(x)
        # Neither the first nor the deepest, which may be a single pixel, is normalized.
        normalized = 0 < level < depth - 1
        x = HalvingConv2D(
            width, 4, 2, "same", use_bias=False, name=f"down{level + 1}", **_initial()
        )(x)
        if normalized:
            x = layers.BatchNormalization(name=f"down{level + 1}_norm")(x)
        skips.append(x)
    for level in range(depth - 1, 0, -1):
        x = layers.ReLU(name=f"up{level + 1}_relu")(x)
        x = DoublingConv2D(
            widths[level - 1], 4, 2, "same", use_bias=False, name=f"up{level + 1}", **_initial()
        )(x)
        x = layers.BatchNormalization(name=f"up{level + 1}_norm")(x)
        if depth - 1 - _DROPPED <= level < depth - 1:
            x = layers.Dropout(0.5, name=f"up{level + 1}_dropout")(x)
        x = layers.Concatenate(name=f"up{level + 1}_join")([skips[level - 1], x])
    x = layers.ReLU(name="up1_relu")(x)
    x = DoublingConv2D(3, 4, 2, "same", name="up1", **_initial())(x)
    made = layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model(image, made, name=name)


def patch_discriminator(image_shape: tuple[int, int, int], *, filters: Count = 64) -> keras.Model:
    """PatchGAN: a score for each patch of an input and its picture, none for the whole.

    Of sides of 64 pixels and more it is the paper's, each of whose scores sees 70 x 70 pixels; with
    64 filters it has 2,768,705 weights that learn. Of smaller images it halves less often.

    Args:
        image_shape: `(height, width, 3)`.
        filters: of the first convolution; each further one has twice as many, up to 8 times.

    Returns:
        A `keras.Model`, from an input and a picture, `(batch, height, width, 3)` each from -1 to 1,
        to scores `(batch, rows, columns, 1)`.

    Reference:
        [Image-to-Image Translation with Conditional Adversarial
        Networks](https://arxiv.org/abs/1611.07004) (Isola et al., 2017)
    """
    image, picture = (keras.Input(image_shape, name=name) for name in ("input", "picture"))
    x = layers.Concatenate(name="pair")([image, picture])
    halved = 3 if min(image_shape[:2]) >= _SMALL else 2
    for level in range(halved + 1):
        stride = 2 if level < halved else 1
        width = filters * min(2**level, _WIDEST)
        x = layers.ZeroPadding2D(1, name=f"down{level + 1}_pad")(x)
        x = layers.Conv2D(
            width, 4, stride, use_bias=not level, name=f"down{level + 1}", **_initial()
        )(x)
        if level:
            x = layers.BatchNormalization(name=f"down{level + 1}_norm")(x)
        x = layers.LeakyReLU(0.2, name=f"down{level + 1}_relu")(x)
    x = layers.ZeroPadding2D(1, name="score_pad")(x)
    score = layers.Conv2D(1, 4, dtype="float32", name="score", **_initial())(x)
    return keras.Model([image, picture], score, name="discriminator")


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Pix2Pix(AlternatingModel):
    """Generator against a discriminator of patches, with what they are judged by beside them.

    `plain` is a generator of the same kind that learns by the absolute error alone; `judge`, where
    inputs are label maps, learns to read the labels from real pictures. Neither of the two others
    sees them.

    Args:
        generator: from inputs to pictures, from -1 to 1.
        discriminator: from inputs and pictures to scores of patches.
        plain: as the generator, or `None`.
        judge: from pictures, 0 to 255, to a probability of each class for each pixel, or `None`.
        palette: colour of each class in inputs, `(classes, 3)`, 0 to 255; empty for pictures.
        l1_weight: factor of the absolute error in the generator's loss.
        **options: further arguments of `keras.Model`.

    Reference:
        [Image-to-Image Translation with Conditional Adversarial
        Networks](https://arxiv.org/abs/1611.07004) (Isola et al., 2017)
    """

    turns: Sequence[str] = ("discriminator", "generator")
    logged = ("told_apart", "variety", "l1", "plain_l1", "judge_accuracy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        plain: keras.Model | None = None,
        judge: keras.Model | None = None,
        palette: Sequence[Sequence[int]] = (),
        l1_weight: float = 100.0,
        **options: Any,
    ):
        # Before the base class reads the turns.
        beside = {"plain": plain, "judge": judge}
        turns = (*type(self).turns, *(name for name, part in beside.items() if part is not None))
        super().__init__(**options)
        self.turns = turns
        self._means = {name: keras.metrics.Mean(name) for name in self._names(turns)}
        self.generator, self.discriminator = generator, discriminator
        self.plain, self.judge = plain, judge
        self.palette, self.l1_weight = [list(colour) for colour in palette], l1_weight

    def _names(self, turns: Sequence[str]) -> list[str]:
        own = {"plain": "plain_l1", "judge": "judge_accuracy"}
        absent = {value for name, value in own.items() if name not in turns}
        return [*(f"{turn}_loss" for turn in turns), *(n for n in self.logged if n not in absent)]

    @property
    def exported(self) -> keras.Model:
        """What other programs call: the generator."""
        return self.generator

    def turn_loss(self, turn: str, x: Any, y: Any, sample_weight: Any, training: bool) -> Any:
        """Compute the loss of a turn on a batch.

        Args:
            turn: `"discriminator"`, `"generator"`, `"plain"` or `"judge"`.
            x: inputs, `(batch, height, width, 3)`, 0 to 255.
            y: pictures, likewise.
            sample_weight: nothing.
            training: whether the turn is to learn.

        Returns:
            The loss, a scalar, and what is logged.
        """
        given, real = (ops.cast(image, "float32") / 127.5 - 1 for image in (x, y))
        if turn == "judge":
            return self._read(x, y, training)
        if turn == "plain":
            error = _l1(real, self.plain(given, training=training))  # type: ignore[misc]
            return error, {"plain_l1": error / 2}
        made = ops.cast(self.generator(given, training=training), "float32")
        score = ops.cast(self.discriminator([given, made], training=training), "float32")
        if turn == "generator":
            error = _l1(real, made)
            loss = adversarial.generator_loss("non_saturating", score) + self.l1_weight * error
            # Of pixels from 0 to 1.
            return loss, {"l1": error / 2, "variety": _variety(real, made)}
        true = ops.cast(self.discriminator([given, real], training=training), "float32")
        # Halved, as in the paper, so that the discriminator learns the slower.
        loss = adversarial.discriminator_loss("non_saturating", true, score) / 2
        return loss, {"told_apart": ops.mean(ops.cast(true > score, "float32"))}

    def _read(self, x: Any, y: Any, training: bool) -> Any:
        palette = ops.convert_to_tensor(self.palette, dtype="float32")
        distance = ops.square(ops.expand_dims(ops.cast(x, "float32"), -2) - palette)
        labels = ops.argmin(ops.sum(distance, axis=-1), axis=-1)
        chances = self.judge(ops.cast(y, "float32"), training=training)  # type: ignore[misc]
        losses = keras.losses.sparse_categorical_crossentropy(labels, chances)
        right = ops.equal(ops.argmax(chances, axis=-1), labels)
        return ops.mean(losses), {"judge_accuracy": ops.mean(ops.cast(right, "float32"))}

    def call(self, x: Any) -> Any:
        """Make pictures.

        Args:
            x: inputs, `(batch, height, width, 3)`, 0 to 255.

        Returns:
            `(batch, height, width, 3)`, 0 to 1.
        """
        return (self.generator(ops.cast(x, "float32") / 127.5 - 1) + 1) / 2

    def snapshot_of(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the generator makes of inputs now, 0 to 1; see `made_by`."""
        return self.made_by("generator", inputs)

    def made_by(self, part: str, inputs: np.ndarray, size: int = 32) -> np.ndarray:
        """Return the pictures that a part makes.

        Args:
            part: `"generator"` or `"plain"`.
            inputs: `(inputs, height, width, 3)`, 0 to 255.
            size: inputs that are computed together.

        Returns:
            `(inputs, height, width, 3)`, 0 to 1.
        """
        model = getattr(self, part)
        batches = [inputs[start : start + size] for start in range(0, len(inputs), size)]
        made = [model.predict_on_batch(batch.astype(np.float32) / 127.5 - 1) for batch in batches]
        return (np.concatenate(made) + 1) / 2


def pix2pix(
    image_shape: tuple[int, int, int],
    palette: Sequence[Sequence[int]],
    *,
    filters: Count = 64,
    levels: Depth | None = None,
    l1_weight: Penalty = 100.0,
    plain: bool = True,
) -> Pix2Pix:
    """Pix2Pix with the parts that judge it.

    Args:
        image_shape: `(height, width, 3)`, sides that 32 divides.
        palette: colour of each class in label maps, 0 to 255; empty for pictures.
        filters: of the first level of generator and discriminator; 64 in the paper.
        levels: how often the generator halves the sides; by default until one is odd, 8 times for
            256 pixels.
        l1_weight: factor of the absolute error beside the discriminator's judgement.
        plain: whether a generator learns beside it by the absolute error alone, to compare with.

    Returns:
        An uncompiled `Pix2Pix`.

    Reference:
        [Image-to-Image Translation with Conditional Adversarial
        Networks](https://arxiv.org/abs/1611.07004) (Isola et al., 2017)
    """
    classes = len(palette)
    judge = None
    if classes:
        sizes = 2 if min(image_shape[:2]) < _SMALL else 4
        judge = unet(image_shape, classes, filters=12, levels=sizes, batch_normalization=True)
    return Pix2Pix(
        unet_generator(image_shape, filters=filters, levels=levels),
        patch_discriminator(image_shape, filters=filters),
        unet_generator(image_shape, filters=filters, levels=levels, name="plain")
        if plain
        else None,
        judge,
        palette,
        l1_weight,
        name="pix2pix",
    )


def _depth(image_shape: tuple[int, int, int]) -> int:
    depth, side = 0, min(image_shape[:2])
    while side > 1 and not any(length >> depth & 1 for length in image_shape[:2]):
        depth, side = depth + 1, side // 2
    return depth


def _variety(real: Any, made: Any) -> Any:
    """Return how much made pictures differ from each other, as a share of real ones; 1 where real
    ones do not, as in a batch of one.
    """
    there, found = (ops.mean(ops.std(images, axis=0)) for images in (real, made))
    return ops.where(there > _ALIKE, found / ops.maximum(there, _ALIKE), ops.ones_like(there))


def _l1(real: Any, made: Any) -> Any:
    return ops.mean(ops.abs(real - ops.cast(made, "float32")))
