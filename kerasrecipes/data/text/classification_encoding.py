"""Labelled texts as token ids, by a vocabulary of the training texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, cast

import numpy as np

from kerasrecipes.data.ragged import Ragged, RaggedExamples, bucket_length
from kerasrecipes.data.text.store import TextExamples, store_token_ids
from kerasrecipes.data.text.tokenizer import UNKNOWN, Tokenization, Tokenizer
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

Padding = Literal["bucketed", "fixed", "unmasked"]
# Times that a word must occur in the training texts to be learned: of one that occurs once nothing
# can be learned but its own text, and its place trains the vector of unknown words.
_MIN_FREQUENCY = 2
MOSTLY = 0.5  # share of unknown words above which a prediction is doubtful


@dataclass(frozen=True, kw_only=True)
class TextPreprocessor(TokenPreprocessor):
    """Text to the token ids that a classifier was trained on.

    Args:
        tokenizer: of the training texts.
        vectors: file with the initial embeddings of words; `None` without.
        max_length: maximum number of tokens of a text.
        pad_to: length to which all texts are padded; `None` where each batch has its own.
        padding: whether texts are padded by batch or all to one length, and padding is masked.
    """

    kind: ClassVar[str] = "text"
    inputs: ClassVar[str] = "texts"

    max_length: int
    pad_to: int | None = None
    padding: Padding = "bucketed"

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        *,
        tokenization: Tokenization = "words",
        vocabulary_size: Count | None = None,
        max_length: Count = 400,
        vectors: str | None = None,
    ) -> TextPreprocessor:
        """Learn the vocabulary of texts.

        Args:
            texts: of the training, which can be read twice.
            tokenization: unit that text is split into: words, characters or subwords.
            vocabulary_size: maximum size of the vocabulary; words that occur once are left out.
            max_length: maximum number of tokens of a text.
            vectors: file with the initial embeddings of words.

        Returns:
            The preprocessor, which pads by batch.

        Raises:
            UserError: if there is no token to learn.
        """
        fewest = _MIN_FREQUENCY if tokenization == "words" else 1
        tokenizer = Tokenizer.fit(
            texts, kind=tokenization, size=vocabulary_size, min_frequency=fewest
        )
        if tokenizer.size <= 4:  # of a few short texts, no word may occur twice
            tokenizer = Tokenizer.fit(texts, kind=tokenization, size=vocabulary_size)
        if tokenizer.size <= 4:
            raise UserError(f"the training texts hold no {tokenization} to learn from")
        return cls(tokenizer=tokenizer, vectors=vectors, max_length=max_length)

    @property
    def masked(self) -> bool:
        """Whether the model leaves out padding, instead of reading it as a word."""
        return self.padding != "unmasked"

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the token ids of texts, `(texts, time)`, padded as in training."""
        rows = Ragged.of(self.rows(texts))
        return rows.padded(self.pad_to or bucket_length(int(rows.lengths.max(initial=1))))

    def decode(self, token_ids: Iterable[int], unknown: str = "") -> str:
        """Return the text of token ids.

        Args:
            token_ids: `(tokens,)`; padding is dropped.
            unknown: replacement for an unknown token.
        """
        return self.tokenizer.decode(token_ids, unknown)

    def rows(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Iterate over the token ids of each text, `(tokens,)`, truncated to `max_length`."""
        return _rows(self.tokenizer, texts, self.max_length)

    def kept_positions(self, count: int) -> list[int]:
        """Positions of the tokens that the model reads of a text of `count` tokens."""
        return kept_positions(count, self.max_length)

    def doubts(self, text: str) -> list[str]:
        """Return sentences for the user on what makes the prediction for a text doubtful."""
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
                f"of its {len(row):,} tokens {self.max_length:,} were read, "
                "from the beginning and the end"
            )
        return notes


def prepare(
    splits: Splits,
    *,
    tokenization: Tokenization = "words",
    vocabulary_size: Count | None = 20_000,
    max_length: Count = 400,
    train_length: Count | None = None,
    padding: Padding = "bucketed",
    vectors: str | None = None,
    pretrained: Callable[[int], TextPreprocessor | None] | None = None,
) -> Splits:
    """Convert labelled texts to token ids by a vocabulary of the training texts.

    Args:
        splits: labelled texts; those for a trained model are tokenized as in its training.
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
        Splits of `RaggedExamples`, labels `(texts, 1)` of 0 and 1 for two classes, else class
        indices `(texts,)`. `info` gains a `TextPreprocessor`, the task and the vocabulary's size.

    Raises:
        UserError: if there is no token to learn, or no word has a vector.
    """
    if splits.trained_info is not None:
        return _encode(splits, splits.trained_info, splits.notes)
    if train_length is None or padding != "bucketed":
        train_length = max_length
    if min(max_length, train_length) < 1:
        raise UserError(
            f"max_length={max_length} and train_length={train_length}: must be at least 1"
        )
    train = cast(TextExamples, splits.train)
    given = pretrained(max_length) if pretrained is not None else None
    preprocessor = given or TextPreprocessor.fit(
        train.x,
        tokenization=tokenization,
        vocabulary_size=vocabulary_size,
        max_length=max_length,
        vectors=vectors,
    )
    if given is not None and vectors is not None:
        raise UserError(
            "vectors= are initial embeddings, and encoder=bert has its own; leave it out"
        )
    if given is not None and train_length < 3:
        raise UserError(
            f"train_length={train_length}: must be at least 3 with encoder=bert, for start and end"
        )
    most = min(train_length, preprocessor.max_length)
    rows = store_token_ids(replace(preprocessor, max_length=most).rows(train.x), train.x.size)
    longest = int(rows.lengths.max(initial=1))
    if padding != "bucketed":
        # Where all texts are padded to one length, it is that of the longest training text.
        preprocessor = replace(preprocessor, max_length=longest, pad_to=longest, padding=padding)
    info = replace(
        splits.info,
        preprocessor=preprocessor,
        task="binary" if splits.info.num_classes == 2 else "multiclass",
        vocabulary_size=preprocessor.tokenizer.size,
        sequence_length=longest,
        input_shape=(preprocessor.pad_to,),
    )
    return _encode(splits, info, (*splits.notes, *preprocessor.notes), train=rows)


def kept_positions(count: int, most: int) -> list[int]:
    """Positions of the tokens that are kept where a text is truncated.

    What is said at the end of a review weighs more than at its beginning, so the first quarter of
    the kept tokens is from the beginning, the rest from the end.

    Args:
        count: number of tokens of the text.
        most: maximum number of tokens that are kept.

    Returns:
        At most `most` indices in ascending order.
    """
    if count <= most:
        return list(range(count))
    first = most // 4
    return [*range(first), *range(count - (most - first), count)]


def _rows(tokenizer: Tokenizer, texts: Iterable[str], most: int) -> Iterator[np.ndarray]:
    """Iterate over truncated token ids; an empty text is one unknown token, for a step to read."""
    for row in tokenizer.encoded(texts):
        if not len(row):
            yield np.array([UNKNOWN], np.int32)
        else:
            yield row[kept_positions(len(row), most)] if len(row) > most else row


def _encode(
    splits: Splits, info: Info, notes: Sequence[str], train: Ragged | None = None
) -> Splits:
    """Encode splits as a trained model reads them; `train` are token ids that are there already."""
    preprocessor, binary = TextPreprocessor.of(info), info.task == "binary"

    def encoded(texts: TextExamples, rows: Ragged | None = None) -> RaggedExamples:
        if rows is None:
            rows = store_token_ids(preprocessor.rows(texts.x), texts.x.size)
        labels = texts.y.astype(np.float32)[:, None] if binary else texts.y
        return RaggedExamples(rows, labels, texts.weight, pad_to=preprocessor.pad_to)

    return replace(
        splits,
        train=encoded(cast(TextExamples, splits.train), train),
        validation=encoded(cast(TextExamples, splits.validation)),
        test=encoded(cast(TextExamples, splits.test)),
        info=info,
        notes=tuple(notes),
    )
