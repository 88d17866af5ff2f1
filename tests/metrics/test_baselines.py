import json
from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.metrics import baselines, task_metrics
from kerasrecipes.recipe import Evaluation

SKEWED = np.array([0] * 90 + [1] * 10)


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        ("binary", SKEWED),
        ("multiclass", SKEWED),
        ("multiclass_one_hot", np.eye(2, dtype=np.float32)[SKEWED]),
        ("signed", 2.0 * SKEWED - 1),
    ],
)
def test_the_baseline_of_classes_is_their_majority(task, labels):
    baseline = baselines.constant(task, labels, ("no", "yes"))
    found = task_metrics.measure(task, labels, baseline.outputs_for(100), classes=("no", "yes"))
    assert baseline.name == "majority class"
    assert found[task_metrics.ACCURACY[task]] == pytest.approx(0.9)
    assert found["macro_recall"] == 0.5 and found["roc_auc"] == 0.5
    if task != "signed":
        entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
        assert found["log_loss"] == pytest.approx(entropy)


def test_the_baseline_of_a_regression_is_the_mean():
    labels = np.array([[1.0, 10], [3, 30]], np.float32)
    baseline = baselines.constant("regression", labels)
    assert baseline.outputs_for(2).tolist() == [[2, 20], [2, 20]]
    assert task_metrics.measure("regression", labels, baseline.outputs_for(2))["r2"] == 0


def test_labels_that_training_does_not_see_count_for_nothing():
    weight = np.where(SKEWED == 1, 1.0, 0.0)
    baseline = baselines.constant("multiclass", SKEWED, ("no", "yes"), weight)
    assert baseline.answer.tolist() == [0, 1]


@pytest.mark.parametrize("task", ["next_token", "multiclass"])
def test_sequences_have_no_constant_baseline(task):
    assert baselines.constant(task, [np.zeros(3, int)], ("a", "b")) is None
    assert baselines.constant(task, np.zeros(4, int), None) is None


def test_a_baseline_is_written_and_read():
    baseline = baselines.constant("multiclass", SKEWED, ("no", "yes"))
    written = json.loads(json.dumps(baseline.as_dict()))
    again = baselines.Baseline.from_dict(written)
    assert again.name == baseline.name and again.answer.tolist() == baseline.answer.tolist()
    assert baselines.Baseline("mean", np.zeros(30_000)).as_dict() == {"name": "mean"}


@pytest.mark.parametrize(
    ("task", "counts", "headline"),
    [
        ("binary", (50, 50), "accuracy"),
        ("binary", (79, 21), "accuracy"),
        ("binary", (81, 19), "macro_f1"),
        ("signed", (81, 19), "macro_f1"),
        ("signed", (60, 40), "sign_accuracy"),
        ("multiclass", (40, 41, 19), "macro_f1"),
        ("multiclass", (33, 33, 34), "accuracy"),
        # Of ten equal classes each has 10 %, and accuracy flatters nobody.
        ("multiclass", (10,) * 10, "accuracy"),
        ("multiclass", (11,) * 9 + (2,), "macro_f1"),
        # A class without examples can be learned by nobody.
        ("multiclass", (50, 50, 0), "accuracy"),
    ],
)
def test_the_headline_is_a_fair_one(task, counts, headline):
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = 2.0 * labels - 1 if task == "signed" else labels
    known = ["loss", *task_metrics.names(task)]
    assert baselines.headline(task, labels, len(counts), known, "loss") == headline


def test_spans_and_amounts_have_headlines_of_their_own():
    assert baselines.headline("multiclass", None, 3, ["accuracy", "span_f1"], "loss") == "span_f1"
    known = ["loss", "root_mean_squared_error", "mean_absolute_error"]
    assert baselines.headline("regression", None, 0, known, "loss") == "mean_absolute_error"
    assert baselines.headline("next_token", None, 0, ["loss", "perplexity"], "perplexity") == (
        "perplexity"
    )


def test_the_most_frequent_token_is_that_of_the_training_targets():
    train = Arrays(np.zeros((3, 2)), np.array([[5, 5, 2], [5, 0, 0], [7, 2, 0]]))
    test = Arrays(np.zeros((2, 2)), np.array([[7, 7, 0], [5, 7, 0]]))
    given = {"recipe": "seq2seq", "model": None, "info": Info(), "outputs": [], "metrics": {}}
    evaluation = Evaluation(examples=test, labels=test.columns[1], train=train, **given)
    assert baselines.frequent_token(evaluation).metrics == {"accuracy": 0.25}
    # Without its training split the judged one tells which token is frequent.
    assert baselines.frequent_token(replace(evaluation, train=None)).metrics == {"accuracy": 0.75}
    nothing = replace(evaluation, labels=np.zeros((2, 3), np.int32), train=None)
    assert baselines.frequent_token(nothing) is None
    assert baselines.frequent_token(replace(evaluation, labels=np.zeros(2))) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [50, 100, 400])
def test_even_classes_that_were_drawn_are_not_called_rare(seed, count):
    labels = np.random.default_rng(seed).integers(0, 10, count)
    known = ("accuracy", "macro_f1")
    assert baselines.headline("multiclass", labels, 10, known, "loss", drawn=True) == "accuracy"
    # Where a class is rare indeed, a part of the examples shows it.
    rare = np.where(np.random.default_rng(seed).random(max(count, 100)) < 0.03, 1, 0)
    if rare.any():
        assert baselines.headline("multiclass", rare, 2, known, "loss", drawn=True) == "macro_f1"
