"""Augmentation of images as they are taken: what it changes, what it keeps, and that it repeats."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.augmentation import OPERATIONS, AugmentedImages, augmented
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 255, (12, 16, 20, 3), np.uint8)
EXAMPLES = Arrays(IMAGES, np.arange(12) % 3)
INDICES = np.array([3, 0, 7, 5])


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_an_operation_keeps_size_and_mode_and_with_strength_changes_the_image(name, mode):
    image = Image.fromarray(IMAGES[0]).convert(mode)
    found = OPERATIONS[name](image, 0.7, -1)
    assert (found.size, found.mode) == (image.size, mode)
    same = np.array_equal(np.asarray(found), np.asarray(image))
    assert same is (name == "identity" or (name == "colour" and mode == "L"))
    if name not in ("autocontrast", "equalize", "solarize"):
        still = np.asarray(OPERATIONS[name](image, 0.0, 1)).astype(int)
        assert np.abs(still - np.asarray(image).astype(int)).max() <= 1


@pytest.mark.parametrize("settings", [{"randaugment": 2}, {"cutout": 0.5}])
def test_images_are_changed_anew_in_each_batch_and_repeat(settings):
    examples = AugmentedImages(EXAMPLES, seed=1, **settings)
    x, y = examples.take(INDICES)
    assert x.shape == (4, 16, 20, 3) and x.dtype == np.uint8
    assert (x != IMAGES[INDICES]).any(axis=(1, 2, 3)).sum() >= 3
    np.testing.assert_array_equal(y, EXAMPLES.y[INDICES])
    np.testing.assert_array_equal(examples.select(np.arange(12)).take(INDICES)[0], x)
    assert (examples.take(INDICES[::-1])[0][::-1] != x).any()


def test_cutout_hides_a_square_and_nothing_else():
    x, _ = AugmentedImages(EXAMPLES, cutout=0.5).take(np.arange(12))
    hidden = (x == 128).all(axis=-1)
    assert (x[~hidden] == IMAGES[~hidden]).all()
    assert 0 < hidden.sum(axis=(1, 2)).max() <= 64
    for mask in hidden:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


def splits():
    info = Info(input_shape=(16, 20, 3), classes=("a", "b", "c"))
    return Splits(train=EXAMPLES, validation=EXAMPLES, test=EXAMPLES, info=info)


def test_without_settings_nothing_changes():
    given = splits()
    assert augmented(given) is given


def test_cutmix_pastes_the_share_that_the_label_says():
    images = np.repeat(np.arange(12, dtype=np.uint8)[:, None, None, None], 16, 1).repeat(20, 2)
    info = Info(input_shape=(16, 20, 1), classes=tuple("abcdefghijkl"))
    part = Arrays(images, np.arange(12))
    mixed = augmented(Splits(train=part, validation=part, test=part, info=info), cutmix=1.0)
    x, y = mixed.train.take(np.arange(12))
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)
    for image, row in zip(x, y, strict=True):
        shares = np.bincount(image.ravel(), minlength=12) / image.size
        np.testing.assert_allclose(shares, row, atol=1e-6)
    assert (y.max(axis=1) < 1).any()
    # Only training images are blended.
    np.testing.assert_array_equal(mixed.test.take(np.arange(12))[1], np.eye(12))


def test_with_mixup_and_cutmix_each_batch_has_one_of_them():
    both = augmented(splits(), mixup=1.0, cutmix=1.0).train
    kinds = set()
    for shift in range(12):
        x, _ = both.take(np.roll(np.arange(12), shift))
        # Pasted pixels are those of some image; blended ones lie between.
        kinds.add(bool((x == np.rint(x)).all()))
    assert kinds == {True, False}


def test_smoothing_needs_one_hot_rows():
    rows = augmented(splits(), label_smoothing=0.1).train.take(INDICES)[1]
    np.testing.assert_array_equal(rows, np.eye(3)[EXAMPLES.y[INDICES]])
