"""What is said of single outputs of several."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasrecipes.diagnosis import Diagnosis, diagnose
from kerasrecipes.diagnosis.output_rules import outputs_of
from kerasrecipes.diagnosis.probe import describe_labels
from kerasrecipes.diagnosis.record import Reading

ENTROPY = "sparse_categorical_crossentropy"


def record(random, learned, constants):
    """Draw the curves of outputs that learn, or that keep to guessing on other examples."""
    epochs = [{"epoch": i + 1, "step": 10 * (i + 1), "loss": 3.0 / (i + 1)} for i in range(8)]
    for name, constant in constants.items():
        falls = np.linspace(1.0, random.uniform(0.1, 0.7), 8)
        held = falls if learned[name] else random.uniform(0.98, 1.2, 8)
        # Without a fall in training too: there may be too much dropout to memorise anything.
        training = falls if learned[name] or random.random() < 0.5 else random.uniform(0.9, 1, 8)
        for epoch, own, other in zip(epochs, training, held, strict=True):
            epoch[f"{name}_loss"] = own * constant
            epoch[f"val_{name}_loss"] = other * constant
    described = {name: {"constant_losses": {ENTROPY: c}} for name, c in constants.items()}
    return {
        "epochs": epochs,
        "losses": dict.fromkeys(constants, ENTROPY),
        "labels": {"outputs": described},
    }


@pytest.mark.parametrize("seed", range(12))
def test_outputs_that_learn_nothing_are_named_and_no_others(seed):
    random = np.random.default_rng(seed)
    names = [f"output_{number}" for number in range(random.integers(2, 5))]
    learned = {name: bool(random.random() < 0.5) for name in names}
    constants = {name: float(random.uniform(0.01, 50)) for name in names}
    found = diagnose(record(random, learned, constants))
    told = {name for finding in found for name in finding.evidence.get("outputs", ())}
    assert told == {name for name in names if not learned[name]}
    assert {finding.kind for finding in found} == ({"shuffled_labels"} if told else set())


def test_outputs_without_losses_of_their_own_are_left_alone():
    random = np.random.default_rng(0)
    made = record(random, {"a": False, "b": False}, {"a": 1.0, "b": 1.0})
    assert outputs_of(Reading({**made, "losses": {}})) == {}
    assert diagnose({**made, "losses": {}}) == []


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "shuffled",
    [("kind",), *(pytest.param(names, marks=SLOW) for names in ((), ("size",), ("kind", "size")))],
)
def test_labels_of_an_output_that_were_shuffled_are_found_in_a_training(shuffled):
    keras.utils.set_random_seed(1)
    parts = [_rows(seed, shuffled) for seed in (1, 2)]
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(128, activation="relu")(inputs)
    heads = {
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
        "size": keras.layers.Dense(1, name="size")(hidden),
    }
    model = keras.Model(inputs, heads)
    losses = {"kind": ENTROPY, "size": keras.losses.Huber()}
    model.compile(keras.optimizers.Adam(0.01), losses)
    diagnosis = Diagnosis(parts[0], validation=parts[1][1])
    model.fit(
        *parts[0],
        validation_data=parts[1],
        epochs=8,
        batch_size=16,
        verbose=0,
        callbacks=[diagnosis],
    )
    found = [f for f in diagnosis.findings if f.kind == "shuffled_labels"]
    assert {name for f in found for name in f.evidence["outputs"]} == set(shuffled)


def _rows(seed, shuffled):
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, 96)
    x = random.normal(0, 0.7, (96, 6)) + np.random.default_rng(9).normal(0, 1.5, (3, 6))[kind]
    y = {"kind": kind.astype("int32"), "size": x[:, :1] + random.normal(0, 0.2, (96, 1))}
    y = {name: random.permutation(v) if name in shuffled else v for name, v in y.items()}
    return x.astype("float32"), {name: v.astype("float32") for name, v in y.items()}


@pytest.mark.parametrize("seed", range(6))
def test_missing_labels_count_as_no_loss_in_what_guessing_costs(seed):
    random = np.random.default_rng(seed)
    rows, classes = int(random.integers(20, 200)), int(random.integers(2, 6))
    number = random.normal(random.uniform(-50, 50), random.uniform(0.1, 20), (rows, 1))
    kind = random.integers(0, classes, rows).astype("float64")
    for values in (number, kind):
        values[random.random(rows) < random.uniform(0, 0.8)] = np.nan
        values[:2] = [[0], [1]] if values.ndim == 2 else [0, 1]
    found = describe_labels({"number": number, "kind": kind}, {"number": number, "kind": kind})
    known = number[~np.isnan(number)]
    # The mean over all rows, of which those without a label cost nothing.
    squared = ((known - known.mean()) ** 2).sum() / rows
    shares = np.bincount(kind[~np.isnan(kind)].astype(int)) / (~np.isnan(kind)).sum()
    entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum() * (~np.isnan(kind)).mean()
    for key in ("constant_losses", "validation_losses"):
        assert found["outputs"]["number"][key]["mean_squared_error"] == pytest.approx(squared)
        assert found["outputs"]["kind"][key][ENTROPY] == pytest.approx(entropy)


def test_labels_of_an_output_that_nobody_knows_say_nothing():
    labels = {"a": np.full(5, np.nan), "b": np.array(["x"] * 5)}
    assert describe_labels(labels) == {"outputs": {"a": {}, "b": {}}}
