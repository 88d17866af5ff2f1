"""Translation: pairs of sentences, from texts to token ids.

Sources give texts, and `prepare` converts them to token ids. A sentence with several translations
is in one split only, so that no test sentence was seen in training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, ClassVar, cast

import numpy as np

from kerasrecipes.data.duplicates import notes_of, value_hashes
from kerasrecipes.data.examples import Answered
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.splits import SHARES, make_splits
from kerasrecipes.data.text.teacher_forcing import teacher_forced
from kerasrecipes.data.text.tokenizer import Tokenization, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Request, Splits

MIN_PAIRS = 10  # different sentences to learn from
Pair = tuple[str, str]


class TranslationExamples(Answered):
    """Sentences with their translations, as text.

    Args:
        sources: sentences to be translated.
        references: one or more translations of each.
        weights: how much each of these counts in loss and metrics; `None` means 1.
    """

    def __init__(
        self,
        sources: Sequence[str],
        references: Sequence[tuple[str, ...]],
        weights: Sequence[tuple[float, ...]] | None = None,
    ):
        self.sources, self.references = list(sources), list(references)
        self.weights = None if weights is None else list(weights)

    @classmethod
    def of(
        cls, pairs: Iterable[Pair], weights: Iterable[float] | None = None
    ) -> TranslationExamples:
        """Build examples of pairs; translations of the same sentence are merged.

        Args:
            pairs: sentences with a translation.
            weights: of each pair; of a pair that comes again the last counts.

        Returns:
            An example for each different sentence.
        """
        found: dict[str, dict[str, float]] = {}
        each = repeat(1.0) if weights is None else weights
        for (source, target), weight in zip(pairs, each, strict=False):
            found.setdefault(source, {})[target] = weight
        references = [tuple(targets) for targets in found.values()]
        some = None if weights is None else [tuple(of.values()) for of in found.values()]
        return cls(list(found), references, some)

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
            [self.sources[n] for n in indices],
            [self.references[n] for n in indices],
            None if self.weights is None else [self.weights[n] for n in indices],
        )

    def each(self) -> TranslationExamples:
        """Return an example for each translation of each sentence."""
        rows = [
            (s, (r,)) for s, some in zip(self.sources, self.references, strict=True) for r in some
        ]
        weights = None
        if self.weights is not None:
            # Of the last sentence some may be left out, see `limited`: their weights stand behind.
            pairs = zip(self.references, self.weights, strict=True)
            weights = [(w,) for some, of in pairs for _, w in zip(some, of, strict=False)]
        return TranslationExamples([s for s, _ in rows], [r for _, r in rows], weights)


class TokenPairExamples(RaggedExamples):
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
        if texts.weights is not None:
            firsts = np.array([some[0] for some in texts.weights], np.float32)
            weight = Ragged(np.repeat(firsts, weight.lengths), weight.offsets)
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
    vocabulary_size: Count | None = None,
    lowercase: bool = True,
    max_length: Count = 100,
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
        Splits of `TokenPairExamples`. `info` gains a `TranslationPreprocessor` and both
        vocabularies' sizes.

    Raises:
        UserError: if no training pair is short enough.
    """
    train, validation, test = (
        cast(TranslationExamples, part) for part in (splits.train, splits.validation, splits.test)
    )
    if splits.trained_info is not None:
        preprocessor = TranslationPreprocessor.of(splits.trained_info)
    else:
        preprocessor = TranslationPreprocessor.fit(
            train, tokenization=tokenization, vocabulary_size=vocabulary_size, lowercase=lowercase
        )
    # Each translation is learned; a test sentence is one example, measured against all of them.
    learned, notes = _short(preprocessor.examples(train.each()), max_length)
    if splits.trained_info is None:
        preprocessor = replace(
            preprocessor,
            longest_source=int(learned.source.lengths.max()),
            longest_target=int(learned.target.lengths.max()),
        )
    info = replace(
        splits.info,
        vocabulary_size=preprocessor.target.size,
        source_vocabulary_size=preprocessor.source.size,
        preprocessor=preprocessor,
    )
    return replace(
        splits,
        train=learned,
        validation=preprocessor.examples(validation.each()),
        test=preprocessor.examples(test),
        info=info,
        notes=(*splits.notes, *notes),
    )


