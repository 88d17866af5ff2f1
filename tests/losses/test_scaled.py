"""The perceptron's rule as a loss, and regression losses in units of the target's spread."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.scaled import Perceptron, Scaled, SignAccuracy
from kerasrecipes.models.perceptron import perceptron

RANDOM = np.random.default_rng(0)
SCORES = np.array([[2.0], [-0.5], [0.0], [3.0], [0.0]], dtype="float32")
LABELS = np.array([1.0, 1.0, 1.0, -1.0, -1.0], dtype="float32")


def value(loss, y=LABELS, scores=SCORES):
    return float(ops.convert_to_numpy(loss(y, scores)))


def test_the_perceptron_loss_counts_how_far_a_score_is_on_the_wrong_side():
    assert value(Perceptron()) == pytest.approx((0 + 0.5 + 0 + 3 + 0) / 5)


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


@pytest.mark.parametrize("loss", [Perceptron("trick"), Scaled("huber", (2.0, 3.0), delta=0.5)])
def test_losses_are_made_again_from_their_configuration(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


def test_accuracy_of_signs_in_parts_and_weighted():
    metric = SignAccuracy()
    metric.update_state(LABELS[:2], SCORES[:2])
    metric.update_state(LABELS[2:], SCORES[2:])
    assert float(metric.result()) == pytest.approx(2 / 5)  # a score of zero answers +1
    metric.reset_state()
    metric.update_state(LABELS, SCORES, sample_weight=np.array([1, 0, 0, 1, 0]))
    assert float(metric.result()) == pytest.approx(1 / 2)
