"""The one-layer recipes against scikit-learn's counterparts: five folds, the page's own
defaults.
"""

import numpy as np
import pytest
from sklearn import linear_model
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kerasrecipes import api, registry
from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits
from kerasrecipes.training import assembly, objectives
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training.schedules import make_schedule


class ThreesAndEights:
    """The digits 3 and 8 of scikit-learn as a table of 64 columns."""

    def load(self, request):
        digits = load_digits()
        chosen = np.isin(digits.target, (3, 8))
        table = {f"pixel {number}": digits.data[chosen, number] for number in range(64)}
        return tables.divided({**table, "digit": digits.target[chosen].astype(float)}, request)


SOURCES = {
    "breast_cancer": tables.sklearn("breast_cancer"),
    "iris": tables.sklearn("iris"),
    "threes_and_eights": ThreesAndEights(),
    "diabetes": tables.sklearn("diabetes"),
    "placement": synthetic.table("placement", rows=300),
    "moons": synthetic.table("moons", rows=400),
}
# Of three classes the two that are hard to tell apart.
PAIRS = {"iris": ("versicolor", "virginica")}


def whole(name):
    """All rows of a table, as raw columns, and its metadata."""
    splits = SOURCES[name].load(Request())
    parts = (splits.train, splits.validation, splits.test)
    x = {column: np.concatenate([part.x[column] for part in parts]) for column in splits.train.x}
    y = {column: np.concatenate([part.y[column] for part in parts]) for column in splits.train.y}
    target = next(iter(y.values()))
    kept = np.isin(target, PAIRS[name]) if name in PAIRS else np.full(len(target), True)
    return Arrays(x, y).select(np.flatnonzero(kept)), splits.info, target[kept]


def folds(name):
    examples, info, target = whole(name)
    kind = KFold if target.dtype.kind == "f" else StratifiedKFold
    for train, test in kind(5, shuffle=True, random_state=0).split(target, target.astype(str)):
        learned, judged = examples.select(train), examples.select(test)
        yield Splits(
            train=learned, validation=judged, test=judged, info=Info(preprocessor=info.preprocessor)
        )


def answers(name, splits, seed, **values):
    """Train by the page's defaults and give the outputs for the test rows."""
    recipe = registry.load(name)
    config = api.resolve(name, recipe, seed=seed, **values)
    config = config.for_count(recipe, len(splits.train))
    training = config.training
    size = len(splits.train) if training.batch_size == "all" else training.batch_size
    steps = -(-len(splits.train) // size)
    model = assembly.build(recipe, splits.info, config)
    objective = assembly.objective_of(recipe, splits.info, config)
    optimizer = make_optimizer(training, make_schedule(training, steps))
    objectives.compile(model, objective, optimizer=optimizer, steps_per_execution=min(steps, 32))
    model.fit(
        splits.train.x,
        splits.train.y,
        batch_size=size,
        epochs=training.epochs,
        verbose=0,
    )
    return model.predict(splits.test.x, verbose=0)


def theirs(make, splits):
    """Fit scikit-learn's model with several seeds on the same rows, and give its predictions of
    each.
    """
    for seed in range(5):
        model = make_pipeline(StandardScaler(), make(seed))
        yield model.fit(splits.train.x, splits.train.y.ravel()).predict(splits.test.x)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["breast_cancer", "iris", "threes_and_eights", "placement", "moons"]
)
@pytest.mark.parametrize(
    "rule, make",
    [
        ("trick", lambda seed: linear_model.Perceptron(random_state=seed)),
        ("hinge", lambda seed: linear_model.SGDClassifier(random_state=seed)),
    ],
    ids=["perceptron", "sgd_classifier"],
)
def test_perceptron_is_within_one_point(name, rule, make):
    recipe, ours, other = registry.load("perceptron"), [], []
    for seed, raw in enumerate(folds(name)):
        splits = recipe.prepare(raw)
        ours.append(
            np.mean(
                (answers("perceptron", splits, seed, rule=rule)[:, 0] >= 0) == (splits.test.y > 0)
            )
        )
        other.extend(np.mean(predicted == splits.test.y) for predicted in theirs(make, splits))
    print(f"{name} rule={rule}: {100 * np.mean(ours):.2f} % against {100 * np.mean(other):.2f} %")
    assert np.mean(ours) >= np.mean(other) - 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", ["breast_cancer", "placement", "moons"])
def test_logistic_is_within_one_point(name):
    recipe, ours, other = registry.load("logistic"), [], []
    for seed, raw in enumerate(folds(name)):
        splits = recipe.prepare(raw)
        ours.append(np.mean((answers("logistic", splits, seed)[:, 0] >= 0.5) == splits.test.y))
        other.extend(
            np.mean(p == splits.test.y)
            for p in theirs(lambda _: linear_model.LogisticRegression(), splits)
        )
    print(f"{name}: {100 * np.mean(ours):.2f} % against {100 * np.mean(other):.2f} %")
    assert np.mean(ours) >= np.mean(other) - 0.01


@pytest.mark.slow
def test_linear_explains_as_much_as_the_exact_answer_of_least_squares():
    recipe, ours, other = registry.load("linear"), [], []
    for seed, raw in enumerate(folds("diabetes")):
        splits = recipe.prepare(raw)
        truth = splits.test.y.ravel()
        spread = np.sum((truth - truth.mean()) ** 2)
        ours.append(1 - np.sum((truth - answers("linear", splits, seed)[:, 0]) ** 2) / spread)
        exact = next(theirs(lambda _: linear_model.LinearRegression(), splits))
        other.append(1 - np.sum((truth - exact) ** 2) / spread)
    print(f"diabetes: R² {np.mean(ours):.4f} against {np.mean(other):.4f}")
    assert np.mean(ours) >= np.mean(other) - 0.01
