"""The step over several replicas; tests/strategies/test_agreement.py trains with it."""

import keras
import pytest

from kerasrecipes.errors import UserError

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="needs the backend tensorflow"
)


def small(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


def test_losses_without_one_reduction_are_refused():
    from kerasrecipes.strategies.loss_weights import reduction_of

    assert reduction_of(small()) == "rows"
    assert reduction_of(small(loss=keras.losses.MeanSquaredError(reduction="sum"))) == "sum"
    with pytest.raises(UserError, match="or none"):
        reduction_of(small(loss=keras.losses.MeanSquaredError(reduction=None)))
