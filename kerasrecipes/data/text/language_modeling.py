"""Text to be continued: the user's own files, and the numbered tokens of any text in windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.files import read_text, text_files
from kerasrecipes.data.text.tokenizer import END, UNKNOWN, Tokenizer, Tokens
from kerasrecipes.data.text.windows import Windows
from kerasrecipes.data.text.word_vectors import of_vocabulary
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Request, Splits

SHARES = (0.9, 0.05, 0.05)  # of a text, in its own order
SUFFIXES = (".txt", ".text", ".md")


class Lines(Examples):
    """The lines of a text, before they become numbers.

    Args:
        lines: without their ends.
    """

    def __init__(self, lines: Sequence[str]):
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the lines with these numbers; there is nothing to predict yet."""
        lines = np.array([self.lines[number] for number in numbers], object)
        return lines, np.zeros(len(lines), np.int32)

    def select(self, numbers: np.ndarray) -> Lines:
        """Make a collection of only the lines with these numbers."""
        return Lines([self.lines[number] for number in numbers])


@dataclass(frozen=True)
class TextFile:
    """The user's own text file, or a folder of them: the end of the text is kept for validation and
    test.
    """

    summary: str = "a text file of your own, or a folder of them (--data book.txt)"

    def load(self, request: Request) -> Splits:
        """Read the text and divide it in its own order.

        Raises:
            UserError: if it cannot be read, is no text, or is empty.
        """
        if not request.path:
            raise UserError("text to be continued needs a path: --data book.txt")
        path = Path(request.path).expanduser()
        files = text_files(path) if path.is_dir() else [path]
        if not files:
            raise UserError(f"the folder {path} holds no text files")
        text = "\n".join(read_text(file) for file in files)
        if not text.strip():
            raise UserError(f"{path} holds no text")
        shares = SHARES if request.fitted is None else (0.0, 0.0, 1.0)
        cuts = np.round(np.cumsum([0, *shares]) * len(text)).astype(int)
        parts = [Lines(text[a:b].split("\n") if b > a else []) for a, b in pairwise(cuts)]
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=Info())

    def accepts(self, path: str) -> bool:
        """Take text files, and folders that hold some."""
        place = Path(path).expanduser()
        return bool(text_files(place)) if place.is_dir() else place.suffix.lower() in SUFFIXES

    def reachable(self) -> str | None:
        """Wait for a path."""
        return "needs --data PATH"


def fit(
    splits: Splits,
    *,
    tokens: Tokens,
    vocabulary_size: int | None,
    input_length: int,
    lowercase: bool,
    vectors: str | None = None,
) -> Splits:
    """Number the tokens of all lines by a vocabulary of the training lines, and cut them into
    windows.

    Args:
        splits: lines of text; those of a model that is there are numbered as it was trained.
        tokens: what a text is cut into.
        vocabulary_size: the most tokens that are told apart; `None` keeps all.
        input_length: tokens of a window.
        lowercase: whether capitals are read as small letters.
        vectors: a file of word vectors; a note tells how many of the words have one.

    Raises:
        UserError: if the text is too short for windows of that length, or no word has a vector.
    """
    fitted = splits.fitted
    if fitted is None:
        texts = _spelled(splits.train.lines, tokens)
        tokenizer = Tokenizer.fit(texts, kind=tokens, size=vocabulary_size, lowercase=lowercase)
    else:
        tokenizer = tokenizer_of(fitted)
    rows = {
        name: row_of(tokenizer, getattr(splits, name).lines)
        for name in ("train", "validation", "test")
    }
    notes = list(splits.notes)
    if fitted is None:
        _require_enough(rows, input_length)
        info = _info(tokenizer, rows, splits.info, input_length)
        notes += [of_vocabulary(vectors, tokenizer).note] if vectors else []
    else:
        if len(rows["test"]) < 2:
            raise UserError(
                "the text is too short: there is nothing to predict in less than two tokens"
            )
        info, notes = fitted, [*notes, *_unknown_note(rows["test"])]
    parts = {name: Windows(row, input_length) for name, row in rows.items()}
    return replace(splits, **parts, info=info, notes=tuple(notes))


def tokenizer_of(info: Info) -> Tokenizer:
    """Make the tokenizer of a trained model again.

    Raises:
        UserError: if the model continues no text.
    """
    if "tokenizer" not in info.facts:
        raise UserError("this model was not trained on text")
    return Tokenizer.from_dict(info.facts["tokenizer"])


