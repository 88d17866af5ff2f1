import numpy as np
import pytest

from kerasrecipes.metrics import task_metrics

RANDOM = np.random.default_rng(0)
TWO = RANDOM.integers(0, 2, 40)
THREE = RANDOM.integers(0, 3, 40)
SURE = RANDOM.dirichlet(np.ones(3), 40)
CASES = {
    "signed": (2.0 * TWO - 1, RANDOM.normal(0, 1, (40, 1))),
    "binary": (TWO, RANDOM.random((40, 1))),
    "multiclass": (THREE, SURE),
    "multiclass_one_hot": (np.eye(3)[THREE], SURE),
    "multilabel": (np.eye(3)[THREE], RANDOM.random((40, 3))),
    "regression": (RANDOM.normal(0, 1, (40, 1)), RANDOM.normal(0, 1, (40, 1))),
}


@pytest.mark.parametrize("task", CASES)
def test_a_task_has_the_metrics_that_it_names(task):
    found = task_metrics.measure(task, *CASES[task])
    tables = {name for name, value in found.items() if isinstance(value, dict)}
    assert set(found) - tables == set(task_metrics.names(task))
    assert all(np.isfinite(found[name]) for name in task_metrics.names(task))
    assert tables == (set() if task == "regression" else {"by_class"})


def test_one_hot_rows_and_indices_are_judged_alike():
    one, other = CASES["multiclass"], CASES["multiclass_one_hot"]
    assert task_metrics.measure("multiclass", *one) == task_metrics.measure(
        "multiclass_one_hot", *other
    )


def test_outputs_have_metrics_each():
    task = "age: regression, sex: binary"
    labels = {"age": CASES["regression"][0], "sex": TWO}
    outputs = {"age": CASES["regression"][1], "sex": CASES["binary"][1]}
    found = task_metrics.measure(task, labels, outputs)
    assert set(found) == set(task_metrics.names(task))
    assert found["sex_roc_auc"] == task_metrics.measure("binary", *CASES["binary"])["roc_auc"]


@pytest.mark.parametrize(
    ("task", "labels", "outputs"),
    [
        ("multiclass", np.zeros((4, 7), int), RANDOM.random((4, 7, 3))),  # sequences
        ("multiclass", THREE, np.full((40, 3), np.nan)),
        ("multiclass", THREE[:0], SURE[:0]),
        ("multiclass", THREE[:5], SURE),
        ("regression", np.zeros(4), np.zeros((4, 2))),
        ("multilabel", np.zeros((4, 2)), np.zeros((4, 3))),
        ("next_token", THREE, SURE),
        ("binary", None, None),
    ],
)
def test_what_is_not_of_the_task_has_no_metrics(task, labels, outputs):
    assert task_metrics.measure(task, labels, outputs) == {}


def test_logits_have_the_metrics_of_labels_and_ranks_alone():
    found = task_metrics.measure("multiclass", THREE, 10 * SURE - 7)
    assert "macro_f1" in found and "roc_auc" in found and "log_loss" not in found
