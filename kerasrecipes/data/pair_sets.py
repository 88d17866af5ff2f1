"""Sentence pairs by their TensorFlow Datasets name; a prepared set is read without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasrecipes.data.generated_pairs import pairs
from kerasrecipes.data.pair_files import Parallel, Table
from kerasrecipes.data.pairs import Pair, completed
from kerasrecipes.data.prepared import Records, data_folder, prepared
from kerasrecipes.data.text_sets import text_set
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Request, Source, Splits

_SUMMARIES = {
    "ted_hrlr_translate/pt_to_en": "51,785 sentences of talks, Portuguese to English",
    "ted_hrlr_translate/ru_to_en": "208,106 sentences of talks, Russian to English",
}


@dataclass(frozen=True)
class PairSet:
    """A set of translations of TensorFlow Datasets.

    Args:
        name: its TFDS name, with the configuration.
        summary: what it holds, in a line.
    """

    name: str
    summary: str

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download.

        Raises:
            UserError: if it can be had in neither way, with what was tried, or is no set of translations.
        """
        if reason := self.reachable():
            raise UserError(f"{self.name} cannot be had: {reason}; leave out --data to run on the embedded data")
        import tensorflow_datasets as tfds

        builder = tfds.builder_from_directory(prepared(self.name) or _download(self.name))
        source, target = _languages(builder, request)
        names = [name for name in ("train", "validation", "test") if name in builder.info.splits]
        parts = {name: _pairs(builder, name, source, target) for name in names}
        if "train" not in parts:
            raise UserError(f"{self.name} has no split train, only {', '.join(builder.info.splits)}")
        return completed(parts, request, (source, target), self.name)

    def accepts(self, path: str) -> bool:
        """Take no paths."""
        return False

    def reachable(self) -> str | None:
        """Tell in a few words why it cannot be loaded here, after seconds at most; downloads nothing."""
        return text_set(self.name).reachable()


def pair_set(name: str) -> PairSet:
    """Make the source of a set of translations by its TensorFlow Datasets name."""
    return PairSet(name, _SUMMARIES.get(name, f"the translations {name} (TensorFlow Datasets)"))


def all_sources() -> dict[str, Source]:
    """Give every place that sentence pairs come from; the first are made by rule."""
    return {
        "word_order": pairs("word_order"),
        "dates": pairs("dates"),
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
    return [(a.decode("utf-8", "replace").strip(), b.decode("utf-8", "replace").strip()) for a, b in rows]


def _download(name: str) -> Path:
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_folder())
        builder.download_and_prepare()
    except Exception as error:  # whatever a foreign downloader may raise
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(f"{name} could not be downloaded: {reason[0]}") from error
    return Path(builder.data_dir)
