"""Language modelling: text files, and windows of token ids with the next token of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.files import read_text, text_files
from kerasrecipes.data.row_files import SUFFIXES as TABLES
from kerasrecipes.data.row_files import rows_of_roles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.text import earlier_vocabulary
from kerasrecipes.data.text.tokenizer import END, UNKNOWN, Tokenization, Tokenizer
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Request, Splits

# Shares of a text for training, validation and test, in the text's own order: drawn at random, most
# of a validation sentence's neighbours would have been seen in training. 5 % of a book is enough to
# measure perplexity, and what comes last is nearest to what comes next.
SHARES = (0.9, 0.05, 0.05)
SUFFIXES = (".txt", ".text", ".md")
_USUAL = {"text": ("text", "review", "sentence", "comment", "content", "body", "lyrics", "story")}


class LineExamples(Examples):
    """Lines of a text, before they become token ids.

    Args:
        lines: the lines without their ends.
    """

    def __init__(self, lines: Sequence[str]):
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lines at `indices`; there is nothing to predict yet."""
        lines = np.array([self.lines[index] for index in indices], object)
        return lines, np.zeros(len(lines), np.int32)

    def select(self, indices: np.ndarray) -> LineExamples:
        """Return the lines at `indices`."""
        return LineExamples([self.lines[index] for index in indices])


class WindowExamples(Examples):
    """Contiguous windows of token ids; the labels are the same window one token later.

    Args:
        tokens: `(tokens,)`, token ids of a text.
        length: tokens of a window; a shorter text is one window of what there is.
        starts: `(windows,)`, where the windows begin; by default one after another.
        stride: tokens from where a window begins to where the next does, if no `starts` are given;
            by default a window's length.

    Attributes:
        length: tokens of a window.
    """

    def __init__(
        self,
        tokens: np.ndarray,
        length: int,
        starts: np.ndarray | None = None,
        stride: int | None = None,
    ):
        self.tokens = np.asarray(tokens, np.int32)
        self.length = max(1, min(length, len(self.tokens) - 1))
        every = np.arange(0, max(0, len(self.tokens) - self.length), stride or self.length)
        self.starts = every if starts is None else np.asarray(starts)

    @property
    def signature(self) -> tuple[tuple[tuple[int | None, ...], np.dtype], ...]:
        """Shape and dtype of the inputs and labels of a batch."""
        return (((None, self.length), self.tokens.dtype),) * 2

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the windows at `indices` and the token after each of theirs, `(batch, length)`."""
        positions = self.starts[indices][:, None] + np.arange(self.length + 1)
        rows = self.tokens[positions]  # (batch, length + 1)
        return rows[:, :-1], rows[:, 1:]

    def select(self, indices: np.ndarray) -> WindowExamples:
        """Return the windows at `indices`."""
        return WindowExamples(self.tokens, self.length, self.starts[indices])


@dataclass(frozen=True)
class TextFileSource(FileSource):
    """The user's own text file, or a folder of them; its end is for validation and test."""

    summary: str = (
        "a text file of your own, a folder of them, or a column of texts in CSV, TSV or JSON lines "
        "(--data book.txt)"
    )
    example: ClassVar[str] = "book.txt"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the text and divide it in its own order.

        Raises:
            UserError: if it cannot be read, is not text, or is empty.
        """
        path = self.path_of(request)
        files = text_files(path) if path.is_dir() else [path]
        if not files:
            raise UserError(f"the folder {path} holds no text files")
        notes: list[str] = []
        text = "\n".join(_text(Path(file), request.options, notes) for file in files)
        if not text.strip():
            raise UserError(f"{path} holds no text")
        shares = SHARES if request.trained_info is None else (0.0, 0.0, 1.0)
        cuts = np.round(np.cumsum([0, *shares]) * len(text)).astype(int)
        train, validation, test = (
            LineExamples(text[a:b].split("\n") if b > a else []) for a, b in pairwise(cuts)
        )
        return Splits(
            train=train, validation=validation, test=test, info=Info(), notes=tuple(notes)
        )

    def accepts(self, path: str) -> bool:
        """Whether `path` is a text file, or a folder that holds some."""
        file = Path(path).expanduser()
        return (
            bool(text_files(file)) if file.is_dir() else file.suffix.lower() in (*SUFFIXES, *TABLES)
        )


def _text(file: Path, options: Mapping[str, Any], notes: list[str]) -> str:
    """Return the text of a file, or of a table's column, a line for each row."""
    if file.suffix.lower() not in TABLES:
        return read_text(file)
    rows = rows_of_roles(file, _USUAL, options, notes)
    return "\n".join(" ".join(text.split()) for (text,) in rows)


