"""Tagged sentences: from words to the token ids of words and characters, and tag indices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text import spans
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count, CountOrZero
from kerasrecipes.recipe import Splits

# In place of a tag's index for padding and for words without a tag; masked in loss and metrics.
UNTAGGED = -1
# Words of a sentence; a longer one is learned from, and tagged, in pieces. Longer than any sentence
# of the treebanks, so that only text without sentence ends is cut.
LONGEST = 400

# What is known of a word: not in the training sentences, there with one tag, or with several.
UNSEEN, CLEAR, AMBIGUOUS = 0, 1, 2

_NAMES = ("train", "validation", "test")


class TaggedExamples(Examples):
    """Tagged sentences as text.

    Args:
        words: the words of each sentence.
        tags: the tags of each sentence, one for each word; `None` where a word has none.
    """

    def __init__(self, words: Sequence[Sequence[str]], tags: Sequence[Sequence[str | None]]):
        self.words, self.tags = list(words), list(tags)

    def __len__(self) -> int:
        return len(self.words)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the words and the tags of the sentences at `indices`."""
        return [self.words[n] for n in indices], [self.tags[n] for n in indices]

    def select(self, indices: np.ndarray) -> TaggedExamples:
        """Return the sentences at `indices`."""
        return TaggedExamples(*self.take(indices))


class TaggedTokenExamples(RaggedExamples):
    """Tagged sentences as token ids.

    Args:
        text: the words of each sentence.
        x: token ids of the words, `words`, and of each word's characters, `letters`, if the model
            reads them.
        y: tag indices, a row for each sentence.
        kinds: of each word, `UNSEEN`, `CLEAR` or `AMBIGUOUS`.
        usual: of each word, the index of its most frequent tag in the training sentences.
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

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of the sentences at `indices`, padded; padding is untagged."""
        x, y = super().take(indices)
        y[np.arange(y.shape[1]) >= self.y.lengths[indices][:, None]] = UNTAGGED
        return x, y

    def select(self, indices: np.ndarray) -> TaggedTokenExamples:
        """Return the sentences at `indices`."""
        return TaggedTokenExamples(
            [self.text[index] for index in indices],
            {name: column.take(indices) for name, column in self.x.items()},
            self.y.take(indices),
            self.kinds.take(indices),
            self.usual.take(indices),
        )


