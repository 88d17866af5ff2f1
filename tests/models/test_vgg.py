"""VGG16 against that of keras.applications, and at other sizes."""

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.vgg import vgg16
from tests.models.applications import assert_same_maps, assert_same_outputs


@pytest.mark.slow
def test_with_the_weights_of_keras_it_has_the_same_maps():
    assert_same_maps(vgg16, "VGG16", 14_714_688)


@pytest.mark.slow
def test_whole_with_its_head():
    assert_same_outputs(vgg16, "VGG16", 138_357_544)


def test_vgg_at_other_sizes():
    model = vgg16(
        (32, 32, 1),
        7,
        blocks=((8, 1), (16, 1)),
        dense_units=(20,),
        dropout_rate=0.5,
        batch_normalization=True,
    )
    assert model.output_shape == (None, 7)
    with pytest.raises(UserError, match="at least 32 x 32"):
        vgg16((31, 64, 3), 10)