def prepare(
    splits: Splits,
    *,
    tokenization: Tokenization = "characters",
    vocabulary_size: Count | None = None,
    lowercase: bool = False,
    input_length: Count = 128,
    stride: Count | None = None,
    vectors: str | None = None,
    learned: Callable[[], Any] | None = None,
) -> Splits:
    """Convert text to windows of token ids by a vocabulary of the training text.

    Args:
        splits: lines of text; those for a trained model are tokenized as in its training.
        tokenization: unit that text is split into: words, characters or subwords.
        vocabulary_size: maximum size of the vocabulary; by default all words or characters.
        lowercase: whether to convert text to lower case.
        input_length: number of tokens of a window, which is as far as training looks back.
        stride: number of tokens from the beginning of a training window to that of the next; a
            smaller one than a window's length, which is the default, shows each token at several
            places of windows in an epoch.
        vectors: GloVe or fastText text file with the initial embeddings of words.
        learned: returns the preprocessor of an earlier training, whose vocabulary is to be used, or
            `None` for a new one.

    Returns:
        Splits of `WindowExamples`.

    Raises:
        UserError: if the text is too short for windows of that length, no word has a vector, or the
            vocabulary of the earlier training is another one or does not fit the text.
    """
    trained_info = splits.trained_info
    parts = [cast(LineExamples, part) for part in (splits.train, splits.validation, splits.test)]
    if trained_info is None:
        earlier = learned() if learned is not None else None
        if earlier is not None:
            preprocessor = earlier_vocabulary.require(
                earlier, LanguageModelPreprocessor, tokenization, vocabulary_size
            )
        else:
            preprocessor = LanguageModelPreprocessor.fit(
                parts[0].lines,
                tokenization=tokenization,
                vocabulary_size=vocabulary_size,
                lowercase=lowercase,
                vectors=vectors,
            )
    else:
        preprocessor = LanguageModelPreprocessor.of(trained_info)
    train, validation, test = (preprocessor(part.lines) for part in parts)
    notes = list(splits.notes)
    if trained_info is None:
        _require_enough({"train": train, "validation": validation, "test": test}, input_length)
        info = _info(preprocessor, train, test, splits.info, input_length)
        notes += preprocessor.notes if earlier is None else _unknown_notes(train)
    else:
        if len(test) < 2:
            raise UserError(
                "the text is too short: there is nothing to predict in less than two tokens"
            )
        info = trained_info
        notes += _unknown_notes(test)
    return replace(
        splits,
        train=WindowExamples(train, input_length, stride=stride),
        validation=WindowExamples(validation, input_length),
        test=WindowExamples(test, input_length),
        info=info,
        notes=tuple(notes),
    )


def _unknown_notes(tokens: np.ndarray) -> list[str]:
    unknown = float(np.mean(tokens == UNKNOWN))
    return [f"{unknown:.1%} of the text's tokens were not seen in training"] if unknown else []


