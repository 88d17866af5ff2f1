"""The callback in anybody's own `fit`: it changes nothing and goes on after an interruption."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.diagnosis import Diagnosis
from kerasrecipes.diagnosis.budget import Clock
from kerasrecipes.errors import UserError
from kerasrecipes.training.job import Job


def examples(rows=96, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 6)).astype("float32")
    return x, (x[:, 0] + x[:, 1] > 0).astype("int32")


def model_with_state():
    """Dropout and batch normalization carry state that a careless measurement would advance."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.Dropout(0.4),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def trained(callbacks, epochs=3):
    model, (x, y) = model_with_state(), examples()
    history = model.fit(
        x, y, epochs=epochs, batch_size=16, validation_split=0.25, callbacks=callbacks, verbose=0
    )
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables], history.history


def test_training_is_the_same_to_the_last_bit():
    diagnosis = Diagnosis(examples(), budget=None)
    (plain, plain_history), (watched, watched_history) = trained([]), trained([diagnosis])
    assert plain_history == watched_history
    for one, other in zip(plain, watched, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(diagnosis.record["moments"]) > 5
    assert diagnosis.record["limits"] == []


def test_measurements_are_of_the_training_that_ran():
    diagnosis = Diagnosis(examples(), budget=None)
    before = keras.ops.convert_to_numpy(model_with_state().layers[0].kernel)
    trained([diagnosis], epochs=1)
    first, second = diagnosis.record["moments"][:2]
    assert (first["step"], second["step"]) == (0, 1)
    name = next(layer["name"] for layer in diagnosis.record["layers"] if layer["kernel"])
    assert first["layers"][name]["update"] is None
    assert first["layers"][name]["weight"] == pytest.approx(float(np.linalg.norm(before)), rel=1e-3)
    assert second["layers"][name]["update"] > 0


def test_state_is_restored_in_another_callback():
    whole, half = Diagnosis(examples(), budget=None), Diagnosis(examples(), budget=None)
    trained([whole], epochs=4)
    model, (x, y) = model_with_state(), examples()
    options = {"batch_size": 16, "validation_split": 0.25, "verbose": 0}
    model.fit(x, y, epochs=2, callbacks=[half], **options)
    resumed = Diagnosis(examples(), budget=None)
    resumed.restore(json.loads(json.dumps(half.state(), allow_nan=False)))
    model.fit(x, y, epochs=4, initial_epoch=2, callbacks=[resumed], **options)
    assert [moment["step"] for moment in resumed.record["moments"]] == [
        moment["step"] for moment in whole.record["moments"]
    ]
    assert [epoch["epoch"] for epoch in resumed.record["epochs"]] == [1, 2, 3, 4]
    assert resumed.record["cost"]["training_seconds"] > half.record["cost"]["training_seconds"]


def test_without_probe_updates_and_curves_are_watched_anew_in_each_fit():
    diagnosis = Diagnosis(budget=None)
    model, (x, y) = model_with_state(), examples()
    for epochs in (2, 1):
        model.fit(x, y, epochs=epochs, callbacks=[diagnosis], verbose=0)
        assert len(diagnosis.record["epochs"]) == epochs
    last = diagnosis.record["moments"][-1]
    assert "loss" not in last
    assert all(
        numbers["gradient"] is None and numbers["update"] > 0 for numbers in last["layers"].values()
    )


def recurrent():
    inputs = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(20, 4)(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(4, activation="tanh"))(x)
    x = keras.layers.MultiHeadAttention(2, 2)(x, x)
    x = keras.layers.GRU(3)(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x)), np.arange(160).reshape(32, 5) % 20


def nested():
    body = keras.Sequential(
        [keras.Input((4, 4, 2)), keras.layers.Conv2D(3, 3, activation="relu", name="same")]
    )
    inner = keras.Sequential([keras.Input((4, 4, 2)), body, keras.layers.Flatten()])
    inputs = keras.Input((4, 4, 2))
    x = keras.layers.Dense(3, activation="sigmoid", name="same")(inner(inputs))
    return keras.Model(inputs, keras.layers.Dense(1)(x)), np.random.default_rng(0).normal(
        size=(32, 4, 4, 2)
    )


def two_inputs():
    one, other = keras.Input((3,), name="one"), keras.Input((2,), name="other")
    x = keras.layers.Concatenate()([keras.layers.Dense(3)(one), other])
    data = {"one": np.ones((32, 3), "float32"), "other": np.zeros((32, 2), "float32")}
    return keras.Model({"one": one, "other": other}, keras.layers.Dense(1)(x)), data


