"""Translation: pairs of sentences, from texts to token ids.

Sources give texts, and `prepare` converts them to token ids. A sentence with several translations
is in one split only, so that no test sentence was seen in training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, Sequences
from kerasrecipes.data.splits import split
from kerasrecipes.data.text.teacher_forcing import teacher_forced
from kerasrecipes.data.text.tokenizer import Tokenization, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Request, Splits

SHARES = (0.9, 0.05, 0.05)
MIN_PAIRS = 10  # different sentences to learn from
_METADATA = (
    "source_tokenizer",
    "target_tokenizer",
    "source_letters",
    "longest_source",
    "longest_target",
)
Pair = tuple[str, str]


class TranslationExamples(Examples):
    """Sentences with their translations, as text.

    Args:
        sources: sentences to be translated.
        references: one or more translations of each.
    """

    def __init__(self, sources: Sequence[str], references: Sequence[tuple[str, ...]]):
        self.sources, self.references = list(sources), list(references)

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> TranslationExamples:
        """Build examples of pairs; translations of the same sentence are merged."""
        found: dict[str, dict[str, None]] = {}
        for source, target in pairs:
            found.setdefault(source, {})[target] = None
        return cls(list(found), [tuple(targets) for targets in found.values()])

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the sentences at `indices`, and the first translation of each."""
        sources = [self.sources[n] for n in indices]
        firsts = [self.references[n][0] for n in indices]
        return np.array(sources, object), np.array(firsts, object)

    def select(self, indices: np.ndarray) -> TranslationExamples:
        """Return the sentences at `indices`."""
        return TranslationExamples(
            [self.sources[n] for n in indices], [self.references[n] for n in indices]
        )

    def each(self) -> TranslationExamples:
        """Return an example for each translation of each sentence."""
        rows = [
            (s, (r,)) for s, some in zip(self.sources, self.references, strict=True) for r in some
        ]
        return TranslationExamples([s for s, _ in rows], [r for _, r in rows])


class TokenPairExamples(Sequences):
    """Sentences with their translations, as token ids.

    Inputs are `source` and `target`, which begins with the start token; the labels are the target
    one token later, which ends with the end token.

    Args:
        texts: the pairs, of which the first translation is the target.
        source: token ids of each sentence.
        target: token ids of each translation.
    """

    def __init__(self, texts: TranslationExamples, source: Ragged, target: Ragged):
        inputs, labels, weight = teacher_forced(target)
        super().__init__({"source": source, "target": inputs}, labels, weight)
        self.texts, self.source, self.target = texts, source, target

    def select(self, indices: np.ndarray) -> TokenPairExamples:
        """Return the pairs at `indices`."""
        return TokenPairExamples(
            self.texts.select(indices), self.source.take(indices), self.target.take(indices)
        )


def prepare(
    splits: Splits,
    *,
    tokenization: Tokenization = "words",
    vocabulary_size: int | None = None,
    lowercase: bool = True,
    max_length: int = 100,
) -> Splits:
    """Convert pairs of texts to token ids by vocabularies of the training pairs.

    Args:
        splits: pairs of texts; those for a trained model are tokenized as in its training.
        tokenization: unit that text is split into, in both languages: words, characters or
            subwords.
        vocabulary_size: maximum size of each language's vocabulary; by default all words or
            characters, and 8,000 subwords.
        lowercase: whether to convert text to lower case; translations are then lower case too.
        max_length: maximum number of tokens of a training sentence and of its translation; longer
            pairs are left out.

    Returns:
        Splits of `TokenPairExamples`. `info` gains both vocabularies' sizes and tokenizers,
        `source_tokenizer` and `target_tokenizer`.

    Raises:
        UserError: if no training pair is short enough.
    """
    train, validation, test = (
        cast(TranslationExamples, part) for part in (splits.train, splits.validation, splits.test)
    )
    if splits.fitted is not None:
        facts = {name: splits.fitted.facts[name] for name in _METADATA}
        source, target = (
            Tokenizer.from_dict(facts[name]) for name in ("source_tokenizer", "target_tokenizer")
        )
    else:
        texts = (train.sources, [text for some in train.references for text in some])
        source, target = (
            Tokenizer.fit(some, kind=tokenization, size=vocabulary_size, lowercase=lowercase)
            for some in texts
        )
        facts = {"source_tokenizer": source.to_dict(), "target_tokenizer": target.to_dict()}
        facts["source_letters"] = "".join(sorted(characters(train.sources, lowercase)))

    def encoded(pairs: TranslationExamples) -> TokenPairExamples:
        firsts = [some[0] for some in pairs.references]
        rows = source.encode(pairs.sources), target.encode(firsts)
        return TokenPairExamples(pairs, *map(Ragged.of, rows))

    # Each translation is learned; a test sentence is one example, measured against all of them.
    learned, notes = _short(encoded(train.each()), max_length)
    if splits.fitted is None:
        facts["longest_source"] = int(learned.source.lengths.max())
        facts["longest_target"] = int(learned.target.lengths.max())
    info = replace(splits.info, vocabulary_size=target.size).with_facts(
        source_size=source.size, **facts
    )
    return replace(
        splits,
        train=learned,
        validation=encoded(validation.each()),
        test=encoded(test),
        info=info,
        notes=(*splits.notes, *notes),
    )


