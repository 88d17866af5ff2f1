"""Articles with summaries: sentences as token ids, and which of them a summary is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text.sentences import sentences_of
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.rouge import overlap, words_of
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import SPLITS, Splits

FEATURES = 6  # of a sentence's place in its article, see `SummaryPreprocessor.features`
UNKNOWN_LABEL = -1.0  # of padding, in place of 0 or 1
MOST_SENTENCES = 200  # of an article; the rest is not read
_MIN_FREQUENCY = 3
_COVERED = 0.5  # share of a summary's words from which on it is taken for copied sentences


class Article(NamedTuple):
    """An article with its summary.

    Args:
        sentences: of the article, in order.
        summary: the reference; empty where there is none.
        group: what is not divided among splits.
        headline: of the article, where it has one, which no summary is made of.
    """

    sentences: tuple[str, ...]
    summary: str = ""
    group: str = ""
    headline: str = ""

    @classmethod
    def of(cls, text: str, summary: str = "") -> Article:
        """Divide a text into sentences.

        Args:
            text: of the article. A first line without a full stop, above an empty one, is its
                headline.
            summary: the reference.

        Returns:
            The article; one without words has no sentences.
        """
        first, _, rest = text.strip().partition("\n")
        headed = rest.startswith("\n") and rest.strip() and not first.rstrip().endswith((".", "?"))
        sentences = tuple(sentences_of(rest if headed else text))
        # The same article twice is not divided among splits.
        headline = " ".join(first.split()) if headed else ""
        return cls(sentences, " ".join(summary.split()), " ".join(sentences), headline)


class Articles(Examples):
    """Articles as text.

    Args:
        rows: the articles.
    """

    def __init__(self, rows: Sequence[Article]):
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the articles at `indices`."""
        return ([self.rows[n] for n in indices],)

    def select(self, indices: np.ndarray) -> Articles:
        """Return the articles at `indices`."""
        return Articles(self.take(indices)[0])


