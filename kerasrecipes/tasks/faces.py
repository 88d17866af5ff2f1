"""Faces: age, gender and emotion of an image, any of whose labels may be missing."""

from __future__ import annotations

from functools import partial

from kerasrecipes.data.images.faces import FacePreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare="kerasrecipes.data.images.faces:prepare_faces",
    predict="kerasrecipes.inference.faces:describe",
    scores="kerasrecipes.inference.faces:scores",
    baseline="kerasrecipes.inference.faces:baseline",
    figures=("kerasrecipes.reports.faces:FACE_FIGURES",),
)


def heads_of(info: Info) -> dict[str, tuple[str, int]]:
    """Return row of `kerasrecipes.heads` and units of each output.

    Args:
        info: metadata of the data.

    Returns:
        By the output's name, in the order in which they are told.
    """
    preprocessor = FacePreprocessor.of(info)
    found = {}
    for name in preprocessor.outputs:
        classes = len(preprocessor.classes(name))
        found[name] = ("multiclass", classes) if classes else ("regression", 1)
    return found


def scales_of(info: Info) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of the outputs that are numbers.

    Args:
        info: metadata of the data.

    Returns:
        By the output's name.
    """
    return {"age": FacePreprocessor.of(info).age}


def face_objective(info: Info) -> Objective:
    """Return the objective: cross-entropy of classes, squared error of ages in their deviations.

    Args:
        info: metadata of the data.
    """
    # Settings are listed without a framework; this waits until a training begins.
    from kerasrecipes.losses.scaled import Scaled

    rows = heads_of(info)
    first, (row, _) = next(iter(rows.items()))
    headline = f"{first}_accuracy" if row == "multiclass" else f"{first}_mean_absolute_error"
    scaled = partial(Scaled, "huber", (FacePreprocessor.of(info).age[1],))
    return Objective(
        task=", ".join(f"{name}: {row}" for name, (row, _) in rows.items()),
        loss={"age": scaled} if "age" in rows else None,
        metrics={"age": ("mean_absolute_error",)} if "age" in rows else None,
        missing_labels=True,
        # Keras leaves the name of a single output out.
        headline=headline,
    )
