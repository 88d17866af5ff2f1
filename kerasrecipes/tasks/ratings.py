"""Ratings: a grade of an ordered scale for a text."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.models.text_classifier import TextHead
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.ratings:rate",
    scores="kerasrecipes.inference.ratings:scores",
    baseline="kerasrecipes.inference.ratings:bag_of_words",
    phases="kerasrecipes.tasks.text_encoders:phases",
    phases_when={"encoder": "bert"},
    figures=("kerasrecipes.reports.ratings:RATING_FIGURES",),
)


def ordinal_objective(head: TextHead, grades: int) -> Objective:
    """Return the objective of grades in an order.

    Args:
        head: of the model: `ordinal`, `softmax` or `number`.
        grades: their number.
    """
    from kerasrecipes.losses.ordinal import OrdinalCrossentropy
    from kerasrecipes.metrics.ordinal import GradeError

    losses: dict[str, Any] = {
        "ordinal": OrdinalCrossentropy,
        "softmax": "sparse_categorical_crossentropy",
        "number": "mean_squared_error",
    }
    return Objective(
        loss=losses[head], metrics=(partial(GradeError, grades),), headline="qwk", best="max"
    )
