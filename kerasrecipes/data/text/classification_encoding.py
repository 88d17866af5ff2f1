"""Labelled texts as token numbers: the vocabulary is learned from the training texts and goes with
the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from kerasrecipes.data.ragged import Ragged, Sequences, bucket_length
from kerasrecipes.data.text.store import Texts, numbered
from kerasrecipes.data.text.tokenizer import UNKNOWN, Tokenizer, Tokens
from kerasrecipes.data.text.word_vectors import of_vocabulary
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Splits

Padding = Literal["bucketed", "fixed", "unmasked"]
_FEWEST = 2  # times that a word must occur in the training texts to be learned
MOSTLY = 0.5  # share of unknown words above which an answer is doubtful


class Reader:
    """Turns texts into what a model takes, as it was trained.

    Args:
        info: of the training, with the facts that `fit` has written.

    Raises:
        UserError: if the model was not trained on texts.
    """

    def __init__(self, info: Info):
        if "tokenizer" not in info.facts or "text" not in info.facts:
            raise UserError("this model was not trained on texts")
        self.tokenizer = Tokenizer.from_dict(info.facts["tokenizer"])
        self.task = info.facts["task"]
        self.max_length, self.pad_to = (
            info.facts["text"]["max_length"],
            info.facts["text"]["pad_to"],
        )

    def rows(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Give the token numbers of each text; of an empty one the unknown word."""
        return _rows(self.tokenizer, texts, self.max_length)

    def batch(self, texts: Sequence[str]) -> np.ndarray:
        """Give the token numbers of texts, `(texts, time)`, padded as in training."""
        rows = Ragged.of(self.rows(texts))
        return rows.padded(self.pad_to or bucket_length(int(rows.lengths.max(initial=1))))

    def kept(self, count: int) -> list[int]:
        """Tell which tokens of a text with so many the model reads."""
        return kept(count, self.max_length)

    def notes(self, text: str) -> list[str]:
        """Tell what is doubtful about a text."""
        row = self.tokenizer.encode([text])[0]
        if not len(row):
            return ["the text is empty"]
        unknown = float(np.mean(row == UNKNOWN))
        if unknown == 1:
            return ["none of its words was seen in training"]
        notes = (
            [f"{unknown:.0%} of its words were not seen in training"] if unknown > MOSTLY else []
        )
        if len(row) > self.max_length:
            notes.append(
                f"of its {len(row):,} tokens {self.max_length:,} were read, from the beginning and the end"
            )
        return notes


def fit(
    splits: Splits,
    *,
    tokens: Tokens = "words",
    vocabulary_size: int | None = 20_000,
    max_length: int = 400,
    train_length: int | None = None,
    padding: Padding = "bucketed",
    vectors: str | None = None,
) -> Splits:
    """Learn a vocabulary from the training texts and number the tokens of all.

    Args:
        splits: labelled texts; those of a model that is there are numbered as it was trained.
        tokens: what a text is cut into.
        vocabulary_size: the most tokens that are told apart; words that occur once are unknown.
        max_length: tokens of a text that are read; a longer one keeps its first quarter and its
            last three.
        train_length: tokens of a training text that are read, to save time; by default, and where
            all are padded to one length, as many as of others.
        padding: how batches are filled up, see `Sequences`; `"unmasked"` means that padding is read
            like a word.
        vectors: a file of word vectors; a note tells how many of the words have one.

    Returns:
        Splits of `Sequences`, labels `(texts, 1)` of 0 and 1 for two classes, else class numbers
        `(texts,)`. `info` gains the vocabulary's size and as facts `tokenizer`, `text` and `task`.

    Raises:
        UserError: if there is no token to learn, or no word has a vector.
    """
    if splits.fitted is not None:
        return _as_fitted(splits, splits.fitted)
    if train_length is None or padding != "bucketed":
        train_length = max_length
    if min(max_length, train_length) < 1:
        raise UserError(
            f"max_length={max_length} and train_length={train_length}: must be at least 1"
        )
    tokenizer = _fitted(splits.train, tokens, vocabulary_size)
    train = numbered(_rows(tokenizer, splits.train.x, train_length), splits.train.x.size)
    longest = int(train.lengths.max(initial=1))
    pad_to = None if padding == "bucketed" else longest
    facts = {
        "tokenizer": tokenizer.to_dict(),
        "text": {
            "max_length": max_length if pad_to is None else pad_to,
            "pad_to": pad_to,
            "padding": padding,
        },
        "task": "binary" if splits.info.num_classes == 2 else "multiclass",
    }
    info = replace(
        splits.info.with_facts(**facts),
        vocabulary_size=tokenizer.size,
        sequence_length=longest,
        input_shape=(pad_to,),
    )
    reader = Reader(info)
    parts = {name: _encoded(getattr(splits, name), reader) for name in ("validation", "test")}
    notes = (*splits.notes, of_vocabulary(vectors, tokenizer).note) if vectors else splits.notes
    return replace(
        splits, train=_sequences(train, splits.train.y, reader), info=info, notes=notes, **parts
    )


def vectors_of(path: str | None, info: Info) -> np.ndarray | None:
    """Give the vectors of the vocabulary's words in a GloVe or fastText file,
    `(vocabulary, dimension)`.
    """
    return (
        of_vocabulary(path, Tokenizer.from_dict(info.facts["tokenizer"])).vectors if path else None
    )


def kept(count: int, most: int) -> list[int]:
    """Tell which of `count` tokens are read if at most so many are: the first quarter of them from
    the beginning.
    """
    if count <= most:
        return list(range(count))
    first = most // 4
    return [*range(first), *range(count - (most - first), count)]


def _fitted(train: Texts, tokens: Tokens, size: int | None) -> Tokenizer:
    fewest = _FEWEST if tokens == "words" else 1
    tokenizer = Tokenizer.fit(train.x, kind=tokens, size=size, min_frequency=fewest)
    if tokenizer.size <= 4:  # of a few short texts, no word may come twice
        tokenizer = Tokenizer.fit(train.x, kind=tokens, size=size)
    if tokenizer.size <= 4:
        raise UserError(f"the training texts hold no {tokens} to learn from")
    return tokenizer


def _rows(tokenizer: Tokenizer, texts: Iterable[str], most: int) -> Iterator[np.ndarray]:
    for row in tokenizer.encoded(texts):
        if not len(row):
            yield np.array([UNKNOWN], np.int32)
        else:
            yield row[kept(len(row), most)] if len(row) > most else row


def _encoded(texts: Texts, reader: Reader) -> Sequences:
    return _sequences(numbered(reader.rows(texts.x), texts.x.size), texts.y, reader)


def _sequences(rows: Ragged, labels: np.ndarray, reader: Reader) -> Sequences:
    labels = labels.astype(np.float32)[:, None] if reader.task == "binary" else labels
    return Sequences(rows, labels, pad_to=reader.pad_to)


def _as_fitted(splits: Splits, info: Info) -> Splits:
    reader = Reader(info)
    parts = {
        name: _encoded(getattr(splits, name), reader) for name in ("train", "validation", "test")
    }
    return replace(splits, info=info, **parts)
