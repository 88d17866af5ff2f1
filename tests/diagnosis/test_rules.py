"""The rules and the remedies, from records alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from kerasrecipes.diagnosis import THRESHOLDS, Finding, diagnose
from kerasrecipes.diagnosis.findings import KINDS, most_severe_first
from kerasrecipes.diagnosis.probe import describe_labels
from kerasrecipes.diagnosis.remedies import REMEDIES
from kerasrecipes.diagnosis.rules import CAUSES


def record(losses, validation=None, constant=1.0, **more):
    rows = [{"epoch": i + 1, "step": 10 * (i + 1), "loss": loss} for i, loss in enumerate(losses)]
    for row, loss in zip(rows, validation or [], strict=False):
        row["val_loss"] = loss
    labels = {"constant_losses": {"sparse_categorical_crossentropy": constant}}
    return {"epochs": rows, "labels": labels, "loss": "sparse_categorical_crossentropy", **more}


def kinds(*arguments, **keywords):
    return [finding.kind for finding in diagnose(record(*arguments, **keywords))]


def test_an_empty_record_says_nothing():
    assert diagnose({}) == []


def test_falling_curves_say_nothing():
    assert kinds([0.9, 0.5, 0.3, 0.2], [0.8, 0.5, 0.35, 0.3]) == []


def test_overfitting_needs_a_lasting_rise():
    training = [0.9, 0.5, 0.3, 0.2, 0.1, 0.05]
    assert kinds(training, [0.9, 0.6, 0.5, 0.6, 0.8, 0.9]) == ["overfitting"]
    assert kinds(training, [0.9, 0.6, 0.5, 0.45, 0.4, 0.9]) == []


def test_training_that_stopped_in_time_did_not_overfit():
    rising = record([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.9, 0.6, 0.5, 0.6, 0.8, 0.9])
    assert diagnose(rising, {"patience": 3}) == []
    assert [finding.kind for finding in diagnose(rising, {"patience": 2})] == ["overfitting"]


def test_rise_of_both_curves_is_no_overfitting():
    assert kinds([0.9, 0.3, 0.2, 0.3, 0.4, 0.45], [0.9, 0.4, 0.3, 0.5, 0.6, 0.7]) == []


def test_shuffled_labels_hide_the_overfitting_they_cause():
    assert kinds([1.0, 0.7, 0.4, 0.2, 0.1], [1.02, 1.1, 1.4, 1.8, 2.0]) == ["shuffled_labels"]


def test_labels_that_help_a_little_may_be_noisy_or_shuffled():
    assert kinds([1.0, 0.7, 0.4, 0.2, 0.1], [1.02, 0.95, 1.4, 1.8, 2.0]) == [
        "shuffled_labels",
        "overfitting",
    ]


def test_validation_is_compared_with_guessing_there():
    losses, validation = [1.0, 0.7, 0.4, 0.2, 0.1], [0.85, 0.86, 0.95, 1.0, 1.02]
    assert "shuffled_labels" not in kinds(losses, validation)
    shuffled = record(losses, validation)
    shuffled["labels"]["validation_losses"] = {"sparse_categorical_crossentropy": 0.84}
    assert [finding.kind for finding in diagnose(shuffled)] == ["shuffled_labels"]


@pytest.mark.parametrize(
    "kind", ["sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error"]
)
def test_guessing_costs_what_keras_says(kind):
    import keras

    random = np.random.default_rng(0)
    y, held = random.integers(0, 2, 60), random.integers(0, 2, 30)
    found = describe_labels(y, held)
    share = float(y.mean())
    answer = {"sparse_categorical_crossentropy": [1 - share, share]}.get(kind, [share])
    for name, labels in (("constant_losses", y), ("validation_losses", held)):
        given = labels if kind.startswith("sparse") else labels[:, None].astype("float32")
        expected = keras.losses.get(kind)(
            given, np.tile(answer, (len(labels), 1)).astype("float32")
        )
        assert found[name][kind] == pytest.approx(float(np.mean(expected)), rel=1e-4)


def test_weights_that_a_penalty_takes_away_underfit():
    layer = {
        "name": "hidden",
        "kind": "Dense",
        "activation": "relu",
        "kernel": True,
        "output": False,
        "order": 0,
    }
    layers = [layer, {**layer, "name": "head", "activation": "softmax", "output": True, "order": 1}]

    def moment(step, weight):
        numbers = {"weight": weight, "gradient": 1e-6, "update": 1e-3, "spread": 0.1, "share": 0.0}
        return {
            "step": step,
            "finite": True,
            "loss": 1.0,
            "layers": {"hidden": numbers, "head": numbers},
        }

    losses = [1.1, 1.0, 1.0, 1.0, 1.0, 1.0]
    (found,) = diagnose(
        record(losses, layers=layers, moments=[moment(0, 8.0), moment(60, 0.01)]), {"l2": 1.0}
    )
    assert found.kind == "underfitting" and "shrank" in found.sentence
    assert found.remedies == ("l2=0",)
    (kept,) = diagnose(
        record(losses, layers=layers, moments=[moment(0, 8.0), moment(60, 8.0)]), {"l2": 1.0}
    )
    assert kept.kind == "vanishing_gradients"


def test_loss_that_is_missing_means_blow_up():
    assert kinds([0.9, None]) == ["blow_up"]


def test_unmoved_and_underfitting_are_told_apart():
    assert kinds([1.1, 1.0, 0.995, 0.99]) == ["loss_does_not_move"]
    assert kinds([1.1, 0.9, 0.8, 0.8]) == ["underfitting"]


def columns(**changes):
    plain = {
        "count": 4,
        "finite": True,
        "not_finite": [],
        "constant": [],
        "constants": 0,
        "sparse": 0.0,
    }
    sizes = {"largest": 0, "largest_size": 1.0, "largest_deviation": 1.0, "smallest_deviation": 0.5}
    return {**plain, **sizes, **changes}


def test_constant_columns_of_sparse_data_are_expected():
    losses = [0.9, 0.3]
    assert kinds(losses, columns=columns(constant=[1], constants=1)) == ["constant_inputs"]
    assert kinds(losses, columns=columns(constant=[1], constants=1, sparse=0.4)) == []


def test_unscaled_columns_are_told_before_what_they_cause():
    assert kinds([1.0, 1.0], columns=columns(largest_size=500.0)) == ["unscaled_inputs"]


def overfitted(settings):
    falling, rising = (
        [0.5 / 2**epoch for epoch in range(8)],
        [0.5 + 0.2 * epoch for epoch in range(8)],
    )
    return diagnose(record([0.9, *falling], [0.9, *rising]), settings)[0]


def test_remedies_are_fragments_only_for_settings_that_exist():
    found = overfitted({"patience": None, "dropout_rate": 0.1})
    assert found.remedies == ("--patience 5", "dropout_rate=0.3")
    assert any("weight decay" in words for words in found.advice)
    assert overfitted(None).remedies == ()
    assert any("dropout" in words for words in overfitted(None).advice)


def test_a_setting_that_is_so_already_is_not_proposed():
    assert "--patience 5" not in overfitted({"patience": 5}).remedies


def test_finding_survives_json():
    found = overfitted({"patience": None})
    assert Finding.from_dict(found.to_dict()) == found


def test_findings_are_sorted_by_severity_then_cause():
    found = [
        Finding(kind=kind, sentence="", severity=severity)
        for kind, severity in (
            ("constant_inputs", "low"),
            ("overfitting", "medium"),
            ("dying_relu", "high"),
            ("blow_up", "high"),
        )
    ]
    assert [f.kind for f in most_severe_first(found)] == [
        "blow_up",
        "dying_relu",
        "overfitting",
        "constant_inputs",
    ]


def test_every_kind_has_remedies_and_every_cause_is_a_kind():
    assert set(REMEDIES) == set(KINDS)
    assert set(CAUSES) <= set(KINDS)
    assert set().union(*CAUSES.values()) <= set(KINDS)


@pytest.mark.parametrize("name", THRESHOLDS)
def test_thresholds_have_reasons(name):
    assert THRESHOLDS[name].value > 0
    assert THRESHOLDS[name].reason


def test_the_verdict_needs_no_keras():
    code = "import sys; from kerasrecipes.diagnosis import diagnose as d; d({}); "
    code += "sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
