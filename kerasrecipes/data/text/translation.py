"""Pairs of sentences: where they come from, and how texts become token numbers.

Sources give texts, and `fit` makes numbers of them. A sentence with several translations stands in
one split only, so that none is judged by what it has learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged, Sequences
from kerasrecipes.data.splits import split
from kerasrecipes.data.text.tokenizer import END, START, Tokenizer, Tokens
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info, Request, Splits

SHARES = (0.9, 0.05, 0.05)
FEWEST = 10  # pairs to learn from and to judge by
_FITTED = (
    "source_tokenizer",
    "target_tokenizer",
    "source_letters",
    "longest_source",
    "longest_target",
)
Pair = tuple[str, str]


class Pairs(Examples):
    """Sentences with their translations.

    Args:
        sources: what is to be translated.
        references: of each, one or more translations.
    """

    def __init__(self, sources: Sequence[str], references: Sequence[tuple[str, ...]]):
        self.sources, self.references = list(sources), list(references)

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Pairs:
        """Gather pairs; translations of the same sentence come together, repetitions fall away."""
        found: dict[str, dict[str, None]] = {}
        for source, target in pairs:
            found.setdefault(source, {})[target] = None
        return cls(list(found), [tuple(targets) for targets in found.values()])

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give sentences, and the first translation of each."""
        sources, firsts = (
            [self.sources[n] for n in numbers],
            [self.references[n][0] for n in numbers],
        )
        return np.array(sources, object), np.array(firsts, object)

    def select(self, numbers: np.ndarray) -> Pairs:
        """Make a collection of only the sentences with these numbers."""
        return Pairs([self.sources[n] for n in numbers], [self.references[n] for n in numbers])

    def each(self) -> Pairs:
        """Make a collection in which every translation of a sentence is an example of its own."""
        rows = [
            (s, (r,)) for s, some in zip(self.sources, self.references, strict=True) for r in some
        ]
        return Pairs([s for s, _ in rows], [r for _, r in rows])


class TokenPairs(Sequences):
    """Pairs as token numbers: inputs `source` and `target` (which begins with the start token), and
    what follows.

    Args:
        texts: the pairs, of which the first translation is the target.
        source: token numbers of each sentence.
        target: token numbers of each translation.
    """

    def __init__(self, texts: Pairs, source: Ragged, target: Ragged):
        given = Ragged.of(np.concatenate([[START], row]).astype(np.int32) for row in target)
        wanted = Ragged.of(np.concatenate([row, [END]]).astype(np.int32) for row in target)
        weight = Ragged(np.ones(len(wanted.values), np.float32), wanted.offsets)
        super().__init__({"source": source, "target": given}, wanted, weight)
        self.texts, self.source, self.target = texts, source, target

    def select(self, numbers: np.ndarray) -> TokenPairs:
        """Make a collection of only the pairs with these numbers."""
        return TokenPairs(
            self.texts.select(numbers), self.source.take(numbers), self.target.take(numbers)
        )


def fit(
    splits: Splits,
    *,
    tokens: Tokens = "words",
    vocabulary_size: int | None = None,
    lowercase: bool = True,
    longest: int = 100,
) -> Splits:
    """Make token numbers of pairs of texts, by vocabularies of the training's.

    Args:
        splits: of `Pairs`.
        tokens: what a token is, in both languages: words, subwords or characters.
        vocabulary_size: the most tokens of each language; by default all words or characters, and
            8,000 subwords.
        lowercase: whether capitals are read, and written, as small letters.
        longest: tokens; training pairs of which a side is longer are left out.

    Returns:
        Splits of `TokenPairs`; their facts hold both tokenizers, `source_tokenizer` and
        `target_tokenizer`.

    Raises:
        UserError: if no training pair is short enough.
    """
    if splits.fitted is not None:
        facts = {name: splits.fitted.facts[name] for name in _FITTED}
        source, target = (
            Tokenizer.from_dict(facts[name]) for name in ("source_tokenizer", "target_tokenizer")
        )
    else:
        options = {"kind": tokens, "size": _size(tokens, vocabulary_size), "lowercase": lowercase}
        learned = splits.train
        source = Tokenizer.fit(learned.sources, **options)
        target = Tokenizer.fit([text for some in learned.references for text in some], **options)
        facts = {"source_tokenizer": source.to_dict(), "target_tokenizer": target.to_dict()}
        facts["source_letters"] = "".join(sorted(letters(learned.sources, lowercase)))
    encoded = {
        name: _encoded(part if name == "test" else part.each(), source, target)
        for name, part in (
            ("train", splits.train),
            ("validation", splits.validation),
            ("test", splits.test),
        )
    }
    encoded["train"], notes = _short(encoded["train"], longest)
    if splits.fitted is None:
        facts["longest_source"], facts["longest_target"] = (
            int(side.lengths.max()) for side in (encoded["train"].source, encoded["train"].target)
        )
    info = replace(splits.info, vocabulary_size=target.size).with_facts(
        source_size=source.size, **facts
    )
    return replace(splits, **encoded, info=info, notes=(*splits.notes, *notes))


def letters(texts: Iterable[str], lowercase: bool) -> set[str]:
    """Give the letters, signs and digits that occur in texts; spaces are none."""
    found: set[str] = set()
    for text in texts:
        found.update(text.lower() if lowercase else text)
    return {letter for letter in found if not letter.isspace()}


def _size(tokens: Tokens, wanted: int | None) -> int | None:
    return 8000 if wanted is None and tokens == "subwords" else wanted


def _encoded(pairs: Pairs, source: Tokenizer, target: Tokenizer) -> TokenPairs:
    firsts = [some[0] for some in pairs.references]
    return TokenPairs(
        pairs, Ragged.of(source.encode(pairs.sources)), Ragged.of(target.encode(firsts))
    )


def _short(pairs: TokenPairs, longest: int) -> tuple[TokenPairs, list[str]]:
    """Leave out what is longer than `longest`, and say so."""
    if not len(pairs):
        return pairs, []
    kept = np.flatnonzero(np.maximum(pairs.source.lengths, pairs.target.lengths) <= longest)
    if len(kept) == len(pairs):
        return pairs, []
    if not len(kept):
        raise UserError(
            f"longest={longest}: every training pair has more tokens; take a larger one"
        )
    return pairs.select(kept), [
        f"{len(pairs) - len(kept):,} training pairs are longer than {longest} tokens, left out"
    ]


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
        found[part] = Pairs.of(whole)
    nothing = Pairs([], [])
    if request.fitted is not None and "test" not in found:
        found = {"test": Pairs.of([pair for part in found.values() for pair in _rows(part)])}
    elif request.fitted is None:
        _check_count(found, name)
        found = _divided(found, request.seed)
    info = Info(facts={"languages": list(languages)})
    parts = {part: found.get(part, nothing) for part in ("train", "validation", "test")}
    return Splits(**parts, info=info, notes=tuple(notes))


def _rows(pairs: Pairs) -> Iterable[Pair]:
    return (
        (source, target)
        for source, some in zip(pairs.sources, pairs.references, strict=True)
        for target in some
    )


def _check_count(found: Mapping[str, Pairs], name: str) -> None:
    if len(found.get("train", ())) < FEWEST:
        count = len(found.get("train", ()))
        raise UserError(
            f"{name} has {count} different sentences to learn from; at least {FEWEST} are needed"
        )


def _divided(found: dict[str, Pairs], seed: int) -> dict[str, Pairs]:
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
