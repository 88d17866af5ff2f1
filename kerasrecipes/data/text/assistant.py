"""Commands to an assistant: what is wanted, and which words say the details of it.

A command has one intent, and a tag for each word that marks slots in the BIO scheme: "wake me at
seven" is `wake` with the slot `time`, "seven".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

import numpy as np

from kerasrecipes.data.files import natural_key
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text import spans
from kerasrecipes.data.text.answer_templates import read_templates
from kerasrecipes.data.text.tagging import UNTAGGED, TaggedExamples, TagPreprocessor
from kerasrecipes.data.text.tokenizer import UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count, CountOrZero
from kerasrecipes.recipe import SPLITS, Splits

OUTSIDE = "O"  # tag of a word that is in no slot
INTENT, SLOTS = "intent", "slots"  # names of the model's outputs, and of their labels

_NAMED = {"train": "training", "validation": "validation", "test": "test"}
_MARK = re.compile(r"\W+")  # a word that is nothing but marks


class Commands(TaggedExamples):
    """Commands as text.

    Args:
        words: the words of each command.
        tags: the tags of each, one for each word, in any scheme that marks spans.
        intents: the intent of each.
        templates: what is answered to an intent, by its name; the same for all splits.
    """

    def __init__(
        self,
        words: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str | None]],
        intents: Sequence[str],
        templates: Mapping[str, str] | None = None,
    ):
        bio = [spans.in_bio([tag or OUTSIDE for tag in row]) for row in tags]
        super().__init__(words, cast(Any, bio))
        self.intents, self.templates = list(intents), templates or {}

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return words, tags and intents of the commands at `indices`."""
        return *super().take(indices), [self.intents[n] for n in indices]

    def select(self, indices: np.ndarray) -> Commands:
        """Return the commands at `indices`."""
        words, tags, intents = self.take(indices)
        return Commands(words, tags, intents, self.templates)


class CommandTokenExamples(RaggedExamples):
    """Commands as token ids.

    Args:
        text: the words of each command.
        x: inputs of `AssistantPreprocessor`.
        y: `intent`, indices `(commands,)`, and `slots`, a row of tag indices for each command.
    """

    def __init__(self, text: Sequence[Sequence[str]], x: Any, y: Any):
        super().__init__(x, y)
        self.text = text

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of the commands at `indices`, padded; padding has no tag."""
        x, y = super().take(indices)
        inside = np.arange(y[SLOTS].shape[1]) < self.y[SLOTS].lengths[indices][:, None]
        return x, {**y, SLOTS: np.where(inside, y[SLOTS], UNTAGGED)}

    def select(self, indices: np.ndarray) -> CommandTokenExamples:
        """Return the commands at `indices`."""
        x = {name: column.take(indices) for name, column in self.x.items()}
        y = {INTENT: self.y[INTENT][indices], SLOTS: self.y[SLOTS].take(indices)}
        return CommandTokenExamples([self.text[n] for n in indices], x, y)


@dataclass(frozen=True, kw_only=True)
class AssistantPreprocessor(TagPreprocessor):
    """Words of commands to token ids, and what the model's outputs mean.

    Args:
        tokenizer: of the words.
        vectors: file with the initial embeddings of words; `None` without.
        characters: tokenizer of the words' characters; `None` if the model reads none.
        characters_per_word: number of characters of each word that the model reads.
        intents: names of the intents, in the order of their indices.
        tags: names of the tags, likewise.
        templates: what is answered to an intent, by its name, with slots in braces.
        cased: whether the training commands have capitals.
    """

    kind: ClassVar[str] = "assistant"
    inputs: ClassVar[str] = "commands"

    intents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)
    cased: bool = True

    def __call__(self, sentences: Sequence[Sequence[str]]) -> dict[str, Ragged]:
        """Return the model's inputs, see `TagPreprocessor`; without capitals, if the training
        commands have none, so that "Rome" is spelled as it was there.
        """
        if not self.cased:
            sentences = [[word.lower() for word in words] for words in sentences]
        return super().__call__(sentences)

    def spoken(self, words: Sequence[str]) -> list[str]:
        """Leave out marks that the training commands do not have, such as a question mark.

        Args:
            words: of a command.

        Returns:
            The others.
        """
        known = self.tokenizer.encode_words([words])[0] != UNKNOWN
        pairs = zip(words, known, strict=True)
        return [word for word, is_known in pairs if is_known or not _MARK.fullmatch(word)]

    def share_known(self, words: Sequence[str]) -> float:
        """Return the share of a command's words that are in the vocabulary."""
        return float(np.mean(self.tokenizer.encode_words([words])[0] != UNKNOWN))


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = None,
    characters_per_word: CountOrZero = 0,
    vectors: str | None = None,
    templates: str | None = None,
) -> Splits:
    """Convert words, characters, intents and tags to indices by those of the training commands.

    An intent or a slot that only validation or test commands have is one like the others: the model
    never says it, so it counts as a mistake. Commands with one that an earlier training did not
    have are left out.

    Args:
        splits: of `Commands`.
        vocabulary_size: maximum number of words in the vocabulary, other words are known by their
            characters only; `None` keeps all.
        characters_per_word: number of characters of each word that the model reads, half of them
            from its end; 0 for none.
        vectors: GloVe or fastText text file with the initial embeddings of words.
        templates: JSON or TOML file with what is answered to each intent, such as
            `wake = "I wake you at {time}."`.

    Returns:
        Splits of `CommandTokenExamples`. `info` gains an `AssistantPreprocessor` and the
        vocabulary's size.

    Raises:
        UserError: if there is one intent only, no slot, no word has a vector, or the templates are
            not right.
    """
    info, notes = splits.trained_info or splits.info, list(splits.notes)
    parts = {name: cast(Commands, getattr(splits, name)) for name in SPLITS}
    if splits.trained_info is None:
        train = parts["train"]
        fitted = AssistantPreprocessor.fit(
            train.words,
            vocabulary_size=vocabulary_size,
            characters_per_word=characters_per_word,
            vectors=vectors,
        )
        intents, told = _names({name: part.intents for name, part in parts.items()}, "intent")
        in_use = {n: [tag for row in p.tags for tag in row] for n, p in parts.items()}
        tags, more = _names(cast(Any, in_use), "tag")
        preprocessor = replace(
            fitted,
            intents=intents,
            tags=tags,
            templates=read_templates(templates, intents) if templates else train.templates,
            cased=any(word != word.lower() for words in train.words for word in words),
        )
        notes += [*preprocessor.notes, *told, *more]
        size = preprocessor.tokenizer.size
        info = replace(info, preprocessor=preprocessor, vocabulary_size=size)
    else:
        parts["test"], told = _known(parts["test"], AssistantPreprocessor.of(info))
        notes += told
    preprocessor = AssistantPreprocessor.of(info)
    encoded = {name: _encoded(part, preprocessor) for name, part in parts.items()}
    return replace(splits, **cast(Any, encoded), info=info, notes=tuple(notes))