@dataclass(frozen=True, kw_only=True)
class TranslationPreprocessor(Preprocessor):
    """Sentences to the token ids that a translator was trained on, and translations back to text.

    Args:
        source: tokenizer of what is translated.
        target: tokenizer of the translations.
        source_characters: all characters that occur in the sentences of the training.
        longest_source: most tokens of a training sentence; longer ones are noted as doubtful.
        longest_target: most tokens of a translation, which bound how long one may become.
    """

    kind: ClassVar[str] = "translation"
    inputs: ClassVar[str] = "translations"

    source: Tokenizer
    target: Tokenizer
    source_characters: str
    longest_source: int = 0
    longest_target: int = 0

    @classmethod
    def fit(
        cls,
        train: TranslationExamples,
        *,
        tokenization: Tokenization = "words",
        vocabulary_size: Count | None = None,
        lowercase: bool = True,
    ) -> TranslationPreprocessor:
        """Learn the vocabularies of both languages.

        Args:
            train: training pairs.
            tokenization: unit that text is split into: words, characters or subwords.
            vocabulary_size: maximum size of each language's vocabulary.
            lowercase: whether to convert text to lower case.

        Returns:
            The preprocessor, to which the greatest lengths are still to be added.
        """
        source, target = (
            Tokenizer.fit(some, kind=tokenization, size=vocabulary_size, lowercase=lowercase)
            for some in (train.sources, [text for some in train.references for text in some])
        )
        found = "".join(sorted(characters(train.sources, lowercase)))
        return cls(source=source, target=target, source_characters=found)

    def __call__(self, sentences: Sequence[str]) -> list[np.ndarray]:
        """Return the token ids of each sentence that is to be translated, `(tokens,)` int32."""
        return self.source.encode(sentences)

    def examples(self, pairs: TranslationExamples) -> TokenPairExamples:
        """Return pairs as token ids, of each sentence with its first translation."""
        firsts = [some[0] for some in pairs.references]
        return TokenPairExamples(
            pairs, Ragged.of(self(pairs.sources)), Ragged.of(self.target.encode(firsts))
        )

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text of a translation's token ids `(tokens,)`."""
        return self.target.decode(token_ids)

    def unseen_characters(self, sentence: str) -> list[str]:
        """Return the characters of a sentence that no sentence of the training has, in order."""
        found = characters([sentence], self.source.lowercase)
        return sorted(found - set(self.source_characters))


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


def splits_of(
    parts: Mapping[str, Sequence[Pair]],
    request: Request,
    languages: tuple[str, str],
    origin: str,
    notes: Sequence[str] = (),
    shares: Sequence[float] = SHARES,
    weights: Mapping[str, Sequence[float]] | None = None,
    columns: tuple[Mapping[str, str], str] = ({}, ""),
) -> Splits:
    """Return splits of pairs of sentences; missing ones are drawn, whole sentences at a time.

    Args:
        parts: pairs by the name of their split; `train` at least, unless a trained model is to be
            evaluated.
        request: the seed, and the training whose model is to be evaluated.
        languages: names of the source and the target language.
        origin: file, folder or set that the pairs are from, for messages.
        notes: sentences for the user so far.
        shares: shares of train, validation and test of pairs in one piece.
        weights: of the pairs of each split; `None` means 1.
        columns: those that were taken from a file by their roles, and what decided the target.

    Raises:
        UserError: if there are too few pairs.
    """
    found, notes = {}, list(notes)
    for name, pairs in parts.items():
        kept = [n for n, pair in enumerate(pairs) if pair[0].strip() and pair[1].strip()]
        whole = [pairs[n] for n in kept]
        if len(whole) < len(pairs):
            notes.append(
                f"{len(pairs) - len(whole):,} {name} pairs have an empty side and are left out"
            )
        some = None
        if weights is not None:
            # With a mean of 1, for a learning rate suits gradients of one size.
            mean = max(1e-30, float(np.mean(weights[name])))
            some = [weights[name][n] / mean for n in kept]
        found[name] = TranslationExamples.of(whole, some)
    if request.trained_info is None and len(found.get("train", ())) < MIN_PAIRS:
        count = len(found.get("train", ()))
        raise UserError(
            f"{origin} has {count} different sentences to learn from; "
            f"at least {MIN_PAIRS} are needed"
        )
    if not any(map(len, found.values())):
        raise UserError(f"{origin} holds no pairs of sentences")
    made: Mapping[str, Any]
    # However a sentence is capitalised, it is the same sentence and in one split only.
    made, drawn = make_splits(
        found,
        request,
        groups=lambda pairs: [text.casefold() for text in pairs.sources],
        shares=shares,
    )
    repeated = notes_of(
        {
            name: value_hashes(text.casefold() for text in pairs.sources)
            for name, pairs in made.items()
        },
        "sentence",
    )
    info = Info(languages=languages, columns=columns[0], columns_by=columns[1])
    return Splits(**made, info=info, notes=(*notes, *drawn, *repeated))
