import keras
import numpy as np
import pytest

from kerasrecipes.losses.forecasting import ForecastLoss


def test_it_is_the_squared_error_of_the_mean_and_the_pinball_loss_of_quantiles():
    truth = np.array([[2.0, 0.0]], "float32")
    found = np.array([[[1.0, 0.0, 3.0], [0.5, 1.0, 2.0]]], "float32")
    squared = (1.0 + 0.25) / 2
    pinball = ((0.1 * 2 + 0.1 * 1) / 2 + (0.9 * 1 + 0.1 * 2) / 2) / 2
    assert float(ForecastLoss((0.1, 0.9))(truth, found)) == pytest.approx(squared + 2 * pinball)


def test_a_gap_counts_nothing_and_has_no_gradient():
    truth = np.array([[2.0, np.nan], [np.nan, np.nan]], "float32")
    found = keras.Variable(np.full((2, 2, 2), 1.5, "float32"))
    loss = ForecastLoss((0.5,))
    value = float(loss(truth, found))
    assert value == pytest.approx((0.25 + 2 * 0.25) / 2)
    found.assign(np.stack([[[1.5, 1.5], [9, 9]], [[7, 7], [8, 8]]]).astype("float32"))
    assert float(loss(truth, found)) == pytest.approx(value)


def test_it_is_made_again_from_its_config():
    loss = ForecastLoss((0.2, 0.8))
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.quantiles == (0.2, 0.8)
