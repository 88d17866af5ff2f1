"""Texts with grades: the order of the grades, and texts as token ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from kerasrecipes.data.text import classification_encoding
from kerasrecipes.data.text.classification_encoding import Padding, TextPreprocessor
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.data.text.tokenizer import Tokenization
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

FEWEST = 3  # of two grades the order says nothing


def prepare(
    splits: Splits,
    *,
    grades: str | None = None,
    tokenization: Tokenization = "words",
    vocabulary_size: Count | None = 20_000,
    max_length: Count = 400,
    train_length: Count | None = None,
    padding: Padding = "bucketed",
    vectors: str | None = None,
    pretrained: Callable[[int], TextPreprocessor | None] | None = None,
) -> Splits:
    """Put the grades in their order, and convert texts to token ids.

    Args:
        splits: labelled texts.
        grades: names of the grades from the worst to the best, with commas between, such as
            `bad,fair,good`; by default they are numbers.
        tokenization: unit that text is split into: words, characters or subwords.
        vocabulary_size: maximum size of the vocabulary; other words, and words that occur once, are
            unknown.
        max_length: maximum number of tokens of a text; a longer text is truncated to its first
            quarter and its last three.
        train_length: maximum number of tokens of a training text, to save time; `max_length` by
            default, and where all texts are padded to one length.
        padding: bucketed pads each batch to its longest text, fixed pads all texts to one length,
            unmasked does the same and reads padding as a word.
        vectors: GloVe or fastText text file with the initial embeddings of words.
        pretrained: from the maximum number of tokens to the preprocessor of a pretrained encoder,
            in whose vocabulary the texts are written; it returns `None` without one.

    Returns:
        Splits of `RaggedExamples`, labels `(texts,)`, indices in the order of the grades; `info` as
        in `kerasrecipes.data.text.classification_encoding.prepare`.

    Raises:
        UserError: if grades have no order, one is missing in `grades`, or they are fewer than 3.
    """
    if splits.trained_info is None:
        splits = _in_order(splits, grades)
    return classification_encoding.prepare(
        splits,
        tokenization=tokenization,
        vocabulary_size=vocabulary_size,
        max_length=max_length,
        train_length=train_length,
        padding=padding,
        vectors=vectors,
        pretrained=pretrained,
    )


def _in_order(splits: Splits, grades: str | None) -> Splits:
    """Return splits whose classes are in the order of the grades."""
    classes = splits.info.classes or ()
    order = _order(classes, grades)
    if len(order) < FEWEST:
        raise UserError(
            f"grades in an order are at least {FEWEST}, received {', '.join(order)}; "
            "for two classes take the recipe sentiment"
        )
    place = np.array([order.index(name) for name in classes], np.int32)

    def placed(part: TextExamples) -> TextExamples:
        return TextExamples(part.x, place[part.y], part.weight)

    return replace(
        splits.map(lambda part: placed(cast(TextExamples, part))),
        info=replace(splits.info, classes=order),
    )


def _order(classes: Sequence[str], grades: str | None) -> tuple[str, ...]:
    if grades is not None:
        order = tuple(name.strip() for name in grades.split(","))
        for name in classes:
            if name not in order:
                raise unknown("grade", name, order)
        # One that no training text has could be predicted, but not learned.
        return tuple(name for name in order if name in classes)
    try:
        return tuple(sorted(classes, key=float))
    except ValueError:
        raise UserError(
            f"the grades {', '.join(classes)[:100]} are not numbers: give their order, from the "
            f"worst to the best, as grades={','.join(classes)[:100]}"
        ) from None
