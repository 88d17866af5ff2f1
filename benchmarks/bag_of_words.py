"""What counting words and pairs of words gives on the texts of the recipe `sentiment`, to stand
beside it.

Logistic regression on tf-idf, its strength of regularisation chosen on the validation split; the
test split is looked at once.

    python -m benchmarks.bag_of_words --data imdb_reviews
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from kerasrecipes import registry
from kerasrecipes.recipe import Request, Splits
from kerasrecipes.runs.data_sources import find_source

STRENGTHS = (1.0, 10.0, 100.0)


def measure(splits: Splits, words: int) -> dict[str, Any]:
    """Fit and judge one baseline.

    Args:
        splits: labelled texts.
        words: the longest run of words that is counted as one.

    Returns:
        Accuracy on the test split, the chosen strength, the features, and seconds.
    """
    began = time.perf_counter()
    vectorizer = TfidfVectorizer(ngram_range=(1, words), min_df=2, sublinear_tf=True)
    train = vectorizer.fit_transform(splits.train.x)
    validation = vectorizer.transform(splits.validation.x)
    models = [
        LogisticRegression(C=strength, solver="liblinear").fit(train, splits.train.y)
        for strength in STRENGTHS
    ]
    best = max(models, key=lambda model: model.score(validation, splits.validation.y))
    accuracy = best.score(vectorizer.transform(splits.test.x), splits.test.y)
    return {
        "accuracy": accuracy,
        "C": best.C,
        "features": train.shape[1],
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    """Print a row for single words and for pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", default="reviews", help="a data set of the recipe sentiment, or a path"
    )
    parser.add_argument("--text", help="column with the texts")
    parser.add_argument("--target", help="column with the labels")
    arguments = parser.parse_args()
    recipe = registry.load("sentiment")
    name = find_source(arguments.data, recipe).name
    options = {key: value for key in ("text", "target") if (value := getattr(arguments, key))}
    splits = recipe.data[name].load(Request(path=arguments.data, options=options))
    counts = ", ".join(
        f"{len(getattr(splits, part)):,} {part}" for part in ("train", "validation", "test")
    )
    print(f"{arguments.data}: {counts}")
    for words, what in ((1, "words"), (2, "words and pairs")):
        found = measure(splits, words)
        print(
            f"{what:16} accuracy {100 * found['accuracy']:.2f} %, {found['features']:,} "
            f"features, C={found['C']:g}, "
            f"{found['seconds']:.0f} s"
        )


if __name__ == "__main__":
    main()
