"""MobileNet: the paper's sizes, and what it refuses."""

import keras
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.mobilenet import mobilenet


@pytest.mark.parametrize(
    ("alpha", "parameters"),
    [(1.0, 4_253_864), (0.75, 2_601_976), (0.5, 1_342_536), (0.25, 475_544)],
)
def test_it_has_as_many_parameters_as_that_of_keras(alpha, parameters):
    assert mobilenet((224, 224, 3), 1000, alpha=alpha).count_params() == parameters


def test_its_maps_are_halved_five_times():
    model = mobilenet((224, 160, 3), 3, alpha=0.1)
    assert model.get_layer("conv_pw_13_relu").output.shape[1:] == (7, 5, 102)
    assert mobilenet((33, 47, 1), 3, augmentation=[keras.layers.RandomFlip()]).output_shape[1] == 3
    with pytest.raises(UserError, match="at least 32 x 32 pixels, received 31 x 40"):
        mobilenet((31, 40, 3), 2)
