"""The perceptron criterion as a loss: its gradient is the perceptron's learning rule."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.perceptron import Perceptron
from kerasrecipes.models.perceptron import perceptron

RANDOM = np.random.default_rng(0)
SCORES = np.array([[2.0], [-0.5], [0.0], [3.0], [0.0]], dtype="float32")
LABELS = np.array([1.0, 1.0, 1.0, -1.0, -1.0], dtype="float32")


def test_the_perceptron_loss_counts_how_far_a_score_is_on_the_wrong_side():
    assert float(ops.convert_to_numpy(Perceptron()(LABELS, SCORES))) == pytest.approx(
        (0 + 0.5 + 0 + 3 + 0) / 5
    )


@pytest.mark.parametrize("rule", ["trick", "loss"])
def test_epochs_of_descent_are_the_rule_row_by_row(rule):
    """The rule is w += η (y - ŷ) x with labels 0 and 1, in the order of the rows, from weights of
    zero.
    """
    x, rate = RANDOM.normal(size=(40, 3)).astype("float32"), 0.25
    y = np.where(x @ [1.0, -2.0, 0.5] + 0.3 > 0, 1.0, -1.0)
    w, b = np.zeros(3), 0.0
    for row, label in zip(np.concatenate([x, x]), np.concatenate([y, y]), strict=True):
        score = row @ w + b
        trick, loss = (label > 0) - float(score >= 0), label if label * score <= 0 else 0.0
        error = trick if rule == "trick" else loss
        w, b = w + rate * error * row, b + rate * error
    model = perceptron((3,))
    model.compile(optimizer=keras.optimizers.SGD(rate), loss=Perceptron(rule))
    model.fit(x, y, batch_size=1, epochs=2, shuffle=False, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel[:, 0], w, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(bias[0], b, rtol=1e-4, atol=1e-5)
    assert np.any(w != 0)


def test_loss_is_made_again_from_its_configuration():
    loss = Perceptron("trick")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
