"""The diagnosis says what is true: rare classes, noise, heads and rates, from records alone."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.diagnosis import diagnose
from kerasrecipes.diagnosis.probe import Probe, describe_labels
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.reference import reference_losses

SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"


def record(losses, validation=(), constant=1.0, loss=SPARSE, reference=None, **more):
    rows = [{"epoch": i + 1, "step": 10 * (i + 1), "loss": value} for i, value in enumerate(losses)]
    for row, value in zip(rows, validation, strict=False):
        row["val_loss"] = value
    labels = {"constant_losses": {loss: constant}, **more.pop("labels", {})}
    if reference is not None:
        labels["reference_losses"] = {loss: reference}
    return {"epochs": rows, "labels": labels, "loss": loss, **more}


def kinds(*arguments, settings=None, **keywords):
    return [found.kind for found in diagnose(record(*arguments, **keywords), settings)]


def moment(low, high, units, step=0):
    return {"step": step, "loss": 1.0, "finite": True, "layers": {}, "outputs": [low, high]} | {
        "units": units
    }


def headed(activation, low, high, units, **more):
    layer = {"name": "head", "kind": "Dense", "kernel": False, "output": True, "order": 0}
    return record(
        [0.9, 0.5, 0.3, 0.2],
        layers=[{**layer, "activation": activation}],
        moments=[moment(low, high, units)],
        **more,
    )


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05, 0.1, 0.5])
def test_base_rates_are_those_of_all_labels_and_not_of_the_rows_that_are_probed(share):
    y = (np.arange(4000) < 4000 * share).astype("int32")
    few = Probe.of((np.zeros((64, 2)), y[::-1][:64]), 32, labels=(y, None))
    expected = -share * np.log(share) - (1 - share) * np.log(1 - share)
    assert few.labels["constant_losses"][BINARY] == pytest.approx(expected, rel=1e-6)
    # Of rows sorted by class, too, and of more than a million.
    many = describe_labels(np.repeat(y, 400))
    assert many["constant_losses"][SPARSE] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_entries_that_are_not_asked_are_no_labels(seed):
    random = np.random.default_rng(seed)
    y = random.integers(1, 9, (60, 20))
    weight = (random.random(y.shape) < 0.15).astype("float32")
    hidden = np.where(weight > 0, y, 0)  # a label that is easily told, had it been asked
    found = describe_labels(hidden, hidden, weight)
    shares = np.bincount(y[weight > 0]) / weight.sum()
    expected = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
    assert found["constant_losses"][SPARSE] == pytest.approx(expected, rel=1e-6)
    assert "validation_losses" not in found


def test_a_loss_of_rare_positives_that_falls_has_moved():
    assert kinds([0.19, 0.14, 0.11, 0.08], [0.18, 0.15, 0.12, 0.10], 0.1985, BINARY) == []


def test_noise_is_no_underfitting_where_simple_learners_reach_no_more():
    draw = random.Random(0)
    for _ in range(30):
        floor = draw.uniform(0.55, 0.98)  # what is left by the best, of the constant's loss
        losses = [1.0, floor + 0.02, floor + 0.01, *[floor] * draw.randint(4, 20)]
        validation = [value + draw.uniform(0.0, 0.02) for value in losses]
        found = kinds(losses, validation, reference=floor * draw.uniform(0.96, 1.04))
        assert "underfitting" not in found
        assert "learning_rate_too_low" not in found
        if floor > 0.7:
            low = floor - draw.uniform(0.3, 0.5)
            assert "underfitting" in kinds(losses, validation, reference=low)


def test_a_validation_split_that_varies_less_has_not_been_learned():
    """Its loss lies below the training's constant prediction without any learning."""
    still, lower = [1.02, 1.01, 1.01, 1.01], [0.72, 0.71, 0.71, 0.71]
    for loss in ("mean_squared_error", "scaled"):
        # The labels' own squared errors have another unit than a scaled loss.
        squared = 1.0 if loss == "mean_squared_error" else 83.0
        labels = {"validation_losses": {"mean_squared_error": 0.75 * squared}}
        labels["constant_losses"] = {"mean_squared_error": squared, loss: 1.0}
        assert "loss_does_not_move" in kinds(still, lower, loss=loss, labels=labels)
        assert Reading(record(still, lower, loss=loss, labels=labels)).failed


def test_a_rising_validation_loss_is_no_underfitting():
    training = [1.0, 0.95, 0.9, 0.86, 0.82, 0.79, 0.76, 0.74, 0.72, 0.71, 0.70, 0.695]
    rising = [0.99, 0.96, 0.94, 0.93, 0.95, 0.96, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03]
    assert "underfitting" not in kinds(training, rising)
    assert "overfitting" in kinds(training, rising)
    (said,) = [f for f in diagnose(record(training, rising), {"keep": "best"}) if "fit" in f.kind]
    assert "epoch 4" in said.sentence and "weights of that epoch are kept" in said.sentence