def vectors_of(path: str | None, info: Info) -> np.ndarray | None:
    """Give the vectors of the vocabulary's words in a GloVe or fastText file,
    `(vocabulary, dimension)`.
    """
    return of_vocabulary(path, tokenizer_of(info)).vectors if path else None


def row_of(tokenizer: Tokenizer, lines: Sequence[str]) -> np.ndarray:
    """Number the tokens of lines in a row, `(tokens,)`; a line's end is a token of its own.

    Where characters are the tokens it is the line break itself, else the token that says `end`.
    """
    if tokenizer.kind == "characters":
        pieces = list(tokenizer.encoded(_spelled(lines, "characters")))
    else:
        end = np.array([END], np.int32)
        pieces = [piece for row in tokenizer.encoded(lines) for piece in (row, end)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int32)


def line_end(tokenizer: Tokenizer) -> int:
    """Give the token after which a line begins, or the most frequent token where a text has no line
    ends.
    """
    if tokenizer.kind != "characters":
        return END
    found = int(tokenizer.encode(["\n"])[0][0])
    return found if found != UNKNOWN else min(END + 1, tokenizer.size - 1)


def readable(tokenizer: Tokenizer, numbers: Sequence[int], unknown: str = "�") -> str:
    """Make text of token numbers, line ends included."""
    if tokenizer.kind == "characters":
        return tokenizer.decode(numbers, unknown)
    cuts = np.flatnonzero(np.asarray(numbers) == END)
    return "\n".join(
        tokenizer.decode(line, unknown) for line in np.split(np.asarray(numbers, int), cuts)
    )


def _spelled(lines: Sequence[str], tokens: Tokens) -> Iterable[str]:
    """Give the lines as a tokenizer reads them: for characters with their ends, but for the last
    one's.
    """
    if tokens != "characters":
        return lines
    last = len(lines) - 1
    return (line if number == last else f"{line}\n" for number, line in enumerate(lines))


def _require_enough(rows: dict[str, np.ndarray], length: int) -> None:
    count, wanted = len(rows["train"]), 2 * length + 1
    if count < wanted:
        fits = (count - 1) // 2
        mend = f"; input_length={fits} would do" if fits >= 2 else ""
        raise UserError(
            f"the text is too short: {count:,} tokens to learn from, windows of {length} need {wanted:,}{mend}"
        )
    for name in ("validation", "test"):
        if len(rows[name]) < 2:
            raise UserError(
                f"the text is too short: its part for {name} holds less than two tokens"
            )


def _info(tokenizer: Tokenizer, rows: dict[str, np.ndarray], given: Info, length: int) -> Info:
    facts = {"tokenizer": tokenizer.to_dict(), "task": "next_token"}
    if tokenizer.kind == "words" and "best_perplexity" in given.facts:
        facts["best_perplexity"] = given.facts["best_perplexity"]
    facts["bigram_perplexity"] = bigram_perplexity(rows["train"], rows["test"], tokenizer.size)
    return Info(
        vocabulary_size=tokenizer.size, sequence_length=length, input_shape=(None,), facts=facts
    )


def _unknown_note(row: np.ndarray) -> list[str]:
    share = float(np.mean(row == UNKNOWN))
    return [f"{share:.1%} of the text's tokens were not seen in training"] if share else []


def bigram_perplexity(train: np.ndarray, test: np.ndarray, size: int) -> float:
    """Measure a model that goes by the last token alone: what a recurrent network has to beat.

    Counts of pairs are mixed with those of single tokens, the more the more different tokens
    followed.

    Args:
        train: `(tokens,)`, to count.
        test: `(tokens,)`, to judge by.
        size: of the vocabulary.

    Reference:
        The smoothing is that of [Witten and Bell (1991)](https://doi.org/10.1109/18.87000), method
        C.
    """
    single = (np.bincount(train, minlength=size) + 1.0) / (len(train) + size)
    pairs, counts = np.unique(train[:-1].astype(np.int64) * size + train[1:], return_counts=True)
    before = np.bincount(pairs // size, counts, size)  # how often each token was followed
    kinds = np.bincount(pairs // size, minlength=size)  # by how many different ones
    asked = test[:-1].astype(np.int64) * size + test[1:]
    place = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    found = np.where(pairs[place] == asked, counts[place], 0)
    context = test[:-1]
    mixed = (found + kinds[context] * single[test[1:]]) / np.maximum(
        before[context] + kinds[context], 1
    )
    probability = np.where(before[context] > 0, mixed, single[test[1:]])
    return float(np.exp(-np.mean(np.log(probability))))
