import keras
import numpy as np
import pytest

from kerasrecipes.losses import temporal_difference

NOW, LATER, OLDER = [[1.0, 5.0]], [[3.0, 2.0]], [[10.0, 20.0]]


def error(double, discount=0.5):
    batch = {
        "seen": "now",
        "after": "later",
        "actions": np.array([1]),
        "rewards": np.array([0.25], np.float32),
        "discounts": np.array([discount], np.float32),
    }
    tables = {"now": NOW, "later": LATER}
    online = lambda seen: keras.ops.convert_to_tensor(tables[seen])  # noqa: E731
    older = lambda seen: keras.ops.convert_to_tensor(OLDER)  # noqa: E731
    found = temporal_difference.errors(online, older, batch, double=double)
    return float(keras.ops.convert_to_numpy(found)[0])


def test_the_older_copy_names_and_values_the_next_action():
    assert error(double=False) == pytest.approx(5 - (0.25 + 0.5 * 20))


def test_double_learning_lets_the_network_name_it():
    assert error(double=True) == pytest.approx(5 - (0.25 + 0.5 * 10))


def test_after_the_end_nothing_counts():
    assert error(double=True, discount=0.0) == pytest.approx(5 - 0.25)


def test_the_loss_is_quadratic_and_then_linear():
    found = temporal_difference.huber(
        np.array([0.5, -3.0], "float32"), np.array([1.0, 2.0], "float32")
    )
    assert float(found) == pytest.approx((0.125 + 2 * 2.5) / 2)
