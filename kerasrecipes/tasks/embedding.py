"""Embedding: images to vectors whose distances tell who is the same."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare="kerasrecipes.data.images.embedding:prepare_identities",
    predict="kerasrecipes.inference.embedding:compare",
    scores="kerasrecipes.inference.embedding:scores",
    baseline="kerasrecipes.inference.embedding:baseline",
    figures=("kerasrecipes.reports.embedding:EMBEDDING_FIGURES",),
)


def pair_objective(kind: Any, margin: float, temperature: float) -> Objective:
    """Return the objective of vectors that are compared in pairs.

    Args:
        kind: of the loss: `triplet`, `contrastive` or `supervised_contrastive`.
        margin: of the first two.
        temperature: of the last.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.embedding import EmbeddingLoss
    from kerasrecipes.metrics.nearest import NearestAccuracy

    return Objective(
        loss=partial(EmbeddingLoss, kind, margin, temperature),
        metrics=(NearestAccuracy,),
        headline="auc",
        best="max",
    )
