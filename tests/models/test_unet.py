"""U-Net has the paper's parameters, and an output of its input's size whatever that is."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.unet import unet, unet_on_base


def test_parameters_are_the_papers(monkeypatch):
    def zeros(self, shape, dtype=None, **options):
        return keras.ops.zeros(shape, dtype)

    for name in ("GlorotUniform", "HeNormal"):
        monkeypatch.setattr(getattr(keras.initializers, name), "__call__", zeros)
    model = unet((572, 572, 1), 2)
    assert model.count_params() == 31_030_658
    # Of 572 the four poolings leave 35.75, which is padded to 36 and cut again.
    assert model.get_layer("down5_relu2").output.shape[1:] == (36, 36, 1024)
    assert model.output_shape == (None, 572, 572, 2)


def test_sizes_that_the_levels_do_not_divide_are_kept():
    model = unet((21, 34, 3), 4, filters=2, levels=3, batch_normalization=True, dropout_rate=0.1)
    found = model.predict(np.zeros((1, 21, 34, 3), np.uint8), verbose=0)
    assert found.shape == (1, 21, 34, 4)
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-5)
    with pytest.raises(UserError, match="at least 16 x 16"):
        unet((15, 40, 3), 2)


def test_what_is_seen_at_the_images_own_size_goes_over_the_skip():
    """With silent transposed convolutions the output still depends on the image, by the skip."""
    model = unet((16, 16, 1), 2, filters=4, levels=3)
    for layer in model.layers:
        if layer.name.endswith("_transposed"):
            layer.set_weights([0 * weight for weight in layer.get_weights()])
    image = np.random.default_rng(0).uniform(0, 255, (1, 16, 16, 1))
    found = model.predict(image, verbose=0)
    assert np.ptp(found[..., 0]) > 1e-3


@pytest.mark.parametrize("frozen", [True, False])
def test_a_base_is_the_way_down(frozen):
    model = unet_on_base((40, 50, 3), 3, base="small", frozen=frozen, filters=4)
    assert model.output_shape == (None, 40, 50, 3)
    seer = model.get_layer("small")
    assert [tap.shape[1] for tap in seer.outputs] == [24, 12, 6, 3]
    assert bool(seer.trainable_weights) is not frozen
    assert seer.outputs[0].shape[-1] == 16
