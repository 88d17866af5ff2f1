"""Pairs at one size, moved together, and colours of classes."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.image_translation import PairPreprocessor, Pairs, prepare_pairs
from kerasrecipes.data.synthetic.scene_materials import MATERIALS, material_scene
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

RANDOM = np.random.default_rng(0)


def test_halves_are_moved_together_and_repeat():
    x = RANDOM.integers(0, 256, (6, 32, 64, 3), np.uint8)
    pairs = Pairs(Arrays(x, 255 - x), PairPreprocessor(size=(32, 64)), jittered=True)
    indices = np.array([4, 1, 5])
    one, other = pairs.take(indices)
    np.testing.assert_array_equal(other, 255 - one)
    assert (one != x[indices]).any() and one.shape == (3, 32, 64, 3)
    np.testing.assert_array_equal(pairs.select(np.arange(6)).take(indices)[0], one)
    np.testing.assert_array_equal(
        Pairs(pairs.source, pairs.preprocessor).take(indices)[0], x[indices]
    )


@pytest.mark.parametrize("count", [2, 11, 40])
def test_classes_have_colours_that_tell_them_apart(count):
    names = [str(index) for index in range(count)]
    preprocessor = PairPreprocessor.fit(Arrays(np.zeros(1), np.zeros(1)), (32, 32), names)
    assert len(set(preprocessor.palette)) == count
    mask = RANDOM.integers(-1, count, (32, 32))
    colours = preprocessor.coloured(mask)
    np.testing.assert_array_equal(preprocessor.classes_of(colours), mask)
    blurred = np.clip(colours.astype(int) + RANDOM.integers(-3, 4, colours.shape), 0, 255)
    assert (preprocessor.classes_of(blurred) == mask).mean() > 0.95


def test_materials_are_told_by_their_pattern_alone():
    random = np.random.default_rng(0)
    scenes = [material_scene(random) for _ in range(30)]
    pictures, masks = (np.stack(half) for half in zip(*scenes, strict=True))
    again = np.random.default_rng(0)
    np.testing.assert_array_equal(material_scene(again)[0], pictures[0])
    means = [pictures[masks == kind].mean() for kind in range(len(MATERIALS))]
    assert max(means) - min(means) < 25, "none is much brighter than another"


@pytest.mark.parametrize("size", [(60,), (64, 60), (64, 64, 64)])
def test_sizes_that_cannot_be_are_refused(size):
    splits = synthetic.material_scenes().load(Request())
    with pytest.raises(UserError, match="expected one or two multiples of"):
        prepare_pairs(splits, image_size=size)
