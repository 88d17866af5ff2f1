"""Translation sets of TensorFlow Datasets; a prepared set is read without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kerasrecipes.data import roles
from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.text.translation import Pair, splits_of
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {
    "ted_hrlr_translate/pt_to_en": "51,785 sentences of talks, Portuguese to English",
    "ted_hrlr_translate/ru_to_en": "208,106 sentences of talks, Russian to English",
}


@dataclass(frozen=True)
class TfdsPairs(TfdsSource):
    """Pairs of sentences of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `ted_hrlr_translate/pt_to_en`.
        summary: what it holds, in a line.
    """

    roles: ClassVar[tuple[str, ...]] = ("target",)

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it.

        Raises:
            UserError: if it is not available, with what was tried, or is not a set of translations.
        """
        builder = self.builder()
        languages = list(getattr(builder.info.features, "languages", ()))
        if len(languages) != 2:
            features = ", ".join(builder.info.features)
            raise UserError(
                f"{builder.name} is not a set of translations; its features are {features}"
            )
        # Those of the set itself, or the user's by `--target`.
        target = (
            roles.column_of(request.options, "target")
            or (builder.info.supervised_keys or languages)[1]
        )
        if target not in languages:
            raise unknown("language", target, languages)
        source = next(language for language in languages if language != target)
        names = self.splits_to_load(builder.info.splits, request)
        parts = {name: _pairs(builder, name, source, target) for name in names}
        return splits_of(parts, request, (source, target), self.name)


def _pairs(builder: Any, split: str, source: str, target: str) -> list[Pair]:
    rows = ((record[source], record[target]) for record in Records(builder, split))
    return [
        (a.decode("utf-8", "replace").strip(), b.decode("utf-8", "replace").strip())
        for a, b in rows
    ]
