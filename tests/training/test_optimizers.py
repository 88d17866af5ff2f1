"""Every optimizer is the one of its name, with the settings that were asked for."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.training.optimizers import OPTIMIZERS, check_full_batch, make_optimizer
from kerasrecipes.training_settings import Training


def step(training, value=1.0, gradient=0.5, name="kernel"):
    """Give a weight after one step."""
    variable = keras.Variable(np.array([value, value], "float32"), name=name)
    optimizer = make_optimizer(training)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(np.array([gradient, gradient], "float32"))])
    return float(keras.ops.convert_to_numpy(variable.value)[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_goes_downhill(name):
    assert step(Training(optimizer=name, learning_rate=0.1)) < 1.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"optimizer": "sgd"}, 1 - 0.1 * 0.5),
        ({"optimizer": "momentum"}, 1 - 0.1 * 0.5),
        ({"optimizer": "nag", "momentum": 0.9}, 1 - 0.1 * (0.5 + 0.9 * 0.5)),
        ({"optimizer": "lion"}, 1 - 0.1),
        ({"optimizer": "sgd", "clip_value": 0.2}, 1 - 0.1 * 0.2),
        ({"optimizer": "sgd", "clip_norm": 0.1}, 1 - 0.1 * 0.1 / np.sqrt(2)),
        ({"optimizer": "sgd", "weight_decay": 0.5}, 1 - 0.1 * 0.5 - 0.1 * 0.5 * 1.0),
    ],
)
def test_the_first_step_is_what_the_formula_says(settings, expected):
    assert step(Training(learning_rate=0.1, **settings)) == pytest.approx(expected, rel=1e-5)


def test_biases_are_not_decayed():
    training = Training(optimizer="sgd", learning_rate=0.1, weight_decay=0.5)
    assert step(training, gradient=0.0, name="kernel") == pytest.approx(0.95)
    assert step(training, gradient=0.0, name="bias") == 1.0


@pytest.mark.parametrize(
    ("steps", "replicas", "message"), [(5, 1, "--batch-size all"), (1, 2, "--strategy cpu")]
)
def test_lbfgs_wants_the_gradient_of_all_examples_on_one_device(steps, replicas, message):
    training = Training(optimizer="lbfgs", batch_size="all")
    check_full_batch(training, 1, 1)
    with pytest.raises(UserError, match=message):
        check_full_batch(training, steps, replicas)
