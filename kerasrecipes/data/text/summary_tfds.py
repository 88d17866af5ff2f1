"""Articles with summaries of TensorFlow Datasets; a prepared set is read without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.text.summarization import Article, Articles
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {
    "cnn_dailymail": "311,971 news articles with the points that editors wrote above them",
    "xsum": "226,711 news articles with a sentence each",
}
# Features with the text, and with its summary.
_TEXTS, _TARGETS = ("article", "document", "text"), ("highlights", "summary", "abstract")


@dataclass(frozen=True)
class TfdsSummaries(TfdsSource):
    """Articles with summaries of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `cnn_dailymail`.
        summary: what it holds, in a line.
    """

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it.

        Raises:
            UserError: if it is not available, with what was tried, or has no summaries.
        """
        builder = self.builder()
        features = list(builder.info.features)
        text, target = (
            next((name for name in names if name in features), None) for names in (_TEXTS, _TARGETS)
        )
        if text is None or target is None:
            raise UserError(
                f"{builder.name} is not a set of summaries; its features are {', '.join(features)}"
            )
        parts = {}
        for name in self.splits_to_load(builder.info.splits, request):
            rows = (
                Article.of(*(record[key].decode("utf-8", "replace") for key in (text, target)))
                for record in Records(builder, name)
            )
            parts[name] = Articles([row for row in rows if row.sentences and row.summary])
        made, notes = make_splits(
            parts, request, groups=lambda part: [row.group for row in part.rows]
        )
        return splits_of(made, Info(), notes)
