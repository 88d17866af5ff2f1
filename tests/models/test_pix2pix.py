"""Pix2Pix has the paper's size; its turns learn their own part."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.pix2pix import patch_discriminator, pix2pix, unet_generator

RANDOM = np.random.default_rng(0)


def learned(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_parameters_are_those_of_the_paper():
    shape = (256, 256, 3)
    discriminator = patch_discriminator(shape)
    assert learned(unet_generator(shape)) == 54_413_955
    assert learned(discriminator) == 2_768_705
    # Each of 30 × 30 scores sees 70 × 70 pixels.
    assert discriminator.output_shape == (None, 30, 30, 1)


@pytest.mark.parametrize("shape", [(32, 32, 3), (96, 160, 3)])
def test_sizes_that_32_divides(shape):
    for model in (unet_generator(shape, filters=2), patch_discriminator(shape, filters=2)):
        assert model.output_shape[-1] in (1, 3)
    assert unet_generator(shape, filters=2).output_shape == (None, *shape)


@pytest.mark.parametrize("palette", [((0, 0, 0), (200, 100, 0)), ()])
def test_parts_and_losses(palette):
    keras.utils.set_random_seed(0)
    model = pix2pix((32, 32, 3), palette, filters=2)
    beside = ("plain", "judge") if palette else ("plain",)
    assert model.turns == ("discriminator", "generator", *beside)
    x = np.zeros((2, 32, 32, 3), np.uint8)
    x[:, 8:] = (200, 100, 0)
    y = RANDOM.integers(0, 256, x.shape, np.uint8)
    for turn in model.turns:
        loss, logged = model.turn_loss(turn, x, y, None, training=False)
        values = [float(value) for value in (loss, *logged.values())]
        assert np.isfinite(values).all() and set(logged) <= {m.name for m in model.metrics}
    made = model.made_by("generator", x)
    assert made.shape == x.shape and 0 <= made.min() <= made.max() <= 1
    np.testing.assert_allclose(np.asarray(model(x)), made, atol=1e-5)
    again = type(model).from_config(model.get_config())
    assert again.turns == model.turns and again.palette == model.palette


def test_variety_is_that_of_made_pictures_beside_real_ones():
    keras.utils.set_random_seed(0)
    model = pix2pix((32, 32, 3), (), filters=2)
    x = RANDOM.integers(0, 256, (4, 32, 32, 3), np.uint8)

    def variety(x, y):
        return float(model.turn_loss("generator", x, y, None, training=False)[1]["variety"])

    same = np.repeat(x[:1], 4, axis=0)
    assert variety(same, x) == pytest.approx(0, abs=1e-6)  # one picture, whatever is asked for
    assert variety(x, x) > 0
    # Real ones that are alike, as one alone is, say nothing.
    assert variety(x, same) == variety(x[:1], x[:1]) == 1
