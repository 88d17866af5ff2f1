"""Questions about texts: windows of a text and a question as token ids, and spans as labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text.tagging import letters_of
from kerasrecipes.data.text.tokenizer import START, Tokenizer
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import SPLITS, Splits

MATCHES = 3  # features of a word of the text that say how the question has it
_STEM = 5  # first letters by which two forms of a word are taken for one
_NOTHING = (0, 0)  # the span of no answer: the token before the text
# Of a word that occurs once only its own place is learned; the unknown word learns from it instead.
_MIN_FREQUENCY = 2


class Question(NamedTuple):
    """A question about a text.

    Args:
        question: as it was asked.
        context: the text.
        answers: right ones, each a substring of the text; none where the text does not tell.
        starts: where each of them begins, in characters.
        group: what is not divided among splits, such as the article.
    """

    question: str
    context: str
    answers: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    group: str = ""


class Questions(Examples):
    """Questions as text.

    Args:
        rows: the questions.
    """

    def __init__(self, rows: Sequence[Question]):
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the questions at `indices`."""
        return ([self.rows[n] for n in indices],)

    def select(self, indices: np.ndarray) -> Questions:
        """Return the questions at `indices`."""
        return Questions(self.take(indices)[0])


class Window(NamedTuple):
    """A part of a text that the model reads at once.

    Args:
        row: index of its question.
        first: index of its first token in the text.
        spans: where each of its tokens begins and ends in the text, in characters, `(tokens, 2)`.
    """

    row: int
    first: int
    spans: np.ndarray


class WindowExamples(RaggedExamples):
    """Windows of texts with a question each.

    Args:
        rows: the questions.
        windows: which question each example asks, and of which part of its text.
        x: inputs of `QuestionPreprocessor`.
        y: first and last token of an answer in the window, `(windows, 2)`; 0 and 0 for none.
    """

    def __init__(self, rows: Sequence[Question], windows: Sequence[Window], x: Any, y: np.ndarray):
        super().__init__(x, y, by=x["context"].lengths)
        self.rows, self.windows = rows, list(windows)

    def select(self, indices: np.ndarray) -> WindowExamples:
        """Return the windows at `indices`."""
        x = {name: column.take(indices) for name, column in self.x.items()}
        windows = [self.windows[n] for n in indices]
        return WindowExamples(self.rows, windows, x, self.y[indices])

    def by_question(self) -> Iterator[tuple[Question, list[int]]]:
        """Yield each question with the indices of its windows."""
        numbered = sorted(range(len(self.windows)), key=lambda n: self.windows[n].row)
        for row, some in groupby(numbered, key=lambda n: self.windows[n].row):
            yield self.rows[row], list(some)


