"""Regression losses divided by the target's standard deviation."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.scaled import Scaled


def value(loss, y, scores):
    return float(ops.convert_to_numpy(loss(y, scores)))


def test_losses_in_units_of_the_spread():
    y, given = (
        np.array([[10.0], [0.0]], dtype="float32"),
        np.array([[12.0], [-10.0]], dtype="float32"),
    )
    scale = (4.0,)  # the errors are 0.5 and 2.5 spreads
    assert value(Scaled("mse", scale), y, given) == pytest.approx((0.25 + 6.25) / 2)
    assert value(Scaled("mae", scale), y, given) == pytest.approx((0.5 + 2.5) / 2)
    assert value(Scaled("huber", scale), y, given) == pytest.approx((0.125 + 2.0) / 2)


def test_each_target_has_a_spread_of_its_own():
    y, given = np.zeros((1, 2), "float32"), np.array([[1.0, 100.0]], dtype="float32")
    assert value(Scaled("mae", (1.0, 100.0)), y, given) == pytest.approx(1)


def test_loss_is_made_again_from_its_configuration():
    loss = Scaled("huber", (2.0, 3.0), delta=0.5)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
