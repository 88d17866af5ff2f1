"""Augmentation: layers that change images at random during training, and leave them else."""

from __future__ import annotations

from keras import layers

from kerasrecipes.ranges import Probability

# Names of the layers, which those of a trained model are known by.
NAMES = ("flip", "shift", "rotation", "zoom", "brightness", "contrast")


def augmentation(
    *,
    flip: bool = False,
    shift: Probability = 0.0,
    rotation: Probability = 0.0,
    zoom: Probability = 0.0,
    brightness: Probability = 0.0,
    contrast: Probability = 0.0,
) -> list[layers.Layer]:
    """Layers to put in front of a model that takes pixels from 0 to 255.

    Args:
        flip: whether to flip training images at random, left to right.
        shift: fraction of height and width by which to shift training images at random.
        rotation: largest random rotation of training images, as a fraction of a full turn.
        zoom: largest random zoom in or out of training images, as a fraction.
        brightness: largest random change of brightness of training images, as a fraction of white.
        contrast: largest random change of contrast of training images, as a fraction.

    Returns:
        The layers, `(batch, height, width, channels)` to the same; none without augmentation.
    """
    found: list[layers.Layer] = []
    if flip:
        found.append(layers.RandomFlip("horizontal", name="flip"))
    if shift:
        found.append(layers.RandomTranslation(shift, shift, "constant", name="shift"))
    if rotation:
        found.append(layers.RandomRotation(rotation, fill_mode="reflect", name="rotation"))
    if zoom:
        found.append(layers.RandomZoom(zoom, fill_mode="reflect", name="zoom"))
    if brightness:
        found.append(layers.RandomBrightness(brightness, value_range=(0, 255), name="brightness"))
    if contrast:
        found.append(layers.RandomContrast(contrast, value_range=(0, 255), name="contrast"))
    return found
