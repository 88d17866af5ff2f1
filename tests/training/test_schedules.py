"""Learning rates rise, fall and survive serialisation."""

import keras
import numpy as np
import pytest

from kerasrecipes.training.schedules import WarmUp, make_schedule
from kerasrecipes.training_settings import Training


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cosine", [0.1, 0.05, 0.0]),
        ("step", [0.1, 0.1, 0.001]),
        ("exponential", [0.1, 0.01, 0.001]),
    ],
)
def test_a_schedule_falls_from_the_learning_rate(name, expected):
    schedule = make_schedule(
        Training(schedule=name, learning_rate=0.1, epochs=10), steps_per_epoch=10
    )
    np.testing.assert_allclose(rates(schedule, [0, 50, 100]), expected, rtol=1e-5, atol=1e-8)


def test_the_schedule_of_transformers_is_that_of_the_paper():
    training = Training(schedule="inverse_sqrt", learning_rate=0.1, epochs=10, warmup_epochs=2)
    found = rates(make_schedule(training, steps_per_epoch=10), range(100))
    # The paper counts steps from 1, and is at its peak at the last of the warm-up.
    paper = [min(step**-0.5, step * 20**-1.5) * 0.1 * 20**0.5 for step in range(1, 101)]
    np.testing.assert_allclose(found, paper, rtol=0.03)
    np.testing.assert_allclose(found[:20], paper[:20], rtol=1e-5)


@pytest.mark.parametrize("name", ["constant", "cosine", "step", "exponential", "inverse_sqrt"])
def test_the_warm_up_rises_linearly_to_the_learning_rate(name):
    training = Training(schedule=name, learning_rate=0.1, epochs=10, warmup_epochs=1)
    schedule = make_schedule(training, steps_per_epoch=10)
    np.testing.assert_allclose(rates(schedule, range(10)), np.arange(1, 11) * 0.01, rtol=1e-5)
    assert float(schedule(10)) == pytest.approx(0.1)
    assert float(schedule(99)) <= 0.1 + 1e-6


def test_without_a_schedule_it_is_a_number():
    assert make_schedule(Training(learning_rate=0.1), 10) == 0.1
    assert (
        make_schedule(Training(learning_rate=0.1, schedule="plateau", warmup_epochs=1), 10) == 0.1
    )


def test_a_warm_up_survives_saving():
    schedule = WarmUp(keras.optimizers.schedules.CosineDecay(0.1, 90), 10)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert rates(again, range(0, 100, 7)) == rates(schedule, range(0, 100, 7))
