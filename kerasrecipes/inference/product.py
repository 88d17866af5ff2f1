"""Prices of a user's own products, and what each input contributes to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Value
from kerasrecipes.data.products.product import ProductPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 256
_DRAWS = 5  # permutations of an input, whose errors are averaged
_TREES = 200


def appraise(run: Any, inputs: Sequence[str | bytes]) -> list[Answer]:
    """Tell the price of each row of CSV files.

    Descriptions and photographs may be missing, cells too. Photographs are looked for beside the
    file.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: paths of CSV files, or their content as bytes.

    Returns:
        A `Value` for each row, with notes on what is missing.

    Raises:
        UserError: if a file is not a table, or lacks a column.
    """
    preprocessor = ProductPreprocessor.of(run.info)
    answers: list[Answer] = []
    before = 0
    for source in inputs:
        x, notes = preprocessor(source)
        outputs = np.asarray(model_outputs.of_arrays(run.model, x, BATCH))
        # Rows of several objects are counted on.
        first, name = (before, "row ") if isinstance(source, bytes) else (0, f"{source}:")
        before += len(outputs) if isinstance(source, bytes) else 0
        for row, output in enumerate(outputs):
            answers.append(
                Value(
                    input=f"{name}{first + row + 1}",
                    value=preprocessor.decode(output),
                    notes=notes.get(row, ()),
                )
            )
    if not answers:
        raise UserError("there is no product; name a CSV file with a row for each")
    return answers


def percentage_error(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the mean absolute error in percent of the truth.

    Args:
        truth: `(products, 1)`, above 0.
        found: likewise.
    """
    return float(100 * np.mean(np.abs(truth - found) / truth))


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute errors in percent and in the price's unit.

    Args:
        evaluation: of a split.

    Returns:
        `mape` and `mae`.
    """
    truth, found = np.asarray(evaluation.labels), np.asarray(evaluation.outputs)
    if not len(truth):
        return {}
    found = found.reshape(truth.shape)
    return {"mape": percentage_error(truth, found), "mae": float(np.abs(truth - found).mean())}


def permuted(evaluation: Evaluation) -> dict[str, float]:
    """Measure the error with one input exchanged among the products, for each.

    What an input contributes is by how much the error grows.

    Args:
        evaluation: of a split.

    Returns:
        Mean absolute percentage error by input, the mean over five permutations.
    """
    x, truth = evaluation.examples.take(np.arange(len(evaluation.examples)))[:2]
    found = {}
    for name in x:
        random, errors = np.random.default_rng(0), []
        for _ in range(_DRAWS):
            changed = {**x, name: x[name][random.permutation(len(truth))]}
            outputs = np.asarray(model_outputs.of_arrays(evaluation.model, changed, BATCH))
            errors.append(percentage_error(truth, outputs))
        found[name] = float(np.mean(errors))
    return found


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Predict prices by a random forest on the table, or by their median where there is no table.

    Args:
        evaluation: of a split, with the training products.

    Returns:
        The baseline; `None` where the training products are not at hand.
    """
    train, test = evaluation.train, evaluation.examples
    if train is None or not len(train) or not len(test):
        return None
    (x, y), (asked, _) = (part.take(np.arange(len(part)))[:2] for part in (train, test))
    if "table" not in x:
        return Baseline("median price", answer=np.median(y, axis=0))
    from sklearn.ensemble import RandomForestRegressor

    # Of logarithms, as the model learns them.
    forest = RandomForestRegressor(_TREES, min_samples_leaf=2, random_state=0)
    forest.fit(x["table"], np.log(y.ravel()))
    outputs = np.exp(forest.predict(asked["table"]))[:, None].astype(np.float32)
    return Baseline("random forest on the table alone", outputs=outputs)
