"""The recipes for tables beside scikit-learn's counterparts, on CSV files of one's own, by five
folds.

    python -m benchmarks.tables iris.csv pima-indians-diabetes.csv housing.csv

The last column is the target. Each recipe is trained as its page says, a part of the training rows
being its validation split where it stops by one; scikit-learn's model, with its own defaults, gets
all of them, standardized. Classes are scored by accuracy, numbers by R²; both sides see the same
rows, encoded alike.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.progress import track
from sklearn import linear_model, neural_network
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kerasrecipes import api, registry
from kerasrecipes.data import tables
from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly, trainer
from kerasrecipes.training_settings import Training

FOLDS = 5
VALIDATION = 0.15


@dataclass(frozen=True)
class Pair:
    """A recipe and what scikit-learn calls the same.

    Args:
        recipe: its name.
        theirs: makes scikit-learn's model for a seed.
        kinds: the targets it is for: `two`, `many` classes, or `number`.
        settings: of the recipe, other than the page's.
    """

    recipe: str
    theirs: Callable[[int], Any]
    kinds: frozenset[str]
    settings: dict[str, Any] = field(default_factory=dict)


TWO, MANY, NUMBER = frozenset(["two"]), frozenset(["many"]), frozenset(["number"])
PAIRS = [
    Pair("perceptron", lambda seed: linear_model.Perceptron(random_state=seed), TWO),
    Pair(
        "perceptron",
        lambda seed: linear_model.SGDClassifier(random_state=seed),
        TWO,
        {"rule": "hinge"},
    ),
    Pair("logistic", lambda seed: linear_model.LogisticRegression(max_iter=1000), TWO),
    Pair("softmax", lambda seed: linear_model.LogisticRegression(max_iter=1000), MANY),
    Pair("linear", lambda seed: linear_model.LinearRegression(), NUMBER),
    Pair("mlp", lambda seed: neural_network.MLPClassifier((64, 64), random_state=seed), TWO | MANY),
    Pair("mlp", lambda seed: neural_network.MLPRegressor((64, 64), random_state=seed), NUMBER),
]


def whole(path: str) -> tuple[Arrays, Info, np.ndarray]:
    """Read all rows of a file: raw columns, their metadata, and the target."""
    splits = tables.csv().load(Request(path=path))
    parts = (splits.train, splits.validation, splits.test)
    x = {name: np.concatenate([part.x[name] for part in parts]) for name in splits.train.x}
    y = {name: np.concatenate([part.y[name] for part in parts]) for name in splits.train.y}
    return Arrays(x, y), splits.info, next(iter(y.values()))


def kind_of(target: np.ndarray) -> str:
    """Tell two classes, many classes and numbers apart."""
    values = len(set(target.tolist()))
    if values == 2:
        return "two"
    return "number" if target.dtype.kind == "f" and values > 10 else "many"


def folds(
    examples: Arrays, info: Info, target: np.ndarray, validated: bool, seed: int = 0
) -> Iterator[Splits]:
    """Give each fold as splits of raw rows; without a validation split all the others are learned
    from.
    """
    numbers = kind_of(target) == "number"
    kind = KFold if numbers else StratifiedKFold
    for train, test in kind(FOLDS, shuffle=True, random_state=seed).split(
        target, target.astype(str)
    ):
        held = test
        if validated:
            groups = None if numbers else target[train].astype(str)
            train, held = train_test_split(
                train, test_size=VALIDATION, random_state=0, stratify=groups
            )
        learned, chosen, judged = (examples.select(part) for part in (train, held, test))
        yield Splits(train=learned, validation=chosen, test=judged, info=info)


def score(outputs: np.ndarray, truth: np.ndarray, task: str) -> float:
    """Give accuracy, or R² of numbers."""
    if task == "regression":
        return 1 - np.sum((truth - outputs) ** 2) / np.sum((truth - truth.mean()) ** 2)
    if task == "signed":
        return np.mean((outputs[:, 0] >= 0) == (truth > 0))
    answers = outputs[:, 0] >= 0.5 if task == "binary" else outputs.argmax(-1)
    return np.mean(answers == truth)


def ours(pair: Pair, path: str, raw: Splits, seed: int) -> float:
    """Train the recipe on a fold of a file and score it."""
    keras.utils.clear_session()
    recipe = registry.load(pair.recipe)
    config = _resolved(pair, path, seed=seed, diagnose=False, checkpoint_seconds=1e6)
    config = config.for_count(recipe, len(raw.train))
    splits = assembly.prepare(recipe, raw, config)
    if not validates(config.training):
        splits = replace(splits, validation=splits.validation.select(np.arange(0)))
    training = trainer.Trainer(recipe, splits, config)
    with tempfile.TemporaryDirectory() as folder:
        training.fit(Run.create(pair.recipe, Path(folder)))
    return score(training.predict(splits.test), splits.test.y, splits.info.task)


def validates(training: Training) -> bool:
    """Return whether a training chooses by its validation split."""
    return training.patience is not None or training.keep == "best"


def _resolved(pair: Pair, path: str, **settings: Any) -> Config:
    """Give the page's settings for a file of one's own."""
    return api.resolve(
        pair.recipe, registry.load(pair.recipe), data=path, **pair.settings, **settings
    )


def theirs(pair: Pair, path: str, raw: Splits, seed: int) -> float:
    """Fit scikit-learn's model on the same fold, with what the recipe keeps to validate by, and
    score it.
    """
    recipe = registry.load(pair.recipe)
    splits = assembly.prepare(recipe, raw, _resolved(pair, path))
    x, y = (
        np.concatenate([getattr(part, name) for part in _learned(splits)]) for name in ("x", "y")
    )
    y = y.ravel() if splits.info.task != "regression" else y
    model = make_pipeline(StandardScaler(), pair.theirs(seed)).fit(x, y.ravel())
    answers = model.predict(splits.test.x)
    if splits.info.task == "regression":
        return score(answers.reshape(splits.test.y.shape), splits.test.y, "regression")
    return np.mean(answers == splits.test.y.ravel())


def _learned(splits: Splits) -> list[Arrays]:
    same = len(splits.validation) == len(splits.test) and np.array_equal(
        splits.validation.x, splits.test.x
    )
    return [splits.train] if same else [splits.train, splits.validation]


def compare(path: str, pair: Pair, repeats: int) -> str | None:
    """Give a row of the table, over some ways to cut the rows, or nothing where the pair is not for
    such a target.
    """
    examples, info, target = whole(path)
    kind = kind_of(target)
    if kind not in pair.kinds:
        return None
    config = _resolved(pair, path).for_count(registry.load(pair.recipe), len(examples))
    validated = validates(config.training)
    rows = [
        fold for cut in range(repeats) for fold in folds(examples, info, target, validated, cut)
    ]
    counts = [
        (ours(pair, path, raw, seed), theirs(pair, path, raw, seed))
        for seed, raw in enumerate(rows)
    ]
    mine, other = (100 * np.array(column) for column in zip(*counts, strict=True))
    name = pair.recipe + "".join(f" {key}={value}" for key, value in pair.settings.items())
    unit = "R²" if kind == "number" else "accuracy"
    difference = mine.mean() - other.mean()
    scores = [f"{found.mean():.1f} ± {found.std():.1f}" for found in (mine, other)]
    row = [Path(path).stem, name, type(pair.theirs(0)).__name__, unit, *scores]
    return f"| {' | '.join(row)} | {difference:+.1f} |"


def main() -> None:
    """Print a row for each file and each pair that suits its target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE.csv")
    parser.add_argument("--repeats", type=int, default=1, help="ways to cut the rows into folds")
    parser.add_argument("--only", help="recipes, separated by commas")
    arguments = parser.parse_args()
    pairs = [
        pair for pair in PAIRS if not arguments.only or pair.recipe in arguments.only.split(",")
    ]
    print(
        "| table | recipe | scikit-learn | scored by | ours, % | theirs, % | difference |\n"
        + "|---" * 7
        + "|"
    )
    for path, pair in track([(path, pair) for path in arguments.files for pair in pairs], "tables"):
        if row := compare(path, pair, arguments.repeats):
            print(row, flush=True)


if __name__ == "__main__":
    main()
