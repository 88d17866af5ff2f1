"""Preprocessors: from what a user has to what a model takes, in training and ever after.

A preprocessor is fitted to the training examples and saved with the run, in `info.json`. Training,
`evaluate`, `predict` and `export` go through it, so that all of them treat an input alike.
"""

from __future__ import annotations

import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from kerasrecipes.errors import UserError
from kerasrecipes.settings import Lazy

if TYPE_CHECKING:
    from kerasrecipes.info import Info

# Where the class of each kind is, so that metadata can be read without importing all of them.
KINDS: dict[str, str] = {
    "assistant": "kerasrecipes.data.text.assistant:AssistantPreprocessor",
    "boxes": "kerasrecipes.data.images.detection:BoxPreprocessor",
    "caption": "kerasrecipes.data.captioning.preprocessor:CaptionPreprocessor",
    "colours": "kerasrecipes.data.images.colorization:ColourPreprocessor",
    "dna": "kerasrecipes.data.dna.preprocessor:DnaPreprocessor",
    "edges": "kerasrecipes.data.images.filters:EdgePreprocessor",
    "encoder_text": "kerasrecipes.data.text.encoder_texts:EncoderTextPreprocessor",
    "faces": "kerasrecipes.data.images.faces:FacePreprocessor",
    "foley": "kerasrecipes.data.video.foley:FoleyPreprocessor",
    "image": "kerasrecipes.data.images.preprocessor:ImagePreprocessor",
    "landmarks": "kerasrecipes.data.images.landmarks:LandmarkPreprocessor",
    "language_model": "kerasrecipes.data.text.language_modeling:LanguageModelPreprocessor",
    "masked_text": "kerasrecipes.data.text.masked_language_modeling:MaskedTextPreprocessor",
    "masks": "kerasrecipes.data.images.segmentation:MaskPreprocessor",
    "pairs": "kerasrecipes.data.images.image_translation:PairPreprocessor",
    "products": "kerasrecipes.data.products.product:ProductPreprocessor",
    "questions": "kerasrecipes.data.text.question_answering:QuestionPreprocessor",
    "restoration": "kerasrecipes.data.images.image_restoration:RestorationPreprocessor",
    "music": "kerasrecipes.data.music.preprocessor:MusicPreprocessor",
    "series": "kerasrecipes.data.timeseries.forecasting:SeriesPreprocessor",
    "speech": "kerasrecipes.data.audio.preprocessor:SpeechPreprocessor",
    "summaries": "kerasrecipes.data.text.summarization:SummaryPreprocessor",
    "table": "kerasrecipes.data.tables.preprocessor:TablePreprocessor",
    "tags": "kerasrecipes.data.text.tagging:TagPreprocessor",
    "text": "kerasrecipes.data.text.classification_encoding:TextPreprocessor",
    "translation": "kerasrecipes.data.text.translation:TranslationPreprocessor",
    "waveform": "kerasrecipes.data.audio.waveforms:WavePreprocessor",
}

T = TypeVar("T", bound="Preprocessor")


class Preprocessor(ABC):
    """Base class of preprocessors: frozen dataclasses, one for each kind of data.

    Its fields are plain values, other dataclasses, and objects with `to_dict` and `from_dict`. A
    class has, besides, `fit`, a class method from training examples to the preprocessor, and
    `decode` where a model's output is to become what a user reads. A page's own class is known by
    its `kind` as soon as the page is loaded.

    Attributes:
        kind: name of the class in `info.json`.
        inputs: what it takes, for messages, such as `images`.
    """

    kind: ClassVar[str]
    inputs: ClassVar[str]

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Register a class under the `kind` that it gives itself.

        Raises:
            ValueError: if another class has that kind.
        """
        super().__init_subclass__(**keywords)
        kind, place = cls.__dict__.get("kind"), f"{cls.__module__}:{cls.__qualname__}"
        if kind is None:
            return
        ours = KINDS.get(kind)
        if ours is not None and ours != place:
            raise ValueError(f"the kind '{kind}' of {place} is that of {ours}; give it another")
        if ours is None:
            _OF_PAGES[kind] = cls

    @classmethod
    def of(cls: type[T], info: Info) -> T:
        """Return the preprocessor of a training.

        Args:
            info: metadata of the training.

        Raises:
            UserError: if the model was trained on inputs of another kind.
        """
        if not isinstance(info.preprocessor, cls):
            raise UserError(f"this model was not trained on {cls.inputs}")
        return info.preprocessor

    @abstractmethod
    def __call__(self, raw: Any) -> Any:
        """Return what the model takes for what a user has."""

    def to_dict(self) -> dict[str, Any]:
        """Return kind and fields, as values that JSON has."""
        return {"kind": self.kind, **_fields(self)}

    @classmethod
    def from_dict(cls: type[T], values: Mapping[str, Any]) -> T:
        """Restore a preprocessor from `to_dict`, also after a round trip through JSON.

        Args:
            values: fields by name; those that the class does not have are left out.

        Returns:
            An object that equals the one that was saved.
        """
        return restored(cls, values)


_OF_PAGES: dict[str, type[Preprocessor]] = {}


def is_known(values: Mapping[str, Any] | None) -> bool:
    """Return whether `restore` knows a preprocessor's class.

    Args:
        values: of its `to_dict`; there is nothing to know of `None`.
    """
    return values is None or values.get("kind") in {*KINDS, *_OF_PAGES}


def restore(values: Mapping[str, Any]) -> Preprocessor:
    """Restore a preprocessor of any kind.

    Args:
        values: of its `to_dict`; `kind` names its class.

    Returns:
        The preprocessor.

    Raises:
        UserError: if there is no such kind.
    """
    kind = str(values.get("kind"))
    cls = Lazy(KINDS[kind]).value if kind in KINDS else _OF_PAGES.get(kind)
    if cls is None:
        known = ", ".join(sorted({*KINDS, *_OF_PAGES}))
        raise UserError(
            f"there is no preprocessor of the kind '{kind}', only {known}; "
            "a page's own is known once the page is loaded"
        )
    return cls.from_dict(values)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses as dictionaries of their fields, tuples as lists.

    Args:
        value: of plain values, mappings, tuples, dataclasses, and objects with `to_dict`.
    """
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, (tuple, list)) else value


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields that differ from their defaults."""
    named = ((item, getattr(value, item.name)) for item in fields(value))
    return {item.name: plain(entry) for item, entry in named if entry != item.default}


def restored(hint: Any, value: Any) -> Any:
    """Return a value of the type that a field's annotation says; the reverse of `plain`.

    Args:
        hint: the type: of plain values, tuples, dataclasses, or with `from_dict`; or a union of one
            of these with `None`, or of a number with a tuple.
        value: what JSON has.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if value is None:
        return None
    if origin in (typing.Union, types.UnionType):
        fitting = [kind for kind in arguments if kind is not type(None)]
        if isinstance(value, (list, tuple)):
            fitting.sort(key=lambda kind: typing.get_origin(kind) is not tuple)
        return restored(fitting[0], value)
    if origin is tuple:
        kinds = (arguments[0],) * len(value) if arguments[-1] is ... else arguments
        return tuple(restored(kind, part) for kind, part in zip(kinds, value, strict=True))
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        known = [item.name for item in fields(hint) if item.name in value]
        cls: Any = hint
        return cls(**{name: restored(hints[name], value[name]) for name in known})
    return hint.from_dict(value) if hasattr(hint, "from_dict") else value
