"""Images as lightness and colour."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.colorization import RANGE, ColourPreprocessor, prepare_colours
from kerasrecipes.data.images.colour_spaces import from_lab, to_lab
from kerasrecipes.data.synthetic.scene_colours import coloured_scene
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

RANDOM = np.random.default_rng(0)


def colourful(count, size=(16, 24)):
    return np.stack(
        [np.full((*size, 3), RANDOM.integers(0, 256, 3), np.uint8) for _ in range(count)]
    )


def splits_of(x, **changes):
    part = Arrays(x)
    return replace(Splits(train=part, validation=part, test=part, info=Info()), **changes)


def test_lab_has_its_known_colours_and_comes_back():
    known = {(255, 255, 255): (100, 0, 0), (0, 0, 0): (0, 0, 0), (255, 0, 0): (53.24, 80.09, 67.2)}
    for rgb, lab in known.items():
        np.testing.assert_allclose(to_lab(np.array(rgb)), lab, atol=0.05)
    image = RANDOM.integers(0, 256, (40, 50, 3), np.uint8)
    np.testing.assert_array_equal(from_lab(to_lab(image)), image)
    # A colour that no screen shows is brought to one, and nothing wraps around.
    assert from_lab(np.array([90.0, 120.0, -100.0])).tolist()[0] == 255


def test_lightness_and_colour_make_the_image_again():
    splits = prepare_colours(splits_of(colourful(8)), image_size=16)
    x, y = splits.test.take(np.arange(3))
    assert x.shape == (3, 16, 16, 1) and x.dtype == np.uint8 and y.shape == (3, 8, 8, 2)
    preprocessor = splits.info.preprocessor
    for number in range(3):
        whole = splits.test.whole(number)
        made = preprocessor.coloured(whole, preprocessor.decode(y)[number])
        assert made.shape == whole.shape == (16, 24, 3)
        assert np.abs(made.astype(int) - whole).max() <= 2
        blank = preprocessor.coloured(whole, 0 * y[number])
        assert (blank.max(axis=-1) - blank.min(axis=-1)).max() <= 1


def test_training_images_are_mirrored_and_repeat():
    x = RANDOM.integers(0, 256, (9, 16, 16, 3), np.uint8)
    splits = prepare_colours(splits_of(x), image_size=16)
    indices = np.array([5, 2, 7, 1])
    first, again = splits.train.take(indices)[0], splits.train.take(indices)[0]
    np.testing.assert_array_equal(first, again)
    plain = splits.test.take(indices)[0]
    mirrored = [not np.array_equal(a, b) for a, b in zip(first, plain, strict=True)]
    assert any(mirrored)
    for number in np.flatnonzero(mirrored):
        np.testing.assert_array_equal(first[number], plain[number][:, ::-1])
    part = splits.test.select(indices)
    np.testing.assert_array_equal(part.take(np.arange(4))[0], plain)


def test_the_palette_is_what_training_images_have_and_rare_colours_weigh_more():
    ab = np.repeat([[0.0, 0.0], [30.0, 10.0], [-40.0, 20.0]], [900, 90, 10], axis=0)
    fitted = ColourPreprocessor.fit(ab, 16, 10.0, 0.5, 0.38)
    assert set(fitted.palette) == {(0.0, 0.0), (30.0, 10.0), (-40.0, 20.0)}
    weights = dict(zip(fitted.palette, fitted.weights, strict=True))
    assert weights[(0.0, 0.0)] < weights[(30.0, 10.0)] < weights[(-40.0, 20.0)]
    shares = {(0.0, 0.0): 0.9, (30.0, 10.0): 0.09, (-40.0, 20.0): 0.01}
    assert sum(weights[c] * share for c, share in shares.items()) == pytest.approx(1, rel=1e-3)
    assert set(ColourPreprocessor.fit(ab, 16, 10.0, 0.0, 1.0).weights) == {1.0}
    # Between the mean and the most probable.
    chances = np.array([0.5, 0.3, 0.2])
    best = fitted.palette[0]
    for temperature, near in ((1.0, None), (0.01, best)):
        found = replace(fitted, temperature=temperature).decode(chances)
        expected = chances @ np.array(fitted.palette) if near is None else near
        np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_allclose(fitted.decode(np.array([0.1, -0.2])), [0.1 * RANGE, -0.2 * RANGE])


def test_grey_images_of_a_folder_are_left_out_and_named(tmp_path):
    for number, pixels in enumerate(colourful(20)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    for name, mode in (("old.png", "L"), ("scan.png", "RGB")):
        Image.new("L", (30, 20), 99).convert(mode).save(tmp_path / name)
    splits = prepare_colours(images.pictures().load(Request(path=str(tmp_path))), image_size=16)
    assert sum(map(len, (splits.train, splits.validation, splits.test))) <= 20
    notes = " | ".join(splits.notes)
    assert "old.png is grey" in notes and "scan.png is grey" in notes


def test_what_cannot_be_learned_from_is_refused_in_a_line():
    with pytest.raises(UserError, match="none of the training images has colours"):
        prepare_colours(splits_of(np.full((5, 16, 16, 3), 80, np.uint8)), image_size=16)
    with pytest.raises(UserError, match="image_size=20: expected a multiple of 8"):
        prepare_colours(splits_of(colourful(3)), image_size=20)


def test_other_data_is_prepared_as_in_the_training():
    trained = prepare_colours(splits_of(colourful(6)), image_size=16).info
    other = prepare_colours(splits_of(colourful(4), trained_info=trained), image_size=64)
    assert other.info is trained and other.test.take(np.array([0]))[0].shape == (1, 16, 16, 1)


def test_coloured_scenes_are_the_same_by_seed():
    one, other = (coloured_scene(np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (64, 64, 3)
    # Colours, but not so many that a scene would be noise.
    assert np.abs(to_lab(one)[..., 1:]).mean() > 5


def test_the_palette_has_the_colours_themselves():
    pixels = np.zeros((6, 16, 16, 3), np.uint8)
    pixels[::2], pixels[1::2] = (200, 40, 40), (40, 60, 200)
    info = prepare_colours(splits_of(pixels), image_size=16).info
    palette = np.array(ColourPreprocessor.of(info).palette)
    for colour in ((200, 40, 40), (40, 60, 200)):
        ab = to_lab(np.full((1, 1, 3), colour, np.uint8))[0, 0, 1:]
        assert np.linalg.norm(palette - ab, axis=1).min() < 10