@dataclass(frozen=True, kw_only=True)
class LanguageModelPreprocessor(TokenPreprocessor):
    """Text to the token ids that a language model was trained on, and back.

    A line's end is a token of its own: where characters are the tokens the line break itself, else
    the token `end`.

    Args:
        tokenizer: of the training text.
        vectors: file with the initial embeddings of words; `None` without.
    """

    kind: ClassVar[str] = "language_model"
    inputs: ClassVar[str] = "text"

    @classmethod
    def fit(
        cls,
        lines: Sequence[str],
        *,
        tokenization: Tokenization = "characters",
        vocabulary_size: Count | None = None,
        lowercase: bool = False,
        vectors: str | None = None,
    ) -> LanguageModelPreprocessor:
        """Learn the vocabulary of a text.

        Args:
            lines: of the training text, without their ends.
            tokenization: unit that text is split into: words, characters or subwords.
            vocabulary_size: maximum size of the vocabulary; by default all words or characters.
            lowercase: whether to convert text to lower case.
            vectors: file with the initial embeddings of words.

        Returns:
            The preprocessor.
        """
        tokenizer = Tokenizer.fit(
            _spelled(lines, tokenization),
            kind=tokenization,
            size=vocabulary_size,
            lowercase=lowercase,
        )
        return cls(tokenizer=tokenizer, vectors=vectors)

    def __call__(self, lines: Sequence[str]) -> np.ndarray:
        """Return the token ids of a text.

        Args:
            lines: the lines of the text, without their ends.

        Returns:
            `(tokens,)` int32.
        """
        if self.tokenizer.kind == "characters":
            pieces = list(self.tokenizer.encoded(_spelled(lines, "characters")))
        else:
            end = np.array([END], np.int32)
            pieces = [piece for row in self.tokenizer.encoded(lines) for piece in (row, end)]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int32)

    @property
    def line_end(self) -> int:
        """Id of the token that ends a line, or where none does of the most frequent one."""
        if self.tokenizer.kind != "characters":
            return END
        found = int(self.tokenizer.encode(["\n"])[0][0])
        # Token ids are in the order of frequency, after the specials.
        return found if found != UNKNOWN else min(END + 1, self.tokenizer.size - 1)

    def decode(self, tokens: Sequence[int] | np.ndarray, unknown: str = "�") -> str:
        """Return the text of token ids, line ends included.

        Args:
            tokens: `(tokens,)`, token ids.
            unknown: replacement for an unknown token.
        """
        if self.tokenizer.kind == "characters":
            return self.tokenizer.decode(tokens, unknown)
        ends = np.flatnonzero(np.asarray(tokens) == END)
        return "\n".join(
            self.tokenizer.decode(line, unknown) for line in np.split(np.asarray(tokens, int), ends)
        )


def _spelled(lines: Sequence[str], tokenization: Tokenization) -> Iterable[str]:
    """Return the lines as a tokenizer reads them: for characters with line breaks between them."""
    if tokenization != "characters":
        return lines
    last = len(lines) - 1
    return (line if index == last else f"{line}\n" for index, line in enumerate(lines))


def _require_enough(rows: dict[str, np.ndarray], length: int) -> None:
    count, wanted = len(rows["train"]), 2 * length + 1  # two windows, and the token after them
    if count < wanted:
        fits = (count - 1) // 2
        mend = f"; input_length={fits} would do" if fits >= 2 else ""
        raise UserError(
            f"the text is too short: {count:,} tokens to learn from, "
            f"windows of {length} need {wanted:,}{mend}"
        )
    for name in ("validation", "test"):
        if len(rows[name]) < 2:
            raise UserError(
                f"the text is too short: its part for {name} holds less than two tokens"
            )


def _info(
    preprocessor: LanguageModelPreprocessor,
    train: np.ndarray,
    test: np.ndarray,
    given: Info,
    length: int,
) -> Info:
    size = preprocessor.tokenizer.size
    # The best perplexity is that of words; of other tokens it is not known.
    known = given.baselines if preprocessor.tokenizer.kind == "words" else {}
    return Info(
        vocabulary_size=size,
        sequence_length=length,
        input_shape=(None,),
        preprocessor=preprocessor,
        task="next_token",
        baselines={**known, "bigram_perplexity": bigram_perplexity(train, test, size)},
    )


def bigram_perplexity(train: np.ndarray, test: np.ndarray, size: int) -> float:
    """Compute the perplexity of a bigram model, the baseline of a recurrent network.

    Its counts are smoothed by those of single tokens, the more the more different tokens followed.

    Args:
        train: `(tokens,)`, token ids to count.
        test: `(tokens,)`, token ids to measure perplexity on.
        size: size of the vocabulary.

    Returns:
        The perplexity for each token of `test` but the first, from 1 on; less is better.

    Reference:
        The smoothing is method C of [The Zero-Frequency Problem](https://doi.org/10.1109/18.87000)
        (Witten and Bell, 1991).
    """
    single = (np.bincount(train, minlength=size) + 1.0) / (len(train) + size)
    pairs, counts = np.unique(train[:-1].astype(np.int64) * size + train[1:], return_counts=True)
    before = np.bincount(pairs // size, counts, size)  # how often each token was followed
    kinds = np.bincount(pairs // size, minlength=size)  # by how many different ones
    asked = test[:-1].astype(np.int64) * size + test[1:]
    nearest = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    found = np.where(pairs[nearest] == asked, counts[nearest], 0)
    context = test[:-1]
    mixed = (found + kinds[context] * single[test[1:]]) / np.maximum(
        before[context] + kinds[context], 1
    )
    probability = np.where(before[context] > 0, mixed, single[test[1:]])
    return float(np.exp(-np.mean(np.log(probability))))
