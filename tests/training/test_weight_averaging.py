"""Stochastic weight averaging: the mean of epochs, fresh statistics, the same after a resume."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training.weight_averaging import first_epoch
from kerasrecipes.training_settings import Training
from tests.training.test_resume import PAGE, start, train


class Weights(keras.callbacks.Callback):
    """Takes down the weights of every epoch."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        values = [keras.ops.convert_to_numpy(v) for v in self.model.trainable_variables]
        self.epochs.append([value.copy() for value in values])


def configured(**said):
    recipe, _ = start()
    given = {
        "epochs": 4,
        "batch_size": 20,
        "optimizer": "sgd",
        "learning_rate": 0.2,
        "diagnose": False,
        **said,
    }
    return recipe, resolve(PAGE, recipe, **given)


@pytest.mark.parametrize(("swa", "counted"), [(2, 3), (0.5, 2)])
def test_the_model_is_the_mean_of_the_epochs_from_the_first_on(swa, counted, tmp_path):
    seen = Weights()
    recipe, config = configured(swa=swa)
    trainer = train(Run.create("a", tmp_path), recipe, config, resume=False, observers=[seen])
    for number, variable in enumerate(trainer.model.trainable_variables):
        mean = np.mean([epoch[number] for epoch in seen.epochs[-counted:]], axis=0)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), mean, atol=1e-6)
    assert f"epochs {5 - counted} to 4 is kept" in trainer.kept.sentence


def test_batch_normalization_has_the_statistics_of_the_averaged_weights(tmp_path):
    recipe, config = configured(swa=2, dropout_rate=0.0)
    trainer = train(Run.create("a", tmp_path), recipe, config, resume=False)
    (layer,) = [
        one for one in trainer.inner.layers if isinstance(one, keras.layers.BatchNormalization)
    ]
    x = trainer.splits.train.take(np.arange(len(trainer.splits.train)))[0]
    values = keras.ops.convert_to_numpy(keras.Model(trainer.inner.inputs, layer.input)(x))
    np.testing.assert_allclose(layer.moving_mean, values.mean(axis=(0, 1, 2)), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        layer.moving_variance, values.var(axis=(0, 1, 2)), rtol=1e-3, atol=1e-5
    )
    assert layer.momentum == 0.99


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"swa": 5}, "only 4 epochs"),
        ({"swa": 1.5}, "whole epoch, or a share"),
        ({"swa": 0.5, "ema": 0.9}, "choose one"),
        ({"swa": -1}, "at least 0"),
    ],
)
def test_what_cannot_be_averaged_is_refused(said, message, tmp_path):
    with pytest.raises(UserError, match=message):
        train(Run.create("a", tmp_path), *configured(**said), resume=False)


def test_a_share_is_of_the_epochs_of_a_phase_and_a_number_of_the_whole_run():
    assert first_epoch(Training(epochs=20, swa=0.75)) == 16
    assert first_epoch(Training(epochs=10, swa=0.5), earlier=10) == 16
    assert first_epoch(Training(epochs=10, swa=15), earlier=10) == 15