def splits_of(
    parts: Mapping[str, TaggedExamples],
    trained_info: Info | None = None,
    notes: Sequence[str] = (),
    columns: tuple[Mapping[str, str], str] = ({}, ""),
) -> Splits:
    """Return splits of tagged sentences, with spans in the BIO scheme.

    A tag that only validation or test sentences have is a class like the others: the model never
    predicts it, so its words count as mistakes. Where an earlier training fixed the classes, words
    with other tags are left out.

    Args:
        parts: `train`, `validation` and `test`.
        trained_info: metadata of that training.
        notes: sentences for the user so far.
        columns: those that were taken from a table by their roles, and what decided the tags'.

    Raises:
        UserError: if the training words have fewer than two tags.
    """
    notes, parts = list(notes), dict(parts)
    marks = spans.marks_spans(tag for part in parts.values() for tag in _tag_counts(part))
    for name, part in parts.items():
        if marks:
            in_bio = [spans.in_bio([tag or "O" for tag in tags]) for tags in part.tags]
            part = TaggedExamples(part.words, in_bio)
        parts[name], told = _in_pieces(part)
        notes += told
    if trained_info is not None:
        parts["test"], told = _with_known_tags(parts["test"], trained_info.classes or ())
        return Splits(**cast(Mapping[str, Any], parts), info=trained_info, notes=(*notes, *told))
    counts = {name: _tag_counts(part) for name, part in parts.items()}
    if len(counts["train"]) < 2:
        raise UserError(
            "the training words must have at least 2 different tags, received "
            f"{', '.join(counts['train']) or 'none'}; "
            "another column of tags can be named by --target"
        )
    late = sorted(set().union(*counts.values()) - set(counts["train"]))
    for tag in late:
        where = " and ".join(
            f"{counts[name][tag]:,} {name} words" for name in _NAMES[1:] if counts[name][tag]
        )
        notes.append(f"no training word has the tag {tag}; {where} with it count as mistakes")
    info = Info(
        classes=(*sorted(counts["train"]), *late),
        spans=marks,
        columns=columns[0],
        columns_by=columns[1],
    )
    return Splits(**cast(Mapping[str, Any], parts), info=info, notes=tuple(notes))


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = None,
    characters_per_word: CountOrZero = 0,
    vectors: str | None = None,
) -> Splits:
    """Convert words, characters and tags to token ids by vocabularies of the training sentences.

    Args:
        splits: tagged sentences.
        vocabulary_size: maximum number of words in the vocabulary, other words are known by their
            characters only; `None` keeps all.
        characters_per_word: number of characters of each word that the model reads, half of them
            from its end; 0 for none.
        vectors: GloVe or fastText text file with the initial embeddings of words.

    Returns:
        Splits of `TaggedTokenExamples`. `info` gains a `TagPreprocessor` and the vocabulary's size.

    Raises:
        UserError: if no word has a vector.
    """
    info, notes = splits.trained_info or splits.info, splits.notes
    train = cast(TaggedExamples, splits.train)
    if splits.trained_info is None:
        preprocessor = TagPreprocessor.fit(
            train.words,
            vocabulary_size=vocabulary_size,
            characters_per_word=characters_per_word,
            vectors=vectors,
        )
        size, notes = preprocessor.tokenizer.size, (*notes, *preprocessor.notes)
        info = replace(info, preprocessor=preprocessor, vocabulary_size=size)
    preprocessor, habits = TagPreprocessor.of(info), _Habits(train, info.classes or ())
    encoded = splits.map(lambda part: _encoded(cast(TaggedExamples, part), preprocessor, habits))
    return replace(encoded, info=info, notes=notes)


@dataclass(frozen=True, kw_only=True)
class TagPreprocessor(TokenPreprocessor):
    """Words to the token ids that a tagger was trained on.

    Args:
        tokenizer: of the words.
        vectors: file with the initial embeddings of words; `None` without.
        characters: tokenizer of the words' characters; `None` if the model reads none.
        characters_per_word: number of characters of each word that the model reads.
    """

    kind: ClassVar[str] = "tags"
    inputs: ClassVar[str] = "tagged words"

    characters: Tokenizer | None = None
    characters_per_word: int = 0

    @classmethod
    def fit(
        cls,
        sentences: Sequence[Sequence[str]],
        *,
        vocabulary_size: Count | None = None,
        characters_per_word: CountOrZero = 0,
        vectors: str | None = None,
    ) -> Self:
        """Learn the words and characters of sentences.

        Args:
            sentences: the words of each training sentence.
            vocabulary_size: maximum number of words in the vocabulary; `None` keeps all.
            characters_per_word: number of characters of each word that the model reads, half of
                them from its end; 0 for none.
            vectors: file with the initial embeddings of words.

        Returns:
            The preprocessor.
        """
        characters = None
        if characters_per_word:
            different = sorted({word for row in sentences for word in row})
            characters = Tokenizer.fit(different, kind="characters", lowercase=False)
        return cls(
            tokenizer=Tokenizer.of_words(sentences, vocabulary_size, lowercase=True),
            vectors=vectors,
            characters=characters,
            characters_per_word=characters_per_word,
        )

    @property
    def alphabet_size(self) -> int:
        """Number of different characters that the model reads, specials included; 0 for none."""
        return 0 if self.characters is None else self.characters.size

    def __call__(self, sentences: Sequence[Sequence[str]]) -> dict[str, Ragged]:
        """Return the model's inputs.

        Args:
            sentences: the words of each sentence.

        Returns:
            `words`, rows of `(words,)`, and where the model reads characters `letters`, rows of
            `(words, characters)`.
        """
        rows = Ragged.of(self.tokenizer.encode_words(sentences))
        if self.characters is None:
            return {"words": rows}
        letters = letters_of(sentences, self.characters, self.characters_per_word)
        return {"words": rows, "letters": letters}


