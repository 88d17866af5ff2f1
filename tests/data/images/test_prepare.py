"""Bringing images to the size of a model, and what prediction needs to do the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from kerasrecipes.data import images
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import prepare
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


def strokes(count, side=28, white=False):
    """Draw lines whose box takes 20 of 28 pixels."""
    random, drawn = np.random.default_rng(0), []
    for _ in range(count):
        image = Image.new("L", (side, side), 255 if white else 0)
        a, b = random.integers(4, side - 5, 2)
        ImageDraw.Draw(image).line(
            [(int(a), 4), (int(b), side - 5)], fill=0 if white else 255, width=3
        )
        drawn.append(np.asarray(image))
    return np.stack(drawn)[..., None]


def splits_of(x):
    examples = Arrays(x, np.arange(len(x)) % 2)
    return Splits(train=examples, validation=examples, test=examples, info=Info(classes=("a", "b")))


def test_slightly_smaller_images_are_padded():
    fitted = prepare_images(splits_of(strokes(20)), (32, 32))
    assert fitted.info.input_shape == (32, 32, 1) and fitted.train.x.dtype == np.uint8
    assert (
        np.array_equal(fitted.test.x[:, 2:30, 2:30], strokes(20))
        and fitted.test.x[:, :2].max() == 0
    )
    assert prepare_images(splits_of(strokes(20, white=True)), (32, 32)).test.x[:, :2].min() == 255


def test_much_smaller_images_are_resized():
    fitted = prepare_images(images.digits().load(Request()), (32, 32))
    assert fitted.train.x.shape == (1259, 32, 32, 1)
    frame = fitted.info.preprocessor.frame
    assert frame.resize == "stretch" and frame.source == (8, 8)


def test_drawings_are_recognised_by_ground_and_extent():
    for white, ground in ((False, 0), (True, 255)):
        form = prepare_images(splits_of(strokes(50, white=white)), (32, 32)).info.preprocessor.ink
        assert form.background == ground and form.extent == pytest.approx(20 / 28, abs=0.04)
    digits = prepare_images(images.digits().load(Request()), (32, 32))
    assert digits.info.preprocessor.ink.extent > 0.95


def test_photographs_and_solid_shapes_are_no_drawings():
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (30, 28, 28, 1), np.uint8)
    shapes = np.zeros((30, 28, 28, 1), np.uint8)
    shapes[:, 4:24, 6:22] = 200
    for x in (noise, shapes, np.zeros_like(shapes)):
        assert prepare_images(splits_of(x), (32, 32)).info.preprocessor.ink is None


def test_channels_follow_the_content():
    gray_as_colour = np.repeat(strokes(10), 3, axis=-1)
    assert prepare_images(splits_of(gray_as_colour), (32, 32)).info.input_shape == (32, 32, 1)
    assert prepare_images(splits_of(strokes(10)), (32, 32), channels=3).train.x.shape[-1] == 3
    colour = gray_as_colour * np.array([1, 0, 1], np.uint8)
    assert prepare_images(splits_of(colour), (32, 32)).info.input_shape == (32, 32, 3)
    assert prepare_images(splits_of(colour), (32, 32), channels=1).train.x.shape[-1] == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_what_prediction_needs_survives_json(channels):
    info = prepare_images(splits_of(strokes(10)), (32, 32), channels).info
    assert (info.preprocessor.ink is None) == (channels == 3)
    assert Info.from_dict(json.loads(json.dumps(info.as_dict()))) == info


@pytest.fixture
def photographs(tmp_path):
    random = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(10):
            size = tuple(random.integers(20, 60, 2))
            pixels = random.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{number}.png")
    return images.folder().load(Request(path=str(tmp_path)))


def test_small_folders_are_decoded_once_and_large_ones_when_taken(photographs, monkeypatch):
    decoded = prepare_images(photographs, (16, 16))
    monkeypatch.setattr(prepare, "IN_MEMORY", 0)
    files = prepare_images(photographs, (16, 16))
    assert isinstance(decoded.train, Arrays) and isinstance(files.train, ImageFiles)
    assert decoded.info == files.info and decoded.info.input_shape == (16, 16, 3)
    everything = np.arange(len(files.train))
    for a, b in zip(decoded.train.take(everything), files.train.take(everything), strict=True):
        assert np.array_equal(a, b)


def test_file_that_breaks_after_the_check_is_noted(photographs):
    gone = photographs.train.files[int(photographs.train.indices[0])]
    with open(gone, "wb") as file:
        file.write(b"broken")
    fitted = prepare_images(photographs, (16, 16))
    assert len(fitted.train) == len(photographs.train) - 1 and any(
        gone in note for note in fitted.notes
    )


@pytest.mark.parametrize("size, channels", [((0, 32), None), ((32, 32), 2)])
def test_size_that_cannot_be(size, channels):
    with pytest.raises(UserError, match="positive size and 1 or 3 channels"):
        prepare_images(splits_of(strokes(4)), size, channels)


def test_classes_do_not_matter_to_a_training_without_any():
    trained = replace(prepare_images(splits_of(strokes(20)), (32, 32)).info, classes=None)
    other = replace(splits_of(strokes(5)), trained_info=trained)
    assert prepare_images(other, (9, 9)).test.x.shape[1:] == (32, 32, 1)
