"""The recipe `mlp`, as its page says, beside what people would try first on a table: scikit-learn's
multi-layer perceptron and logistic or ridge regression, with their own defaults, by five folds.

    python -m benchmarks.tables_defaults pima-indians-diabetes.csv housing.csv --sklearn diabetes
    python -m benchmarks.tables_defaults pima-indians-diabetes.csv --repeats 4

The last column of a file is the target. Of the training rows of a fold `mlp` keeps 15 % to choose
its best epoch by; scikit-learn's models learn from all of them, standardized. Classes are scored by
accuracy, numbers by R². A difference to the better of the two counts as noise within its 95 %
confidence interval, whose variance is corrected for training rows that folds share (Nadeau and
Bengio 2003, https://doi.org/10.1023/A:1024068626366).
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import datasets, linear_model, neural_network

from benchmarks import tables

CLASSES, NUMBER = tables.TWO | tables.MANY, tables.NUMBER
MLP = tables.Pair("mlp", lambda seed: None, CLASSES | NUMBER)
THEIRS = [
    tables.Pair("mlp", lambda seed: neural_network.MLPClassifier(random_state=seed), CLASSES),
    tables.Pair("mlp", lambda seed: linear_model.LogisticRegression(max_iter=1000), CLASSES),
    tables.Pair("mlp", lambda seed: neural_network.MLPRegressor(random_state=seed), NUMBER),
    tables.Pair("mlp", lambda seed: linear_model.Ridge(), NUMBER),
]


def shipped(names: list[str], folder: Path) -> Iterator[str]:
    """Write data sets that scikit-learn brings as files, the target last."""
    for name in names:
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        frame.to_csv(folder / f"{name}.csv", index=False)
        yield str(folder / f"{name}.csv")


def noise(differences: np.ndarray) -> float:
    """Half the width of the 95 % confidence interval of a mean over folds, one or more times five.

    The folds' training rows overlap, so the plain standard error is too small.
    """
    count = len(differences)
    variance = differences.var(ddof=1) * (1 / count + 1 / (tables.FOLDS - 1))
    return float(stats.t.ppf(0.975, count - 1) * np.sqrt(variance))


def row(path: str, most: int, repeats: int) -> str:
    """Score all models on a table and give its row.

    Args:
        path: the file.
        most: rows of it that are used, drawn at random where it has more.
        repeats: divisions into folds.
    """
    examples, info, target = tables.whole(path)
    if len(target) > most:
        chosen = np.random.default_rng(0).permutation(len(target))[:most]
        examples, target = examples.select(chosen), target[chosen]
    kind = tables.kind_of(target)
    pairs = [pair for pair in THEIRS if kind in pair.kinds]
    divisions = (tables.folds(examples, info, target, True, seed) for seed in range(repeats))
    folds = enumerate(itertools.chain.from_iterable(divisions))
    scores = 100 * np.array(
        [
            [tables.ours(MLP, path, raw, seed)]
            + [tables.theirs(pair, path, raw, seed) for pair in pairs]
            for seed, raw in folds
        ]
    )  # (folds, models)
    best = scores[:, 1:].mean(axis=0).argmax() + 1
    behind = scores[:, best] - scores[:, 0]
    chance = noise(behind)
    verdict = "ahead" if behind.mean() <= 0 else "noise" if behind.mean() <= chance else "behind"
    written = [f"{one.mean():.1f} ± {one.std():.1f}" for one in scores.T]
    unit = "R²" if kind == "number" else "accuracy"
    cells = [
        Path(path).stem,
        f"{len(target):,}",
        unit,
        *written,
        f"{-behind.mean():+.1f} ± {chance:.1f}",
    ]
    return f"| {' | '.join([*cells, verdict])} |"


def main() -> None:
    """Print a row for each table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="FILE.csv")
    parser.add_argument("--sklearn", default="", help="data sets of scikit-learn, by commas")
    parser.add_argument("--rows", type=int, default=10_000, help="the most rows of a table")
    parser.add_argument("--repeats", type=int, default=1, help="divisions into five folds")
    arguments = parser.parse_args()
    print("| table | rows | scored by | mlp, % | their MLP, % | logistic or ridge, % ", end="")
    print("| to the better | verdict |\n" + "|---" * 8 + "|")
    with tempfile.TemporaryDirectory() as folder:
        names = [name for name in arguments.sklearn.split(",") if name]
        for path in [*arguments.files, *shipped(names, Path(folder))]:
            print(row(path, arguments.rows, arguments.repeats), flush=True)


if __name__ == "__main__":
    main()
