"""Labelled texts by their TensorFlow Datasets name; a prepared set is read without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.text.classification import completed, labelled
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Request, Splits

_SUMMARIES = {
    "imdb_reviews": "50,000 reviews of films, negative or positive",
    "ag_news_subset": "127,600 news articles of four kinds",
    "yelp_polarity_reviews": "598,000 reviews of businesses, bad or good",
    "sentiment140": "1,600,000 tweets, negative or positive",
}
_CLASSES = {
    "imdb_reviews": ("negative", "positive"),
    "yelp_polarity_reviews": ("negative", "positive"),
}


class TextSet(TfdsSource):
    """A set of labelled texts of TensorFlow Datasets."""

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download; validation is a twelfth of train where the set has
        none.

        Raises:
            UserError: if it can be had in neither way, with what was tried, within seconds.
        """
        builder = self.builder()
        names = [name for name in ("train", "validation", "test") if name in builder.info.splits]
        if "train" not in names:
            raise UserError(
                f"{self.name} has no split train, only {', '.join(builder.info.splits)}"
            )
        keys = _keys(builder)
        classes = _CLASSES.get(self.name, builder.info.features[keys[1]].names)
        parts = {name: labelled(_pairs(builder, name, *keys, classes)) for name in names}
        return completed(parts, request, Info(), self.name)


def text_set(name: str) -> TextSet:
    """Make the source of a set of labelled texts by its TensorFlow Datasets name, such as
    `imdb_reviews`.
    """
    return TextSet(name, _SUMMARIES.get(name, f"the texts {name} (TensorFlow Datasets)"))


def _pairs(
    builder: Any, split: str, text: str, label: str, classes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for record in Records(builder, split):
        if record[label] >= 0:  # some sets mark what has no label so
            yield record[text].decode("utf-8", "replace"), classes[int(record[label])]


def _keys(builder: Any) -> tuple[str, str]:
    """Name the features with the text and with its class."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    texts = [name for name in features if isinstance(features[name], tfds.features.Text)]
    classes = [name for name in features if isinstance(features[name], tfds.features.ClassLabel)]
    text, label = builder.info.supervised_keys or (
        texts[-1:] and texts[-1],
        classes[-1:] and classes[-1],
    )
    if text not in texts or label not in classes:
        raise UserError(
            f"{builder.name} is no set of classified texts; its features are {', '.join(features)}"
        )
    return text, label
