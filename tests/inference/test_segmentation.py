"""Masks of images of any size, by tiles that overlap."""

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.answers.pixels import Mask
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.segmentation import MaskPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.segmentation import baseline, mask_of, scores, segment, tiled
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation

SIZE = (16, 24)


class Bright(keras.layers.Layer):
    """Knows two classes of pixels, dark and bright ones, without training."""

    def call(self, inputs):
        share = keras.ops.cast(inputs, "float32")[..., :1] / 255
        return keras.ops.concatenate([1 - share, share], axis=-1)


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((*SIZE, 3))
    return keras.Model(inputs, Bright()(inputs))


@pytest.fixture
def run(model):
    class Run:
        info = Info(
            input_shape=(*SIZE, 3),
            classes=("dark", "bright"),
            preprocessor=MaskPreprocessor(size=SIZE),
        )

    Run.model = model
    return Run


def checked(height, width):
    """Draw an image whose right half is bright, with a bright stripe below."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = 255
    image[-height // 8 :] = 255
    return image


@pytest.mark.parametrize("size", [SIZE, (17, 24), (61, 50), (16, 101)])
def test_tiles_together_give_what_each_pixel_is(model, size):
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    found = tiled(model, image, SIZE)
    np.testing.assert_allclose(found[..., 1], image[..., 0] / 255, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 24), (8, 12), (90, 60), (300, 500)])
@pytest.mark.parametrize("full_size", [False, True])
def test_a_mask_has_the_size_of_its_image(model, size, full_size):
    image = checked(*size)
    mask = mask_of(model, image, SIZE, full_size=full_size)
    assert mask.shape == size
    # Where it is resized, edges may be off by a pixel of what the model sees.
    off = (mask != (image[..., 0] > 127)).mean()
    assert off < 0.06 if not full_size or size == (8, 12) else off == 0


def test_photographs_and_folders_are_answered(run, tmp_path):
    Image.fromarray(checked(40, 64)).save(tmp_path / "a.png")
    Image.fromarray(checked(64, 40)).convert("L").save(tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes(b"none")
    found = segment(run, [tmp_path])
    assert [type(answer).__name__ for answer in found] == ["Mask", "Mask", "Failure"]
    first = found[0]
    assert isinstance(first, Mask) and first.mask.shape == (40, 64)
    assert first.picture().shape == (40, 64, 3) and first.shares["bright"] > 0.5
    assert "plain" not in first
    plain = segment(run, [tmp_path / "a.png"], plain=True)[0].picture()
    np.testing.assert_array_equal(plain[..., 0], first.mask)
    with pytest.raises(UserError, match="cannot be read as an image"):
        segment(run, [tmp_path / "c.png"])


def test_an_image_of_too_many_tiles_is_refused(model):
    with pytest.raises(UserError, match="tiles of 24 x 16; at most 4,096"):
        tiled(model, np.zeros((4000, 4000, 3), np.uint8), SIZE)


def test_scores_and_the_baseline_that_knows_colours(model):
    images = np.stack([checked(*SIZE)] * 4)
    labels = (images[..., 0] > 127).astype(np.int8)
    info = Info(input_shape=(*SIZE, 3), classes=("dark", "bright"))
    part = Arrays(images, labels)
    evaluation = Evaluation(
        recipe="segmentation",
        model=model,
        info=info,
        examples=part,
        labels=labels,
        outputs=labels.astype(np.uint8),
        metrics={},
        train=part,
    )
    assert scores(evaluation)["mean_iou"] == 1
    np.testing.assert_array_equal(baseline(evaluation).outputs, labels)
