"""Sentence pairs by their TensorFlow Datasets name; a prepared set is read without TensorFlow."""

from __future__ import annotations

from typing import Any

from kerasrecipes.data import synthetic
from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.text.translation import Pair, completed
from kerasrecipes.data.text.translation_files import Parallel, Table
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Request, Source, Splits

_SUMMARIES = {
    "ted_hrlr_translate/pt_to_en": "51,785 sentences of talks, Portuguese to English",
    "ted_hrlr_translate/ru_to_en": "208,106 sentences of talks, Russian to English",
}


class PairSet(TfdsSource):
    """A set of translations of TensorFlow Datasets."""

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download.

        Raises:
            UserError: if it can be had in neither way, with what was tried, or is no set of
                translations.
        """
        builder = self.builder()
        source, target = _languages(builder, request)
        names = [name for name in ("train", "validation", "test") if name in builder.info.splits]
        parts = {name: _pairs(builder, name, source, target) for name in names}
        if "train" not in parts:
            raise UserError(
                f"{self.name} has no split train, only {', '.join(builder.info.splits)}"
            )
        return completed(parts, request, (source, target), self.name)


def pair_set(name: str) -> PairSet:
    """Make the source of a set of translations by its TensorFlow Datasets name."""
    return PairSet(name, _SUMMARIES.get(name, f"the translations {name} (TensorFlow Datasets)"))


def all_sources() -> dict[str, Source]:
    """Give every place that sentence pairs come from; the first are made by rule."""
    return {
        "word_order": synthetic.translations("word_order"),
        "dates": synthetic.translations("dates"),
        "pt_to_en": pair_set("ted_hrlr_translate/pt_to_en"),
        "ru_to_en": pair_set("ted_hrlr_translate/ru_to_en"),
        "parallel": Parallel(),
        "tsv": Table(),
    }


def _languages(builder: Any, request: Request) -> tuple[str, str]:
    """Tell from what to what: what the set itself says, or the user by `--target`."""
    languages = list(getattr(builder.info.features, "languages", ()))
    if len(languages) != 2:
        features = ", ".join(builder.info.features)
        raise UserError(f"{builder.name} is no set of translations; its features are {features}")
    target = request.options.get("target") or (builder.info.supervised_keys or languages)[1]
    if target not in languages:
        raise unknown("language", target, languages)
    return next(language for language in languages if language != target), target


def _pairs(builder: Any, split: str, source: str, target: str) -> list[Pair]:
    rows = ((record[source], record[target]) for record in Records(builder, split))
    return [
        (a.decode("utf-8", "replace").strip(), b.decode("utf-8", "replace").strip())
        for a, b in rows
    ]
