"""Embedding: images to vectors whose distances tell who is the same."""

from __future__ import annotations

from functools import partial
from typing import Literal

from kerasrecipes.info import Info
from kerasrecipes.ranges import Positive
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare="kerasrecipes.data.images.embedding:prepare_identities",
    predict="kerasrecipes.inference.embedding:compare",
    scores="kerasrecipes.inference.embedding:scores",
    baseline="kerasrecipes.inference.embedding:baseline",
    figures=("kerasrecipes.reports.embedding:EMBEDDING_FIGURES",),
)


def pair_objective(
    info: Info,
    *,
    loss: Literal["triplet", "contrastive", "supervised_contrastive"] = "triplet",
    margin: Positive = 0.2,
    temperature: Positive = 0.1,
) -> Objective:
    """Return the objective of vectors that are compared in the pairs of a batch.

    Args:
        info: metadata of the data.
        loss: triplet, contrastive or supervised_contrastive.
        margin: by which others are to be farther (triplet), or how far at least (contrastive).
        temperature: of supervised_contrastive; lower ones attend to the nearest of others.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.embedding import EmbeddingLoss
    from kerasrecipes.metrics.nearest import NearestAccuracy

    return Objective(
        loss=partial(EmbeddingLoss, loss, margin, temperature),
        metrics=(NearestAccuracy,),
        headline="auc",
        best="max",
    )
