"""TensorFlow traces the first step once, and what is learned is the same to the last bit."""

import keras
import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.runs.run import Run
from kerasrecipes.training import lazy_variables
from tests.training.test_resume import start, train


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX traces once by itself")
def test_the_first_step_is_traced_once_and_learns_the_same(tmp_path, monkeypatch):
    traces = []
    usual = keras.Model.train_step

    def train_step(self, data):
        traces.append(data)
        return usual(self, data)

    monkeypatch.setattr(keras.Model, "train_step", train_step)
    recipe, config = start(optimizer="adamw", ema=0.9, diagnose=False)
    once = train(Run.create("once", tmp_path), recipe, config, resume=False)
    assert len(traces) == 1
    monkeypatch.setattr(lazy_variables, "create", lambda model, examples: False)
    twice = train(Run.create("twice", tmp_path), recipe, config, resume=False)
    assert len(traces) == 3, "Keras creates no variables in the first step any more"
    for one, other in zip(once.model.get_weights(), twice.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_only_output_in_a_list_has_its_loss():
    x = keras.Input((2,))
    features, labels = np.random.default_rng(0).normal(size=(2, 8, 2)).astype("float32")
    losses = []
    for early in (False, True):
        keras.utils.set_random_seed(1)
        model = keras.Model(x, [keras.layers.Dense(2)(x)])
        model.compile("sgd", "mse", metrics=["mae"])
        if early:
            assert lazy_variables.create(model, Arrays(features, labels))
        losses.append(model.fit(features, labels, epochs=2, verbose=0, shuffle=False).history)
    assert losses[0] == losses[1]


def test_metrics_and_mean_losses_begin_at_nothing():
    class Rows:
        def take(self, indices):
            return {"x": np.zeros((1, 3), "uint8")}, {"a": np.ones((1, 1)), "b": np.ones((1,))}

    x = keras.Input((3,), name="x", dtype="uint8")
    y = keras.layers.Rescaling(1.0)(x)
    model = keras.Model(
        {"x": x},
        {
            "a": keras.layers.Dense(1, name="a")(y),
            "b": keras.layers.Dense(2, activation="softmax", name="b")(y),
        },
    )
    losses = {"a": "mae", "b": "sparse_categorical_crossentropy"}
    model.compile("adam", losses, metrics={"b": ["accuracy"]})
    assert lazy_variables.create(model, Rows())
    assert {metric.name for metric in model.metrics} >= {"loss", "a_loss", "b_loss"}
    assert not any(keras.ops.convert_to_numpy(v).any() for v in model.metrics_variables)
    assert model.optimizer.built
