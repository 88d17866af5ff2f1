"""Sentences in which every word has a tag: from words to the numbers of words, letters and tags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, Sequences
from kerasrecipes.data.text import spans
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.word_vectors import of_vocabulary
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Splits

# in place of a tag's number for padding and where a word has none; counts in no loss and no metric
UNTAGGED = -1
LONGEST = 400  # words; what is longer is learned from, and answered, in pieces

UNSEEN, CLEAR, AMBIGUOUS = (
    0,
    1,
    2,
)  # of a word: not in the training sentences, there with one tag, or with several

_NAMES = ("train", "validation", "test")


class Tagged(Examples):
    """Sentences as they stand in a file.

    Args:
        words: of each sentence.
        tags: of each sentence, one for each word; `None` where a word has none.
    """

    def __init__(self, words: Sequence[Sequence[str]], tags: Sequence[Sequence[str | None]]):
        self.words, self.tags = list(words), list(tags)

    def __len__(self) -> int:
        return len(self.words)

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give the words and the tags of the sentences with these numbers."""
        return [self.words[n] for n in numbers], [self.tags[n] for n in numbers]

    def select(self, numbers: np.ndarray) -> Tagged:
        """Make a collection of only the sentences with these numbers."""
        return Tagged(*self.take(numbers))


class TaggedWords(Sequences):
    """Sentences as a model takes them.

    Args:
        text: the words of each sentence.
        x: `words`, their numbers, and `letters`, those of each word's letters, if the model reads
            them.
        y: the numbers of the tags.
        kinds: of each word, `UNSEEN`, `CLEAR` or `AMBIGUOUS`.
        usual: of each word, the number of the tag that it has most often in the training sentences.
    """

    def __init__(
        self,
        text: Sequence[Sequence[str]],
        x: Mapping[str, Ragged],
        y: Ragged,
        kinds: Ragged,
        usual: Ragged,
    ):
        super().__init__(dict(x), y)
        self.text, self.kinds, self.usual = text, kinds, usual

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Gather the sentences with these numbers, padded; padding is untagged."""
        x, y = super().take(numbers)
        y[np.arange(y.shape[1]) >= self.y.lengths[numbers][:, None]] = UNTAGGED
        return x, y

    def select(self, numbers: np.ndarray) -> TaggedWords:
        """Make a collection of only the sentences with these numbers."""
        x = {name: column.take(numbers) for name, column in self.x.items()}
        text = [self.text[number] for number in numbers]
        return TaggedWords(
            text, x, self.y.take(numbers), self.kinds.take(numbers), self.usual.take(numbers)
        )


def splits_of(
    parts: Mapping[str, Tagged], fitted: Info | None = None, notes: Sequence[str] = ()
) -> Splits:
    """Make splits of tagged sentences; marks of spans are brought to the BIO scheme.

    A tag that only validation or test sentences have is a class like the others: the model never
    answers it, so its words count as mistakes. Where an earlier training fixed the classes, words
    with other tags are left out.

    Args:
        parts: `train`, `validation` and `test`.
        fitted: facts of that training.
        notes: what is to be told already.

    Raises:
        UserError: if the training words have fewer than two tags.
    """
    notes, parts = list(notes), dict(parts)
    marks = spans.marks_spans(tag for part in parts.values() for tag in _counted(part))
    for name, part in parts.items():
        parts[name], told = _in_pieces(_in_bio(part) if marks else part)
        notes += told
    if fitted is not None:
        parts["test"], told = _known(parts["test"], fitted.classes)
        return Splits(**parts, info=fitted, notes=(*notes, *told))
    counts = {name: _counted(part) for name, part in parts.items()}
    if len(counts["train"]) < 2:
        raise UserError(
            f"the training words must have at least 2 different tags, received {', '.join(counts['train']) or 'none'}; "
            "another column of tags can be named by --target"
        )
    late = sorted(set().union(*counts.values()) - set(counts["train"]))
    for tag in late:
        where = " and ".join(
            f"{counts[name][tag]:,} {name} words" for name in _NAMES[1:] if counts[name][tag]
        )
        notes.append(f"no training word has the tag {tag}; {where} with it count as mistakes")
    info = Info(classes=(*sorted(counts["train"]), *late), facts={"spans": marks})
    return Splits(**parts, info=info, notes=tuple(notes))


def fit(
    splits: Splits,
    *,
    vocabulary_size: int | None = None,
    letters: int = 0,
    vectors: str | None = None,
) -> Splits:
    """Number words, letters and tags; the vocabularies are those of the training sentences.

    Args:
        splits: with `Tagged` sentences.
        vocabulary_size: the most words that are told apart by more than their letters; `None` is
            all.
        letters: of each word that are kept, half of them from its end; 0 for none.
        vectors: a file of word vectors; a note tells how many of the words have one.

    Returns:
        Splits of `TaggedWords`. `info.facts` hold `tokenizer`, `letters` and the tokenizer of
        `letters`.

    Raises:
        UserError: if no word has a vector.
    """
    info, notes = splits.fitted or splits.info, splits.notes
    if splits.fitted is None:
        facts, size = _vocabularies(splits.train.words, vocabulary_size, letters)
        info = replace(info.with_facts(**facts), vocabulary_size=size)
        notes = (*notes, of_vocabulary(vectors, Encoder(info).words).note) if vectors else notes
    encoder, habits = Encoder(info), _Habits(splits.train, info.classes)
    parts = {
        name: _numbered(getattr(splits, name), encoder, habits, info.classes) for name in _NAMES
    }
    return replace(splits, **parts, info=info, notes=notes)


def vectors_of(path: str | None, info: Info) -> np.ndarray | None:
    """Give the vectors of the vocabulary's words in a GloVe or fastText file,
    `(vocabulary, dimension)`.
    """
    return of_vocabulary(path, Encoder(info).words).vectors if path else None


class Encoder:
    """Turns words into what a model takes.

    Args:
        info: of the training, with the facts that `fit` has written.
    """

    def __init__(self, info: Info):
        self.words = Tokenizer.from_dict(info.facts["tokenizer"])
        self.length = info.facts["letters"]["length"]
        self.letters = (
            Tokenizer.from_dict(info.facts["letters"]["tokenizer"]) if self.length else None
        )

    def __call__(self, sentences: Sequence[Sequence[str]]) -> dict[str, Ragged]:
        """Give the numbers of the words, and of each word's letters, `(words, letters)` for each
        sentence.
        """
        rows = Ragged.of(self.words.encode_words(sentences))
        if self.letters is None:
            return {"words": rows}
        forms: dict[str, int] = {}
        places = np.array(
            [forms.setdefault(word, len(forms)) for words in sentences for word in words], np.int64
        )
        table = self._spelled(list(forms))
        return {"words": rows, "letters": Ragged(table[places], rows.offsets)}

    def _spelled(self, words: Sequence[str]) -> np.ndarray:
        """Give the numbers of the first and last letters of words, `(words, letters)`."""
        table = np.zeros((len(words), self.length), np.int32)
        for row, letters in zip(table, self.letters.encoded(words), strict=True):
            if len(letters) > self.length:
                end = self.length // 2
                letters = np.concatenate(
                    [letters[: self.length - end], letters[len(letters) - end :]]
                )
            row[: len(letters)] = letters
        return table


class _Habits:
    """Which tags each word has in the training sentences.

    Args:
        train: those sentences; there may be none.
        classes: the tags.
    """

    def __init__(self, train: Tagged, classes: Sequence[str]):
        self.numbers = {tag: number for number, tag in enumerate(classes)}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for words, tags in zip(train.words, train.tags, strict=True):
            for word, tag in zip(words, tags, strict=True):
                if tag is not None:
                    counts[word.lower()][self.numbers[tag]] += 1
        overall = sum(counts.values(), Counter())
        self.usual = {word: found.most_common(1)[0][0] for word, found in counts.items()}
        self.several = {word for word, found in counts.items() if len(found) > 1}
        self.most = overall.most_common(1)[0][0] if overall else UNTAGGED

    def kind(self, word: str) -> int:
        """Tell how well a word, in small letters, is known."""
        return UNSEEN if word not in self.usual else AMBIGUOUS if word in self.several else CLEAR


def _vocabularies(
    sentences: Sequence[Sequence[str]], size: int | None, letters: int
) -> tuple[dict[str, Any], int]:
    """Give the facts that `Encoder` needs, and the number of words."""
    words, spelled = Tokenizer.of_words(sentences, size, lowercase=True), {"length": letters}
    if letters:
        different = sorted({word for row in sentences for word in row})
        tokenizer = Tokenizer.fit(different, kind="characters", lowercase=False)
        spelled |= {"tokenizer": tokenizer.to_dict(), "size": tokenizer.size}
    return {"tokenizer": words.to_dict(), "letters": spelled}, words.size


def _numbered(
    part: Tagged, encoder: Encoder, habits: _Habits, classes: Sequence[str]
) -> TaggedWords:
    lower = [[word.lower() for word in words] for words in part.words]
    tags = _rows([habits.numbers.get(tag, UNTAGGED) for tag in row] for row in part.tags)
    kinds = _rows([habits.kind(word) for word in row] for row in lower)
    usual = _rows([habits.usual.get(word, habits.most) for word in row] for row in lower)
    return TaggedWords(part.words, encoder(part.words), tags, kinds, usual)


def _rows(rows: Iterable[list[int]]) -> Ragged:
    return Ragged.of(np.array(row, np.int32) for row in rows)


def _counted(part: Tagged) -> Counter[str]:
    return Counter(tag for tags in part.tags for tag in tags if tag is not None)


def _in_bio(part: Tagged) -> Tagged:
    return Tagged(part.words, [spans.in_bio([tag or "O" for tag in tags]) for tags in part.tags])


def _in_pieces(part: Tagged) -> tuple[Tagged, list[str]]:
    """Cut what is longer than any sentence."""
    long = sum(len(words) > LONGEST for words in part.words)
    if not long:
        return part, []
    words, tags = (
        [piece for row in rows for piece in pieces(row)] for rows in (part.words, part.tags)
    )
    return Tagged(words, tags), [
        f"{long:,} sentences of more than {LONGEST} words were cut into pieces of as many"
    ]


def pieces(row: Sequence[Any]) -> list[Sequence[Any]]:
    """Cut a sentence into pieces of at most `LONGEST` words."""
    return [row[start : start + LONGEST] for start in range(0, len(row), LONGEST)]


def _known(part: Tagged, classes: Sequence[str]) -> tuple[Tagged, list[str]]:
    """Leave those words without a tag whose tag the training did not know."""
    foreign = {tag: count for tag, count in _counted(part).items() if tag not in classes}
    told = [
        f"left out: {count:,} words with the tag {tag}, unknown to the model"
        for tag, count in foreign.items()
    ]
    return Tagged(
        part.words, [[None if tag in foreign else tag for tag in tags] for tags in part.tags]
    ), told