@dataclass(frozen=True, kw_only=True)
class QuestionPreprocessor(TokenPreprocessor):
    """A text and a question to token ids.

    Args:
        tokenizer: of the words.
        vectors: file with the initial embeddings of words; `None` without.
        characters: tokenizer of the words' characters.
        characters_per_word: number of characters of each word that the model reads.
        window: most tokens of a text that are read at once.
        stride: tokens from one window of a long text to the next.
        unanswerable: whether some training questions have no answer.
    """

    kind: ClassVar[str] = "questions"
    inputs: ClassVar[str] = "questions about texts"

    characters: Tokenizer
    characters_per_word: int
    window: int
    stride: int
    unanswerable: bool = False

    @classmethod
    def fit(
        cls,
        rows: Sequence[Question],
        *,
        vocabulary_size: Count | None = None,
        characters_per_word: Count = 12,
        window: Count = 300,
        stride: Count = 150,
        vectors: str | None = None,
    ) -> QuestionPreprocessor:
        """Learn the words and characters of questions and their texts.

        Args:
            rows: of the training.
            vocabulary_size: maximum number of words in the vocabulary; `None` keeps all that occur
                twice.
            characters_per_word: number of characters of each word that the model reads.
            window: most tokens of a text that are read at once.
            stride: tokens from one window to the next.
            vectors: file with the initial embeddings of words.

        Returns:
            The preprocessor.

        Raises:
            UserError: if there is no word to learn, or windows would leave words out.
        """
        if stride > window:
            raise UserError(
                f"stride={stride} is longer than window={window}: words between windows would not "
                "be read"
            )
        texts = [*dict.fromkeys(row.context for row in rows), *(row.question for row in rows)]
        tokenizer = Tokenizer.fit(texts, size=vocabulary_size, min_frequency=_MIN_FREQUENCY)
        if tokenizer.size <= START + 2:
            raise UserError("the training texts hold no words that occur twice")
        words = sorted({word for text in texts for word in tokenizer.tokens(text)})
        return cls(
            tokenizer=tokenizer,
            vectors=vectors,
            characters=Tokenizer.fit(words, kind="characters", lowercase=False),
            characters_per_word=characters_per_word,
            window=window,
            stride=stride,
            unanswerable=any(not row.answers for row in rows),
        )

    def __call__(
        self, rows: Sequence[Question]
    ) -> tuple[dict[str, Ragged], list[Window], dict[str, np.ndarray]]:
        """Return inputs and windows of questions.

        Args:
            rows: the questions.

        Returns:
            `context` and `question`, token ids, `context_letters` and `question_letters`, character
            ids, and `matches`, a row for each window; the windows; and where the tokens of each
            text are.
        """
        texts: dict[str, np.ndarray] = {}
        for text in dict.fromkeys([row.context for row in rows] + [row.question for row in rows]):
            texts[text] = np.array(self.tokenizer.spans(text), np.int64).reshape(-1, 2)
        columns: dict[str, list[Any]] = {"context": [], "question": [], "matches": []}
        windows: list[Window] = []
        for number, row in enumerate(rows):
            asked = _words(row.question, texts[row.question]) or [""]
            told = _words(row.context, texts[row.context])
            matches = _matches(told, asked)
            for first in self.firsts(len(told)):
                end = first + self.window
                windows.append(Window(number, first, texts[row.context][first:end]))
                columns["context"].append(["", *told[first:end]])
                columns["question"].append(asked)
                # The token of no answer matches nothing.
                columns["matches"].append(
                    np.concatenate([np.zeros((1, MATCHES), np.float32), matches[first:end]])
                )
        x = {"matches": Ragged.of(columns["matches"])}
        for name in ("context", "question"):
            ids = self.tokenizer.encode_words(columns[name])
            if name == "context":
                for row_ids in ids:
                    row_ids[0] = START
            x[name] = Ragged.of(ids)
            x[f"{name}_letters"] = letters_of(
                columns[name], self.characters, self.characters_per_word
            )
        return x, windows, texts

    def firsts(self, count: int) -> list[int]:
        """Return the first token of each window of a text.

        Args:
            count: of the text's tokens.
        """
        last = max(0, count - self.window)
        return [*range(0, last, self.stride), last]


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = None,
    characters_per_word: Count = 12,
    window: Count = 300,
    stride: Count = 150,
    vectors: str | None = None,
) -> Splits:
    """Convert questions and their texts to token ids, and answers to spans of tokens.

    Args:
        splits: of `Questions`.
        vocabulary_size: maximum number of words in the vocabulary; by default all that occur twice.
        characters_per_word: number of characters of each word that the model reads, half of them
            from its end.
        window: maximum number of tokens of a text that are read at once.
        stride: number of tokens from one window of a longer text to the next.
        vectors: GloVe or fastText text file with the initial embeddings of words.

    Returns:
        Splits of `WindowExamples`. `info` gains a `QuestionPreprocessor` and the vocabulary's size.

    Raises:
        UserError: if there is no word to learn, windows would leave words out, or no word has a
            vector.
    """
    info, notes = splits.trained_info or splits.info, list(splits.notes)
    if splits.trained_info is None:
        fitted = QuestionPreprocessor.fit(
            cast(Questions, splits.train).rows,
            vocabulary_size=vocabulary_size,
            characters_per_word=characters_per_word,
            window=window,
            stride=stride,
            vectors=vectors,
        )
        notes += fitted.notes
        info = replace(info, preprocessor=fitted, vocabulary_size=fitted.tokenizer.size)
    preprocessor = QuestionPreprocessor.of(info)
    parts: dict[str, Any] = {}
    for name in SPLITS:
        rows = cast(Questions, getattr(splits, name)).rows
        parts[name] = encoded(rows, preprocessor, name == "train", notes)
    return replace(splits, **parts, info=info, notes=tuple(notes))


def encoded(
    rows: Sequence[Question],
    preprocessor: QuestionPreprocessor,
    learned: bool,
    notes: list[str],
) -> WindowExamples:
    """Return questions as windows with the span of an answer.

    Args:
        rows: the questions.
        preprocessor: of the training.
        learned: whether they are of the training split.
        notes: sentences for the user, which gain what was cut.
    """
    x, windows, texts = preprocessor(rows)
    y = np.array([_span(rows[window.row], window, texts) for window in windows], np.int32).reshape(
        -1, 2
    )
    several = len(windows) - len(rows)
    if several and learned:
        notes.append(
            f"texts of more than {preprocessor.window} tokens are read in {several:,} more windows"
        )
    return WindowExamples(rows, windows, x, y)


def _words(text: str, spans: np.ndarray) -> list[str]:
    return [text[begin:end] for begin, end in spans.tolist()]


def _matches(told: Sequence[str], asked: Sequence[str]) -> np.ndarray:
    """Whether the question has each word as it is, in lower case, or another form of it."""
    exact, lower = set(asked), {word.lower() for word in asked}
    stems = {word[:_STEM] for word in lower}
    rows = [(w in exact, w.lower() in lower, w.lower()[:_STEM] in stems) for w in told]
    return np.array(rows, np.float32).reshape(-1, MATCHES)


def _span(row: Question, window: Window, texts: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """Return the tokens of the first answer that the window holds, counted from 1."""
    for answer, start in zip(row.answers, row.starts, strict=True):
        spans = window.spans
        touched = np.flatnonzero((spans[:, 1] > start) & (spans[:, 0] < start + len(answer)))
        whole = len(touched) and spans[touched[0], 0] <= start
        if whole and spans[touched[-1], 1] >= start + len(answer):
            return int(touched[0]) + 1, int(touched[-1]) + 1
    return _NOTHING