def characters(texts: Iterable[str], lowercase: bool) -> set[str]:
    """Return the characters that occur in texts, without spaces.

    Args:
        texts: the texts.
        lowercase: whether to convert them to lower case.
    """
    found: set[str] = set()
    for text in texts:
        found.update(text.lower() if lowercase else text)
    return {character for character in found if not character.isspace()}


def _short(pairs: TokenPairExamples, max_length: int) -> tuple[TokenPairExamples, list[str]]:
    """Leave out pairs that are longer than `max_length`, and note how many."""
    if not len(pairs):
        return pairs, []
    kept = np.flatnonzero(np.maximum(pairs.source.lengths, pairs.target.lengths) <= max_length)
    if len(kept) == len(pairs):
        return pairs, []
    if not len(kept):
        raise UserError(
            f"max_length={max_length}: every training pair has more tokens; take a larger one"
        )
    count = len(pairs) - len(kept)
    note = f"{count:,} training pairs are longer than {max_length} tokens, left out"
    return pairs.select(kept), [note]


def completed(
    parts: Mapping[str, Sequence[Pair]],
    request: Request,
    languages: tuple[str, str],
    name: str,
    notes: Sequence[str] = (),
) -> Splits:
    """Make splits of what a source has, and draw those that it lacks.

    Args:
        parts: pairs of `train` and perhaps `validation` and `test`; or only of `test`.
        request: its seed draws; with `fitted`, what is not divided is all for the test.
        languages: of source and target.
        name: of the source, for errors.
        notes: for the user.

    Raises:
        UserError: if there are too few pairs.
    """
    found, notes = {}, list(notes)
    for part, pairs in parts.items():
        whole = [pair for pair in pairs if pair[0].strip() and pair[1].strip()]
        if len(whole) < len(pairs):
            notes.append(
                f"{len(pairs) - len(whole):,} {part} pairs have an empty side and are left out"
            )
        found[part] = TranslationExamples.of(whole)
    nothing = TranslationExamples([], [])
    if request.fitted is not None and "test" not in found:
        found = {
            "test": TranslationExamples.of(
                [pair for part in found.values() for pair in _rows(part)]
            )
        }
    elif request.fitted is None:
        _check_count(found, name)
        found = _divided(found, request.seed)
    info = Info(facts={"languages": list(languages)})
    parts = {part: found.get(part, nothing) for part in ("train", "validation", "test")}
    return Splits(**parts, info=info, notes=tuple(notes))


def _rows(pairs: TranslationExamples) -> Iterable[Pair]:
    return (
        (source, target)
        for source, some in zip(pairs.sources, pairs.references, strict=True)
        for target in some
    )


def _check_count(found: Mapping[str, TranslationExamples], name: str) -> None:
    if len(found.get("train", ())) < MIN_PAIRS:
        count = len(found.get("train", ()))
        raise UserError(
            f"{name} has {count} different sentences to learn from; at least {MIN_PAIRS} are needed"
        )


def _divided(found: dict[str, TranslationExamples], seed: int) -> dict[str, TranslationExamples]:
    """Draw the splits that are not there; a sentence goes to one split, however it is
    capitalised.
    """
    missing = [part for part in ("validation", "test") if part not in found]
    if not missing:
        return found
    train = found["train"]
    _, sentence = np.unique([text.casefold() for text in train.sources], return_inverse=True)
    shares = [1 - len(missing) * SHARES[1], *[SHARES[1]] * len(missing)]
    drawn = split(None, shares, seed, count=int(sentence.max()) + 1)
    for part, numbers in zip(("train", *missing), drawn, strict=True):
        found[part] = train.select(np.flatnonzero(np.isin(sentence, numbers)))
    return found