class SentenceExamples(RaggedExamples):
    """Articles as rows of sentences.

    Args:
        rows: the articles.
        x: inputs of `SummaryPreprocessor`.
        y: for each sentence 1 if the summary is made of it, else 0, rows of `(sentences, 1)`.
    """

    def __init__(self, rows: Sequence[Article], x: Any, y: Ragged):
        super().__init__(x, y)
        self.rows = list(rows)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of the articles at `indices`, padded; padding has no label."""
        x, y = super().take(indices)
        y[np.arange(y.shape[1]) >= self.y.lengths[indices][:, None]] = UNKNOWN_LABEL
        return x, y

    def select(self, indices: np.ndarray) -> SentenceExamples:
        """Return the articles at `indices`."""
        x = {name: column.take(indices) for name, column in self.x.items()}
        return SentenceExamples([self.rows[n] for n in indices], x, self.y.take(indices))


@dataclass(frozen=True, kw_only=True)
class SummaryPreprocessor(TokenPreprocessor):
    """Sentences of articles to token ids, and how long a summary is.

    Args:
        tokenizer: of the words.
        vectors: not used.
        words_per_sentence: number of words of a sentence that the model reads.
        share: share of an article's words that its summary has.
    """

    kind: ClassVar[str] = "summaries"
    inputs: ClassVar[str] = "articles"

    words_per_sentence: int
    share: float

    @classmethod
    def fit(
        cls,
        rows: Sequence[Article],
        *,
        vocabulary_size: Count | None = None,
        words_per_sentence: Count = 40,
    ) -> SummaryPreprocessor:
        """Learn the words of articles, and the length of their summaries.

        Args:
            rows: of the training.
            vocabulary_size: maximum number of words in the vocabulary.
            words_per_sentence: number of words of a sentence that the model reads.

        Returns:
            The preprocessor.

        Raises:
            UserError: if there is no word to learn.
        """
        texts = [sentence for row in rows for sentence in row.sentences]
        tokenizer = Tokenizer.fit(texts, size=vocabulary_size, min_frequency=_MIN_FREQUENCY)
        if tokenizer.size <= 4:
            raise UserError(f"the articles hold no words that occur {_MIN_FREQUENCY} times")
        shares = [
            len(words_of(row.summary)) / max(1, len(words_of(" ".join(row.sentences))))
            for row in rows
        ]
        return cls(
            tokenizer=tokenizer,
            words_per_sentence=words_per_sentence,
            share=float(np.clip(np.mean(shares), 0.01, 1)),
        )

    def __call__(self, rows: Sequence[Article]) -> dict[str, Ragged]:
        """Return the model's inputs.

        Args:
            rows: articles, of which the first `MOST_SENTENCES` sentences are read.

        Returns:
            `words`, rows of `(sentences, words)`, token ids, and `places`, rows of
            `(sentences, FEATURES)`.
        """
        read = [row.sentences[:MOST_SENTENCES] for row in rows]
        flat = [sentence for sentences in read for sentence in sentences]
        table = np.zeros((len(flat), self.words_per_sentence), np.int32)
        for line, ids in zip(table, self.tokenizer.encoded(flat), strict=True):
            kept = ids[: self.words_per_sentence]
            line[: len(kept)] = kept
        offsets = np.cumsum([0, *map(len, read)])
        return {
            "words": Ragged(table, offsets),
            "places": Ragged.of(
                self.features(some, row.headline) for some, row in zip(read, rows, strict=True)
            ),
        }

    def features(self, sentences: Sequence[str], headline: str = "") -> np.ndarray:
        """Return what a sentence is among the others of an article, `(sentences, FEATURES)`.

        A 1 that says that there is a sentence; how far in it is; how near to the first one; its
        length; how many of its words the article repeats; and how many words of the headline, or
        else of the first sentence, it has.

        Args:
            sentences: of the article.
            headline: of the article, or empty.
        """
        words = [set(words_of(sentence)) for sentence in sentences]
        counts = Counter(word for some in words for word in some)
        heading = set(words_of(headline)) or (words[0] if words else set())
        rows = []
        for place, some in enumerate(words):
            again = sum(counts[word] > 1 for word in some) / max(1, len(some))
            named = len(some & heading) / max(1, len(heading))
            rows.append((1, place / len(sentences), 1 / (1 + place), len(some) / 20, again, named))
        return np.array(rows, np.float32).reshape(-1, FEATURES)


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = 20_000,
    words_per_sentence: Count = 40,
) -> Splits:
    """Convert sentences to token ids, and summaries to the sentences that they are made of.

    Args:
        splits: of `Articles`.
        vocabulary_size: maximum number of words in the vocabulary.
        words_per_sentence: number of words of a sentence that the model reads.

    Returns:
        Splits of `SentenceExamples`. `info` gains a `SummaryPreprocessor` and the vocabulary's
        size.

    Raises:
        UserError: if there is no word to learn.
    """
    info = splits.trained_info or splits.info
    if splits.trained_info is None:
        preprocessor = SummaryPreprocessor.fit(
            cast(Articles, splits.train).rows,
            vocabulary_size=vocabulary_size,
            words_per_sentence=words_per_sentence,
        )
        info = replace(info, preprocessor=preprocessor, vocabulary_size=preprocessor.tokenizer.size)
    preprocessor = SummaryPreprocessor.of(info)
    parts: dict[str, Any] = {}
    for name in SPLITS:
        rows = cast(Articles, getattr(splits, name)).rows
        labels = [chosen_sentences(row)[:MOST_SENTENCES] for row in rows]
        y = Ragged.of(np.array(row, np.float32).reshape(-1, 1) for row in labels)
        parts[name] = SentenceExamples(rows, preprocessor(rows), y)
    return replace(splits, **parts, info=info)


def chosen_sentences(article: Article) -> list[bool]:
    """Return which sentences of an article its summary is made of.

    Where a summary is copied, those that it has; else, one after another, the one that brings the
    sentences nearest to it by shared words and pairs, until none does.

    Args:
        article: with its summary.
    """
    rows = [words_of(sentence) for sentence in article.sentences]
    summary = words_of(article.summary)
    whole = f" {' '.join(summary)} "
    copied = [bool(words) and f" {' '.join(words)} " in whole for words in rows]
    share = sum(len(w) for w, c in zip(rows, copied, strict=True) if c) / max(1, len(summary))
    return copied if share >= _COVERED else _nearest(rows, summary)


def _nearest(rows: Sequence[Sequence[str]], summary: Sequence[str]) -> list[bool]:
    right, chosen, best = _counts(summary), [False] * len(rows), 0.0
    counts = [_counts(words) for words in rows]
    total: Counter = Counter()
    while True:
        merits = [
            0.0 if taken else overlap(total + own, right)
            for own, taken in zip(counts, chosen, strict=True)
        ]
        if not merits or max(merits) <= best:
            return chosen
        place = int(np.argmax(merits))
        chosen[place], best, total = True, merits[place], total + counts[place]


def _counts(words: Sequence[str]) -> Counter:
    return Counter(words) + Counter(pairwise(words))