def letters_of(sentences: Sequence[Sequence[str]], characters: Tokenizer, length: int) -> Ragged:
    """Return the characters of each word.

    Args:
        sentences: the words of each.
        characters: tokenizer of characters.
        length: number of characters of each word; of a longer one half are from its end.

    Returns:
        Rows of `(words, length)`, character ids.
    """
    # Each different word is encoded once: a text has many more words than different ones.
    forms: dict[str, int] = {}
    positions = np.array(
        [forms.setdefault(word, len(forms)) for words in sentences for word in words], np.int64
    )
    table = np.zeros((len(forms), length), np.int32)
    for row, ids in zip(table, characters.encoded(forms), strict=True):
        if len(ids) > length:
            end = length // 2
            ids = np.concatenate([ids[: length - end], ids[len(ids) - end :]])
        row[: len(ids)] = ids
    offsets = np.cumsum([0, *map(len, sentences)])
    return Ragged(table[positions], offsets)


class _Habits:
    """Which tags each word has in the training sentences.

    Args:
        train: the training sentences; there may be none.
        classes: the tags.
    """

    def __init__(self, train: TaggedExamples, classes: Sequence[str]):
        self.indices = {tag: index for index, tag in enumerate(classes)}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for words, tags in zip(train.words, train.tags, strict=True):
            for word, tag in zip(words, tags, strict=True):
                if tag is not None:
                    counts[word.lower()][self.indices[tag]] += 1
        overall = sum(counts.values(), Counter[int]())
        self.usual = {word: found.most_common(1)[0][0] for word, found in counts.items()}
        self.several = {word for word, found in counts.items() if len(found) > 1}
        self.most = overall.most_common(1)[0][0] if overall else UNTAGGED

    def kind(self, word: str) -> int:
        """How well a word, in lower case, is known."""
        return UNSEEN if word not in self.usual else AMBIGUOUS if word in self.several else CLEAR


def _encoded(
    part: TaggedExamples, preprocessor: TagPreprocessor, habits: _Habits
) -> TaggedTokenExamples:
    def rows(rows: Iterable[list[int]]) -> Ragged:
        return Ragged.of(np.array(row, np.int32) for row in rows)

    lower = [[word.lower() for word in words] for words in part.words]
    return TaggedTokenExamples(
        part.words,
        preprocessor(part.words),
        rows(
            [UNTAGGED if tag is None else habits.indices.get(tag, UNTAGGED) for tag in row]
            for row in part.tags
        ),
        rows([habits.kind(word) for word in row] for row in lower),
        rows([habits.usual.get(word, habits.most) for word in row] for row in lower),
    )


def _tag_counts(part: TaggedExamples) -> Counter[str]:
    return Counter(tag for tags in part.tags for tag in tags if tag is not None)


def _in_pieces(part: TaggedExamples) -> tuple[TaggedExamples, list[str]]:
    """Cut sentences of more than `LONGEST` words, and note how many."""
    long = sum(len(words) > LONGEST for words in part.words)
    if not long:
        return part, []
    words, tags = (
        [piece for row in rows for piece in pieces(row)] for rows in (part.words, part.tags)
    )
    note = f"{long:,} sentences of more than {LONGEST} words were cut into pieces of as many"
    return TaggedExamples(words, tags), [note]


def pieces(row: Sequence[Any]) -> list[Sequence[Any]]:
    """Cut a sentence into pieces of at most `LONGEST` words."""
    return [row[start : start + LONGEST] for start in range(0, len(row), LONGEST)]


def _with_known_tags(
    part: TaggedExamples, classes: Sequence[str]
) -> tuple[TaggedExamples, list[str]]:
    """Remove tags that the training did not have, and note how many."""
    foreign = {tag: count for tag, count in _tag_counts(part).items() if tag not in classes}
    told = [
        f"left out: {count:,} words with the tag {tag}, unknown to the model"
        for tag, count in foreign.items()
    ]
    tags = [[None if tag in foreign else tag for tag in row] for row in part.tags]
    return TaggedExamples(part.words, tags), told