def _names(found: Mapping[str, Sequence[str]], what: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the names of the training commands in order, then those of others, and notes."""
    counts = {name: Counter(values) for name, values in found.items()}
    names = sorted(counts["train"], key=natural_key)
    if len(names) < 2:
        raise UserError(
            f"the training commands must have at least 2 different {what}s, received "
            f"{', '.join(names) or 'none'}"
        )
    late = sorted(set().union(*counts.values()) - set(names), key=natural_key)
    notes = []
    for name in late:
        other = [f"{counts[s][name]:,} {_NAMED[s]}" for s in SPLITS if counts[s][name]]
        notes.append(
            f"no training command has the {what} {name}; those of {' and '.join(other)} "
            f"{'commands' if what == 'intent' else 'words'} count as mistakes"
        )
    return (*names, *late), notes


def _known(part: Commands, trained: AssistantPreprocessor) -> tuple[Commands, list[str]]:
    """Leave out commands with an intent or a slot that a trained model does not have."""
    intents, tags = set(trained.intents), set(trained.tags)
    pairs = zip(part.intents, part.tags, strict=True)
    known = np.array([i in intents and tags.issuperset(cast(Any, t)) for i, t in pairs], bool)
    if known.all():
        return part, []
    left = int((~known).sum())
    note = f"left out: {left:,} commands with an intent or a slot that the model does not know"
    return part.select(np.flatnonzero(known)), [note]


def _encoded(part: Commands, preprocessor: AssistantPreprocessor) -> CommandTokenExamples:
    intents = {name: index for index, name in enumerate(preprocessor.intents)}
    tags = {name: index for index, name in enumerate(preprocessor.tags)}
    y = {
        INTENT: np.array([intents[name] for name in part.intents], np.int32),
        SLOTS: Ragged.of(
            np.array([tags[t] for t in cast(Any, row)], np.int32) for row in part.tags
        ),
    }
    return CommandTokenExamples(part.words, preprocessor(part.words), y)
