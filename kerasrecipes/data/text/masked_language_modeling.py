"""Masked language modelling: windows of word pieces in which some words are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.data.text.neighbours import Neighbours
from kerasrecipes.data.text.tokenizer import END, PADDING, START
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.data.text.wordpieces import MASK, MASK_SIGN, WordPieces
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.ranges import Count, Probability
from kerasrecipes.recipe import Splits

# Of the chosen tokens: so many become the mask, so many another token, and the rest stay, so that
# the model must tell each of them without knowing which to trust.
HIDDEN, EXCHANGED = 0.8, 0.1
_BASELINE_TOKENS = 4000  # hidden tokens that the baseline is judged by


class MaskedExamples(Examples):
    """Windows of a text with hidden words, and their tokens.

    A window occurs several times, each time with other words hidden. Which these are depends on the
    window and the time alone, so an example is the same whenever it is taken.

    Args:
        windows: `(windows, length)`, token ids with start and end.
        pieces: tells which tokens belong to one word.
        mask_rate: share of the tokens of a window that are chosen.
        copies: how often a window occurs.
        indices: of the examples; by default all.
    """

    def __init__(
        self,
        windows: np.ndarray,
        pieces: WordPieces,
        mask_rate: float,
        copies: int = 1,
        indices: np.ndarray | None = None,
    ):
        self.windows, self.pieces = windows, pieces
        self.mask_rate, self.copies = mask_rate, copies
        self.indices = np.arange(len(windows) * copies) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return windows with hidden words, the chosen tokens, else 0, and 1 where one is chosen,
        `(batch, length)` each.
        """
        numbers = self.indices[indices]
        x = self.windows[numbers % len(self.windows)].copy() if len(numbers) else self.windows[:0]
        y = np.zeros_like(x)
        for row, labels, number in zip(x, y, numbers, strict=True):
            random = np.random.default_rng(int(number))
            chosen = self._chosen(row, random)
            labels[chosen] = row[chosen]
            fate = random.random(len(chosen))
            row[chosen[fate < HIDDEN]] = MASK
            other = chosen[(fate >= HIDDEN) & (fate < HIDDEN + EXCHANGED)]
            # Not always another one: by chance it is the same.
            row[other] = random.integers(MASK + 1, self.pieces.size, len(other))
        return x, y, (y > 0).astype(np.float32)

    def _chosen(self, row: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Choose words until their tokens are enough, at least one; the places of all of them."""
        places = np.flatnonzero(row > MASK)
        words = self.pieces.words(row)[places]
        order = random.permutation(np.unique(words))
        sizes = np.array([np.count_nonzero(words == word) for word in order])
        wanted = max(1.0, self.mask_rate * len(places))
        enough = order[np.cumsum(sizes) - sizes < wanted - 0.5]
        return places[np.isin(words, enough)]

    def select(self, indices: np.ndarray) -> MaskedExamples:
        """Return the examples at `indices`."""
        return MaskedExamples(
            self.windows, self.pieces, self.mask_rate, self.copies, self.indices[indices]
        )


@dataclass(frozen=True, kw_only=True)
class MaskedTextPreprocessor(TokenPreprocessor):
    """Text to the word pieces that a masked language model was trained on.

    Args:
        tokenizer: of the training text.
        max_length: number of tokens that the model reads, start and end included.
    """

    kind: ClassVar[str] = "masked_text"
    inputs: ClassVar[str] = "text with hidden words"

    max_length: int

    @property
    def pieces(self) -> WordPieces:
        """The tokenizer."""
        return cast(WordPieces, self.tokenizer)

    @classmethod
    def fit(
        cls,
        lines: Sequence[str],
        *,
        vocabulary_size: Count | None = None,
        lowercase: bool = True,
        max_length: Count = 128,
    ) -> MaskedTextPreprocessor:
        """Learn the vocabulary of a text.

        Args:
            lines: of the training text, without their ends.
            vocabulary_size: maximum size of the vocabulary; 8,000 by default.
            lowercase: whether to convert text to lower case and to drop accents.
            max_length: number of tokens that the model reads.

        Returns:
            The preprocessor.
        """
        pieces = WordPieces.learn(lines, size=vocabulary_size, lowercase=lowercase)
        return cls(tokenizer=pieces, max_length=max_length)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the token ids of texts in which `[MASK]` stands for a hidden token.

        Args:
            texts: as a user writes them.

        Returns:
            `(texts, time)` int32, with start and end, padded to the longest.

        Raises:
            UserError: if a text is longer than the model reads.
        """
        rows = []
        for text in texts:
            parts = self.pieces.encode([part or " " for part in text.split(MASK_SIGN)])
            row = [START, *(token for part in parts for token in (*part, MASK))]
            row[-1] = END
            if len(row) > self.max_length:
                raise UserError(
                    f"the text '{excerpt(text)}' has {len(row) - 2:,} tokens, and the model reads "
                    f"{self.max_length - 2:,} at most; give a part of it"
                )
            rows.append(row)
        x = np.full((len(rows), max(map(len, rows), default=1)), PADDING, np.int32)
        for target, row in zip(x, rows, strict=True):
            target[: len(row)] = row
        return x

    def windows(self, lines: Sequence[str]) -> np.ndarray:
        """Return a text as windows of one length after another, each with start and end.

        Args:
            lines: the lines of the text, without their ends.

        Returns:
            `(windows, max_length)` int32; what is left of the text fills no window and is dropped.
        """
        tokens = np.concatenate([np.zeros(0, np.int32), *self.pieces.encoded(lines)])
        inside = self.max_length - 2
        count = len(tokens) // inside
        windows = np.empty((count, self.max_length), np.int32)
        windows[:, 0], windows[:, -1] = START, END
        windows[:, 1:-1] = tokens[: count * inside].reshape(count, inside)
        return windows

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """Return the text of token ids.

        Args:
            tokens: `(tokens,)`, token ids.
        """
        return self.pieces.decode(tokens)


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = None,
    lowercase: bool = True,
    input_length: Count = 128,
    mask_rate: Probability = 0.15,
    copies: Count = 5,
) -> Splits:
    """Convert text to windows of word pieces in which words are hidden.

    Args:
        splits: lines of text; those for a trained model are tokenized as in its training.
        vocabulary_size: maximum size of the vocabulary of word pieces; 8,000 by default.
        lowercase: whether to convert text to lower case and to drop accents.
        input_length: number of tokens of a window, start and end included.
        mask_rate: share of a window's tokens that are to be told; whole words are chosen.
        copies: how often a training window occurs in an epoch, each time with other words hidden.

    Returns:
        Splits of `MaskedExamples`.

    Raises:
        UserError: if the text is too short for windows of that length.
    """
    if input_length < 4:
        raise UserError(f"input_length={input_length}: must be at least 4")
    parts = [cast(LineExamples, part) for part in (splits.train, splits.validation, splits.test)]
    trained = splits.trained_info
    preprocessor = (
        MaskedTextPreprocessor.fit(
            parts[0].lines,
            vocabulary_size=vocabulary_size,
            lowercase=lowercase,
            max_length=input_length,
        )
        if trained is None
        else MaskedTextPreprocessor.of(trained)
    )
    windows = [preprocessor.windows(part.lines) for part in parts]
    names = ("test",) if trained is not None else ("training", "validation", "test")
    for name, found in zip(names, windows[-len(names) :], strict=True):
        if not len(found):
            raise UserError(
                f"the text is too short: its part for {name} fills no window of "
                f"{preprocessor.max_length - 2} tokens; give more text, or a smaller input_length"
            )
    pieces = preprocessor.pieces
    train, validation, test = (
        MaskedExamples(found, pieces, mask_rate, copies if number == 0 else 1)
        for number, found in enumerate(windows)
    )
    info = trained
    if info is None:
        info = replace(
            splits.info,
            vocabulary_size=pieces.size,
            sequence_length=input_length,
            input_shape=(None,),
            preprocessor=preprocessor,
            baselines=_baselines(train, test),
        )
    return replace(splits, train=train, validation=validation, test=test, info=info)


def _baselines(train: MaskedExamples, test: MaskedExamples) -> dict[str, float]:
    """Judge counted neighbours by hidden tokens of the test text."""
    counted = Neighbours.count(train.windows, train.pieces.size)
    right, likelihood = [], []
    for start in range(0, len(test), 64):
        x, y, _ = test.take(np.arange(start, min(start + 64, len(test))))
        for row, place in np.argwhere(y > 0):
            found = counted.probabilities(x[row, place - 1], x[row, place + 1])
            right.append(found.argmax() == y[row, place])
            likelihood.append(found[y[row, place]])
        if len(right) >= _BASELINE_TOKENS:
            break
    return {
        "neighbours_accuracy": float(np.mean(right)),
        "neighbours_perplexity": float(np.exp(-np.mean(np.log(likelihood)))),
    }
