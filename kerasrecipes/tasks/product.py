"""Product: a price from photographs, a description and a row of a table."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from kerasrecipes.data.products.product import MOST_WORDS, ProductPreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare="kerasrecipes.data.products.product:prepare_products",
    predict="kerasrecipes.inference.product:appraise",
    scores="kerasrecipes.inference.product:scores",
    baseline="kerasrecipes.inference.product:baseline",
    figures=("kerasrecipes.reports.product:PRODUCT_FIGURES",),
)


def price_objective(info: Info) -> Objective:
    """Return the objective: errors of the logarithm, told in percent of the price.

    Args:
        info: metadata of the data.
    """
    # Settings are listed without a framework; these wait until a training begins.
    import keras

    from kerasrecipes.losses.relative import RelativeHuber

    scale = ProductPreprocessor.of(info).log_price[1]
    return Objective(
        loss=partial(RelativeHuber, scale),
        metrics=(
            partial(keras.metrics.MeanAbsolutePercentageError, name="mape"),
            partial(keras.metrics.MeanAbsoluteError, name="mae"),
        ),
        headline="mape",
        best="min",
    )


def shapes_of(info: Info) -> dict[str, Any]:
    """Return what a model has to know of its inputs and of prices.

    Args:
        info: metadata of the data.

    Returns:
        Arguments of `kerasrecipes.models.price_model.price_model`; those of inputs that the data
        lacks are 0.
    """
    preprocessor = ProductPreprocessor.of(info)
    table, words, most = preprocessor.table, preprocessor.words, preprocessor.most
    return {
        "features": 0 if table is None else len(table.features),
        "moments": None if table is None or info.inputs is None else asdict(info.inputs),
        "vocabulary_size": 0 if words is None else words.tokenizer.size,
        "words": 0 if words is None else MOST_WORDS,
        "photos": (most, *preprocessor.size) if most else (0, 0, 0),
        "log_price": preprocessor.log_price,
    }


def _shape(name: str, info: Info) -> Any:
    return shapes_of(info)[name]


_SHAPES = ("features", "moments", "vocabulary_size", "words", "photos", "log_price")
FROM_DATA = {name: partial(_shape, name) for name in _SHAPES}  # of `settings_of`
