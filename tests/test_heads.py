"""The table of heads: that activation, loss, metric and labels of each row agree."""

import keras
import numpy as np
import pytest

from kerasrecipes import heads
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Objective
from kerasrecipes.training import objectives

RANDOM = np.random.default_rng(0)
LABELS = {
    "signed": (1, np.array([-1.0, 1, 1, -1])),
    "binary": (1, np.array([0, 1, 1, 0])),
    "multiclass": (3, np.array([0, 2, 1, 1])),
    "multiclass_one_hot": (3, np.eye(3)[[0, 2, 1, 1]]),
    "multilabel": (3, np.array([[0, 1, 1], [1, 1, 0], [0, 0, 0], [1, 0, 1]])),
    "next_token": (3, np.array([0, 2, 1, 1])),
    "reconstruction": (2, RANDOM.normal(size=(4, 2))),
    "regression": (2, RANDOM.normal(size=(4, 2))),
}


def test_every_row_is_tried():
    assert set(LABELS) == set(heads.HEADS)


@pytest.mark.parametrize("name", LABELS)
def test_each_row_learns_four_examples_by_heart(name):
    keras.utils.set_random_seed(0)
    units, labels = LABELS[name]
    source = keras.Input((4,))
    model = keras.Model(source, heads.output_layer(name, units)(source))
    objectives.compile(model, Objective(task=name), optimizer=keras.optimizers.Adam(0.1))
    often = np.tile(np.arange(4), 100)
    model.fit(np.eye(4)[often], labels[often], batch_size=4, verbose=0)
    figures = model.evaluate(np.eye(4), labels, verbose=0, return_dict=True)
    row = heads.find(name)
    first = row.metrics[0] if isinstance(row.metrics[0], str) else row.metrics[0].__name__
    assert first in figures
    least = 1 if first == "perplexity" else 0
    assert figures[first] == 1 if row.best == "max" else figures[first] < least + 0.05


def test_several_outputs_have_a_loss_and_a_metric_each():
    name = "age: regression, gender: binary"
    source = keras.Input((4,))
    outputs = {
        "age": heads.output_layer("regression", 1)(source),
        "gender": heads.output_layer("binary", 1, "gender")(source),
    }
    model = keras.Model(source, outputs)
    objectives.compile(model, Objective(task=name), optimizer="sgd")
    y = {"age": RANDOM.normal(size=(4, 1)), "gender": np.array([0, 1, 1, 0])}
    figures = model.evaluate(np.eye(4), y, verbose=0, return_dict=True)
    assert {"age_mean_absolute_error", "gender_accuracy"} <= set(figures)


@pytest.mark.parametrize(
    "name, reason",
    [
        ("binry", "did you mean 'binary'"),
        ("age: regresion", "did you mean 'regression'"),
        ("age:", "output: task"),
    ],
)
def test_unknown_rows(name, reason):
    with pytest.raises(UserError, match=reason):
        heads.find(name)


def test_a_head_of_the_wrong_size():
    with pytest.raises(UserError, match="one unit"):
        heads.output_layer("binary", 2)
    with pytest.raises(UserError, match="at least 2"):
        heads.output_layer("multiclass", 1)


@pytest.mark.parametrize("seed", range(6))
def test_labels_of_outputs_that_are_missing_become_nan_and_no_others(seed):
    random = np.random.default_rng(seed)
    hidden = {name: random.random(20) < random.uniform(0, 1) for name in ("a", "b", "c")}
    labels = {
        "a": np.where(hidden["a"], -1, random.integers(0, 3, 20)),
        "b": np.where(hidden["b"], np.nan, random.normal(0, 9, 20))[:, None],
        "c": np.where(hidden["c"], -1, random.integers(0, 2, 20)),
    }
    may_miss = [name for name in labels if random.random() < 0.6]
    objective = Objective(task="a: multiclass, b: regression, c: binary", missing_labels=may_miss)
    found = objectives.missing_as_nan(objective, labels)
    for name, values in labels.items():
        if name in may_miss:
            np.testing.assert_array_equal(np.isnan(found[name].reshape(-1)), hidden[name])
            kept = ~np.isnan(found[name])
            np.testing.assert_allclose(found[name][kept], values[kept], rtol=1e-6)
        else:
            assert found[name] is values
