"""Faces with age, gender and emotion, any of which may be unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.data.images.preprocessor import ImagePreprocessor, prepare_as_trained
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

OUTPUTS = ("emotion", "gender", "age")
MISSING = -1  # of a class; of the age it is NaN

FaceLabels = dict[str, np.ndarray]  # by output


@dataclass(frozen=True, kw_only=True)
class FacePreprocessor(Preprocessor):
    """Brings faces to the form of a training, and knows what its outputs mean.

    Args:
        image: of the images.
        outputs: what the model tells, of `OUTPUTS`.
        gender: names of its classes.
        emotion: names of its classes.
        age: mean and standard deviation among the training images, in years.
    """

    kind: ClassVar[str] = "faces"
    inputs: ClassVar[str] = "faces"

    image: ImagePreprocessor
    outputs: tuple[str, ...]
    gender: tuple[str, ...] = ()
    emotion: tuple[str, ...] = ()
    age: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def fit(
        cls,
        image: ImagePreprocessor,
        labels: FaceLabels,
        outputs: Sequence[str],
        classes: Mapping[str, tuple[str, ...]],
    ) -> FacePreprocessor:
        """Choose the outputs of a training, and measure the ages.

        Args:
            image: of the images.
            labels: of the training images, by output.
            outputs: what is asked for, of `OUTPUTS`.
            classes: names of the classes, by output.

        Returns:
            The preprocessor, without outputs that no image has a label of.

        Raises:
            UserError: if no label is known of any.
        """
        kept = tuple(name for name in dict.fromkeys(outputs) if is_known(labels[name]).any())
        if not kept:
            raise UserError(f"none of the training images has a label of {', '.join(outputs)}")
        ages = labels["age"][is_known(labels["age"])]
        age = (float(ages.mean()), float(ages.std()) or 1.0) if "age" in kept else (0.0, 1.0)
        return cls(image=image, outputs=kept, age=age, **classes)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return `(images, height, width, 3)` of uint8."""
        return self.image(images)

    def classes(self, output: str) -> tuple[str, ...]:
        """Return the names of an output's classes; none of the age.

        Args:
            output: one of `outputs`.
        """
        return {"gender": self.gender, "emotion": self.emotion}.get(output, ())


class RowLabels(Examples):
    """Images whose labels are rows of a table, by output.

    Args:
        images: whose labels are the numbers of the rows.
        table: labels of all rows by output.
    """

    def __init__(self, images: Any, table: FaceLabels):
        self.images, self.table = images, table

    def __len__(self) -> int:
        return len(self.images)

    @property
    def indices(self) -> Any:
        """Which of all files these are."""
        return self.images.indices

    @property
    def y(self) -> FaceLabels:
        """Labels of all examples, by output."""
        return _rows(self.table, self.images.y)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of images, and of labels by output."""
        images, rows = self.images.take(indices)
        return images, _rows(self.table, rows)

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(self.images.select(indices), self.table)

    def known(self) -> list[tuple[str, ...]]:
        """Return which labels each example has."""
        rows = {name: is_known(column) for name, column in self.y.items()}
        return [tuple(name for name in rows if rows[name][number]) for number in range(len(self))]


def _rows(table: FaceLabels, rows: np.ndarray) -> FaceLabels:
    return {name: column[rows] for name, column in table.items()}


def is_known(labels: np.ndarray) -> np.ndarray:
    """Return which labels are known, `(examples,)`.

    Args:
        labels: ages `(examples, 1)`, NaN where unknown, or classes `(examples,)`, -1 where unknown.
    """
    flat = labels.reshape(len(labels), -1)[:, 0]
    return np.isfinite(flat) if labels.dtype.kind == "f" else flat >= 0


def prepare_faces(
    splits: Splits,
    *,
    image_size: Count = 64,
    outputs: tuple[str, ...] = OUTPUTS,
) -> Splits:
    """Bring faces to a square, and labels to those outputs that are asked for and known.

    Args:
        splits: what a source of faces gave; with `trained_info` they are prepared as in that
            training.
        image_size: height and width in pixels.
        outputs: what the model is to tell, of emotion, gender and age; those that no training image
            has are left out.

    Returns:
        Splits of uint8 `(examples, height, width, 3)` and labels by output.

    Raises:
        UserError: if an output is not known, or no label of those is.
    """
    for name in outputs:
        if name not in OUTPUTS:
            raise unknown("output", name, OUTPUTS)
    trained, facts = splits.trained_info, splits.info.facts
    # One table for all splits, whose images name its rows; drawn faces have labels of their own.
    table = next((p.table for p in _parts(splits) if isinstance(p, RowLabels)), None)
    inner = splits.map(lambda part: part.images if isinstance(part, RowLabels) else part)
    classes = {name: tuple(facts.get(f"{name}_classes", ())) for name in ("gender", "emotion")}
    if trained is not None:
        preprocessor = FacePreprocessor.of(trained)
        plain = replace(trained, preprocessor=preprocessor.image, classes=None)
        prepared = prepare_as_trained(replace(inner, info=plain), plain)
        own = {name: preprocessor.classes(name) for name in classes}
        found = _labelled(prepared, table, preprocessor.outputs, classes, own)
        return replace(found, info=trained)
    prepared = prepare_images(inner, (image_size, image_size), channels=3)
    labels = _labels(prepared.train, table)
    preprocessor = FacePreprocessor.fit(
        ImagePreprocessor.of(prepared.info), labels, outputs, classes
    )
    kept = preprocessor.outputs
    notes = [*prepared.notes, *_counts(labels, kept)]
    notes += [f"no training image has a label of {n}" for n in outputs if n not in kept]
    found = _labelled(prepared, table, kept, classes, classes)
    info = replace(prepared.info, preprocessor=preprocessor, classes=None)
    return replace(found, info=info, notes=tuple(notes))


def _parts(splits: Splits) -> tuple[Examples, ...]:
    return splits.train, splits.validation, splits.test


def _labels(part: Any, table: FaceLabels | None) -> FaceLabels:
    return part.y if table is None else _rows(table, part.y)


def _counts(labels: FaceLabels, outputs: Sequence[str]) -> list[str]:
    """Return a note on how many of the training images have each label."""
    total = len(labels["age"])
    counts = {name: int(is_known(labels[name]).sum()) for name in outputs}
    if all(count == total for count in counts.values()):
        return []
    said = ", ".join(f"{name} of {count:,}" for name, count in counts.items())
    return [f"labels that are known among {total:,} training images: {said}"]


def _labelled(
    splits: Splits,
    table: FaceLabels | None,
    outputs: Sequence[str],
    found: dict[str, tuple[str, ...]],
    wanted: dict[str, tuple[str, ...]],
) -> Splits:
    """Give images their labels by output, with the indices that classes had in the training."""

    def column(name: str, values: np.ndarray) -> np.ndarray:
        if name == "age" or found[name] == wanted[name]:
            return values
        indices = [wanted[name].index(c) if c in wanted[name] else MISSING for c in found[name]]
        return np.array([*indices, MISSING], np.int32)[values]

    def part_of(part: Any) -> Examples:
        if table is None:
            return Arrays(part.x, {name: column(name, part.y[name]) for name in outputs})
        chosen = {name: column(name, table[name]) for name in outputs}
        if isinstance(part, Arrays):
            return Arrays(part.x, _rows(chosen, part.y))
        return RowLabels(part, chosen)

    return splits.map(part_of)
