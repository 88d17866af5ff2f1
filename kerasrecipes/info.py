"""Metadata of data: what a builder and a preprocessor are told of it, written beside a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from kerasrecipes.earlier_facts import without_facts
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor, plain, restore, restored


@dataclass(frozen=True, kw_only=True)
class InputMoments:
    """Mean and variance of raw inputs among the training examples, by which a model normalizes.

    Args:
        mean: of each feature of a table, or of all pixels of images together.
        variance: likewise; 1 for what never changes.
    """

    mean: float | tuple[float, ...]
    variance: float | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class TargetScale:
    """Scale of the targets of a regression among the training examples.

    Args:
        mean: of each target.
        scale: standard deviation of each target.
        unit: in which the cells of the target are written; empty where they tell none.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Info:
    """Metadata of the data that a builder needs: plain values, written to a run's `info.json`.

    Only entries that apply are set.

    Args:
        input_shape: shape of one example without the batch, such as `(height, width, channels)`.
        classes: names of the classes, in the order of their indices.
        targets: names of the target columns of a regression.
        vocabulary_size: number of tokens, padding and unknown included.
        source_vocabulary_size: number of tokens of what is translated, likewise.
        sequence_length: tokens per example.
        preprocessor: from a user's inputs to the model's, fitted to the training examples.
        task: row of `kerasrecipes.heads` that the labels are for, where the data decides it.
        inputs: mean and variance of raw inputs, where the model normalizes them.
        target: mean and standard deviation of the targets of a regression.
        num_examples: number of training examples, where the model depends on it.
        columns: names of the columns that were taken from a file, by their roles.
        columns_by: what decided that: `name`, `place`, `cells`, or nothing where the user did.
        languages: of the source and of the target of a translation.
        spans: whether tags mark spans, such as names.
        drawn: whether images are drawings, and not photographs.
        baselines: metrics of other predictors on the same data, such as `bigram_perplexity`.
        facts: metadata that a page of one's own has beside these, as values that JSON has.
    """

    input_shape: tuple[int | None, ...] | None = None
    classes: tuple[str, ...] | None = None
    targets: tuple[str, ...] | None = None
    vocabulary_size: int | None = None
    source_vocabulary_size: int | None = None
    sequence_length: int | None = None
    preprocessor: Preprocessor | None = None
    task: str = ""
    inputs: InputMoments | None = None
    target: TargetScale | None = None
    num_examples: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    columns_by: str = ""
    languages: tuple[str, str] | None = None
    spans: bool = False
    drawn: bool = False
    baselines: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def num_classes(self) -> int:
        """Number of classes.

        Raises:
            UserError: if the data has no classes.
        """
        if self.classes is None:
            raise UserError("this recipe needs class labels; the data has none")
        return len(self.classes)

    @property
    def fixed_shape(self) -> tuple[int, ...]:
        """The input shape, every axis of which has a length.

        Raises:
            UserError: if examples differ in shape.
        """
        axes = [axis for axis in self.input_shape or () if axis is not None]
        if self.input_shape is None or len(axes) < len(self.input_shape):
            raise UserError(f"this recipe needs examples of one shape, received {self.input_shape}")
        return tuple(axes)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The input shape of images, `(height, width, channels)`.

        Raises:
            UserError: if examples are not images of one size.
        """
        if len(self.fixed_shape) != 3:
            raise UserError(f"this recipe needs images, received examples of {self.input_shape}")
        height, width, channels = self.fixed_shape
        return height, width, channels

    def with_facts(self, **facts: Any) -> Info:
        """Return a copy with more entries in `facts`."""
        return replace(self, facts={**self.facts, **facts})

    def as_dict(self) -> dict[str, Any]:
        """Return the entries that are set, as values that JSON has."""
        named = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: plain(value) for name, value in named if value not in (None, False, "", {})}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Info:
        """Restore the object from `as_dict`, also after a round trip through JSON.

        Args:
            values: entries by name; those of earlier versions are understood, unknown ones left
                out.

        Returns:
            The metadata, with the preprocessor of its kind.

        Raises:
            UserError: if the preprocessor's kind is unknown.
        """
        values = without_facts(values)
        known = {item.name for item in fields(cls)}
        entries: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
        for name, kind in (("inputs", InputMoments), ("target", TargetScale)):
            if name in entries:
                entries[name] = restored(kind, entries[name])
        if "preprocessor" in entries:
            entries["preprocessor"] = restore(entries["preprocessor"])
        return cls(**entries)