def test_a_validation_loss_that_only_trembles_is_no_overfitting():
    draw = random.Random(1)
    for _ in range(30):
        losses = [max(0.2, 0.9 * 0.8**i) for i in range(12)]
        trembling = [value + draw.uniform(0, 0.02) for value in losses]
        assert kinds(losses, trembling) == []


@pytest.mark.parametrize("activation", [None, "relu", "tanh", "elu"])
@pytest.mark.parametrize(("loss", "units"), [(SPARSE, 10), (BINARY, 1)])
def test_outputs_that_are_no_probabilities_are_called_that(activation, loss, units):
    low = 0.0 if activation == "relu" else -1.0
    (found,) = diagnose(headed(activation, low, 3.5, units, loss=loss), {"activation": "relu"})
    assert found.kind == "wrong_head" and found.layer == "head"
    assert "no probabilities" in found.sentence
    wanted = "softmax" if units > 1 else "sigmoid"
    assert f"activation='{wanted}'" in found.advice[0]


def test_probabilities_and_logits_in_their_places_are_right():
    assert diagnose(headed("softmax", 0.0, 1.0, 10)) == []
    assert diagnose(headed("sigmoid", 0.0, 1.0, 1, loss=BINARY)) == []
    assert diagnose(headed(None, -9.0, 9.0, 10, from_logits=True)) == []


def test_other_heads_that_do_not_fit():
    (twice,) = diagnose(headed("softmax", 0.0, 1.0, 10, from_logits=True))
    assert (twice.kind, twice.severity) == ("wrong_head", "medium")
    (single,) = diagnose(headed("softmax", 1.0, 1.0, 1, loss=BINARY))
    assert "softmax of one unit" in single.sentence
    few = headed("softmax", 0.0, 1.0, 5, labels={"least": 0.0, "most": 9.0})
    assert "go up to 9" in diagnose(few)[0].sentence
    assert "10 units" in diagnose(few)[0].advice[0]
    for activation, least, most, fits in (
        ("sigmoid", -2.0, 2.0, False),
        ("sigmoid", 0.0, 1.0, True),
        ("tanh", -3.0, 1.0, False),
        ("relu", -1.0, 4.0, False),
        ("relu", 0.0, 400.0, True),
        (None, -500.0, 400.0, True),
    ):
        labels = {"least": least, "most": most}
        found = diagnose(headed(activation, 0, 1, 1, loss="mean_squared_error", labels=labels))
        assert [f.kind for f in found] == ([] if fits else ["wrong_head"]), (activation, least)


def test_a_first_epoch_that_blew_up_is_found_although_nothing_was_measured_before():
    for high in (8e9, 1e6, 2e4):
        found = diagnose(record([high, 0.7, 0.694, 0.694, 0.694], constant=0.693, loss=BINARY))
        assert found[0].kind == "blow_up" and "0.693 usual" in found[0].sentence


@pytest.mark.parametrize("losses", [[2.5e-4], [2.5e-4, 0.0], [3.0, 1.0]])
def test_a_loss_of_0_before_training_is_no_scale(losses):
    before = {**moment(0.0, 0.0, 1), "loss": 0.0}
    assert "blow_up" not in kinds(losses, constant=0.0, loss="perceptron", moments=[before])
    # The loss of a constant prediction is one.
    assert "blow_up" in kinds([9e9], constant=1.0, moments=[before])


def test_references_are_those_of_the_best_simple_learner():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 4)).astype("float32")
    chance = 1 / (1 + np.exp(-2 * x[:, 0]))
    y = (rng.random(800) < chance).astype("int32")
    best = float(-(y * np.log(chance) + (1 - y) * np.log(1 - chance)).mean())
    assert reference_losses(x, y)[BINARY] == pytest.approx(best, abs=0.04)
    folded = (x[:, 0] > 0) ^ (x[:, 1] > 0)
    assert reference_losses(x[:, :2], folded)[BINARY] < 0.3  # no line, but neighbours
    target = x[:, 0] + rng.normal(0, 1, 800)
    assert reference_losses(x, target)["mean_squared_error"] == pytest.approx(1.0, abs=0.15)
    assert reference_losses(rng.integers(0, 50, (300, 16)), y[:300]) == {}  # tokens
    assert reference_losses({"a": x, "b": x}, y) == {}


@pytest.mark.parametrize("target", ["number", "two classes"])
def test_a_run_on_noise_is_held_against_what_simple_learners_reach(target, tmp_path):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4))
    y = x @ [0.5, -0.5, 0.3, 0.0] + rng.normal(size=300) * 2.5
    y = y if target == "number" else np.where(y > 0, "yes", "no")
    settings = {"epochs": 12, "learning_rate": 0.02, "observers": (), "hidden_layers": (8,)}
    run = kerasrecipes.run("mlp", (x.astype("float32"), y), **settings)
    labels = json.loads((run.path / "diagnosis.json").read_text())["labels"]
    # Most of the loss remains, of which nothing could be learned.
    assert labels["reference_losses"]
    assert not {found.kind for found in run.findings} & {"underfitting", "loss_does_not_move"}