@pytest.mark.parametrize("build", [recurrent, nested, two_inputs])
def test_models_of_every_make(build):
    model, x = build()
    model.compile("sgd", "mse")
    y = np.linspace(0, 1, 32).astype("float32")
    diagnosis = Diagnosis((x, y, np.ones(32, "float32")), budget=None)
    model.fit(x, y, epochs=2, batch_size=16, callbacks=[diagnosis], verbose=0)
    assert diagnosis.record["limits"] == []
    layers = diagnosis.record["moments"][-1]["layers"]
    owned = [layer["name"] for layer in diagnosis.record["layers"] if layer["kernel"]]
    assert owned and all(layers[name]["gradient"] is not None for name in owned)
    assert len({layer["name"] for layer in diagnosis.record["layers"]}) == len(
        diagnosis.record["layers"]
    )


class Unfriendly(keras.Model):
    """A model whose forward pass cannot be repeated outside of its own step."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, name="dense")
        self.friendly = True

    def call(self, x):
        if not self.friendly:
            raise RuntimeError("not now")
        return self.dense(x)


def test_model_that_cannot_be_probed_is_trained_all_the_same():
    model = Unfriendly()
    model.compile("sgd", "mse")
    x, y = examples(32)
    model.fit(x, y, epochs=1, verbose=0)
    model.friendly = False  # the compiled step goes on without asking
    diagnosis = Diagnosis((x, y), budget=None)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[diagnosis])
    assert "RuntimeError" in diagnosis.record["limits"][0]
    assert diagnosis.record["moments"][-1]["layers"]["dense"]["update"] > 0


@pytest.mark.parametrize("probe", [np.zeros(3), (), (np.zeros((3, 2)), np.zeros(4))])
def test_bad_probe_is_told(probe):
    with pytest.raises(UserError, match="probe"):
        Diagnosis(probe)


def test_probe_is_spread_over_sorted_data():
    x, y = np.arange(1000.0)[:, None], np.repeat([0, 1], 500)
    probe = Diagnosis((x, y), examples=10)._probe
    assert probe.examples == 10
    assert probe.y.sum() == 5
    assert probe.labels["constant_losses"]["binary_crossentropy"] == pytest.approx(np.log(2))


def test_a_page_is_probed_over_all_of_its_sorted_examples():
    recipe = registry.load("logistic")
    config = api.resolve("logistic", recipe, epochs=40)  # steps, each of all examples
    job = Job(recipe, config)
    trainer = job.load()
    order = np.argsort(np.ravel(trainer.splits.train.y), kind="stable")
    trainer.splits = replace(trainer.splits, train=trainer.splits.train.select(order))
    labels = np.ravel(trainer._make_diagnosis()._probe.y)
    assert labels.mean() == pytest.approx(np.ravel(trainer.splits.train.y).mean(), abs=0.12)


ON_JAX = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_callback as here
from kerasrecipes.diagnosis import Diagnosis
diagnosis = Diagnosis(here.examples(), budget=None)
(plain, _), (watched, _) = here.trained([]), here.trained([diagnosis])
assert all(np.array_equal(one, other) for one, other in zip(plain, watched, strict=True))
assert not diagnosis.record["limits"], diagnosis.record["limits"]
print(json.dumps(diagnosis.record["moments"][-1]))
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_backend():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(sys.path)}
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", ON_JAX, here]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["loss"] > 0 and any(
        numbers.get("share") is not None for numbers in last["layers"].values()
    )


def test_learned_vectors_are_not_taken_for_inputs_of_the_wrong_scale():
    wild = keras.initializers.RandomNormal(stddev=200.0, seed=0)
    text = [
        keras.Input((5,), dtype="int32"),
        keras.layers.Embedding(9, 4, embeddings_initializer=wild),
    ]
    model = keras.Sequential([*text, keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.random.default_rng(0).integers(0, 9, (64, 5)), np.zeros(64)
    diagnosis = Diagnosis((x, y), budget=None)
    model.fit(x, y, callbacks=[diagnosis], verbose=0)
    assert diagnosis.record["columns"] is None


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX measures everything or nothing")
def test_updates_are_measured_where_gradients_would_cost_too_much(monkeypatch):
    monkeypatch.setattr(Clock, "allows", lambda clock, compilation=0.0: not clock.measurements)
    diagnosis = Diagnosis(examples())
    trained([diagnosis])
    first, *rest = diagnosis.record["moments"]
    name = next(layer["name"] for layer in diagnosis.record["layers"] if layer["kernel"])
    assert first["layers"][name]["gradient"] > 0
    assert [moment["step"] for moment in (first, *rest[:3])] == [0, 1, 2, 4]
    for moment in rest:
        assert moment["layers"][name]["gradient"] is None
        assert moment["layers"][name]["update"] > 0
