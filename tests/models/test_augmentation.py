"""Augmentation changes images in training, each as it says, and leaves them else."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.augmentation import augmentation

IMAGES = np.random.default_rng(0).integers(60, 200, (4, 12, 12, 3)).astype("float32")


def changed(images=IMAGES, **settings):
    (layer,) = augmentation(**settings)
    np.testing.assert_array_equal(layer(images, training=False), images)
    return np.asarray(layer(images, training=True))


def test_without_settings_there_are_no_layers():
    assert augmentation() == []


def test_a_flip_mirrors_some_images_and_no_other():
    images = np.tile(IMAGES, (8, 1, 1, 1))
    flipped = changed(images, flip=True)
    mirrored = (flipped == images[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (flipped == images).all(axis=(1, 2, 3))
    assert (mirrored | kept).all() and mirrored.any() and kept.any()


@pytest.mark.parametrize("name", ["shift", "rotation", "zoom", "brightness", "contrast"])
def test_each_setting_changes_images_and_keeps_their_range(name):
    keras.utils.set_random_seed(1)
    found = changed(**{name: 0.3})
    assert found.shape == IMAGES.shape and np.abs(found - IMAGES).mean() > 1
    assert found.min() >= 0 and found.max() <= 255


def test_all_of_them_work_together_on_bytes():
    inputs = x = keras.Input((12, 12, 3), dtype="uint8")
    for layer in augmentation(
        flip=True, shift=0.1, rotation=0.1, zoom=0.1, brightness=0.1, contrast=0.1
    ):
        x = layer(x)
    model = keras.Model(inputs, x)
    assert np.isfinite(model(IMAGES.astype("uint8"), training=True)).all()
