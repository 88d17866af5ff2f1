"""Translations of a trained encoder–decoder, and their scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

import keras
import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Text
from kerasrecipes.data.ragged import Ragged, bucket_length
from kerasrecipes.data.text.translation import (
    TokenPairExamples,
    TranslationExamples,
    TranslationPreprocessor,
)
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search
from kerasrecipes.inference.inputs import TextInput, texts
from kerasrecipes.inference.sequence_generation import AT_ONCE, SequenceGenerator
from kerasrecipes.info import Info
from kerasrecipes.interpret.attention import word_alignment
from kerasrecipes.interpret.explanation import Alignment
from kerasrecipes.metrics.bleu import bleu_scorer, chrf, corpus_score
from kerasrecipes.metrics.exact_match import exact_matches, without_spaces
from kerasrecipes.recipe import Evaluation

_ROOM = 1.5  # how much longer than any in training a translation may grow
_SUFFIXES = (".txt", ".text", ".gz")

BY_LENGTH = "bleu_by_source_length"
_GROUPS = 7  # of sentences by length
_MIN_SHARE = 0.02  # of the sentences in each group


class Translator:
    """Translates with a trained model; what is compiled once serves later calls.

    Args:
        model: from `kerasrecipes.models.seq2seq`.
        info: of its training.
    """

    def __init__(self, model: keras.Model, info: Info):
        self.preprocessor = TranslationPreprocessor.of(info)
        self.source, self.target = self.preprocessor.source, self.preprocessor.target
        self._generate = SequenceGenerator(model, "source")
        self.has_attention = self._generate.has_attention

    def __call__(
        self, texts: Sequence[str], num_beams: int = 1, length_penalty: float = 0.6
    ) -> list[np.ndarray]:
        """Translate.

        Args:
            texts: sentences; an empty one is translated to nothing.
            num_beams: hypotheses that are kept at each step; 1 is greedy search.
            length_penalty: exponent of the length by which a log probability is divided.

        Returns:
            Token ids of each translation, without start and end.
        """
        rows = self.preprocessor(texts)
        found: list[np.ndarray] = [np.zeros(0, np.int32)] * len(rows)
        # Sentences of similar length together, so that little is padded.
        order = sorted((n for n in range(len(rows)) if len(rows[n])), key=lambda n: len(rows[n]))
        for start in range(0, len(order), AT_ONCE):
            chosen = order[start : start + AT_ONCE]
            batch = [rows[n] for n in chosen]
            # Longer than any in training, in proportion where a source is longer than all there.
            preprocessor = self.preprocessor
            stretch = max(1.0, max(map(len, batch)) / max(1, preprocessor.longest_source))
            # In steps, since a graph is compiled for each length.
            longest = bucket_length(int(_ROOM * preprocessor.longest_target * stretch) + 1)
            token_ids = self._generate(_padded(batch), longest, num_beams, length_penalty)
            for index, row in zip(chosen, token_ids, strict=True):
                found[index] = row
        return found

    def texts(
        self, sources: Sequence[str], num_beams: int = 1, length_penalty: float = 0.6
    ) -> list[str]:
        """Translate texts to texts; see `__call__`.

        Args:
            sources: sentences; an empty one is translated to nothing.
            num_beams: hypotheses that are kept at each step; 1 is greedy search.
            length_penalty: exponent of the length by which a log probability is divided.

        Returns:
            A translation for each sentence.
        """
        return [self.target.decode(row) for row in self(sources, num_beams, length_penalty)]

    def alignment(self, text: str, token_ids: np.ndarray) -> np.ndarray:
        """Compute how much each source token weighed for each token of the translation and for its
        end.

        Args:
            text: the source.
            token_ids: of the translation, without start and end.

        Returns:
            `(translation tokens + 1, source tokens)`.
        """
        source = self.source.encode([text])[0]
        # Padding has columns of its own, which are cut off.
        return self._generate.attention(_padded([source]), token_ids)[:, : len(source)]

    def word_alignment(self, text: str, token_ids: np.ndarray) -> Alignment:
        """Compute how much each word of a source weighed for each word of its translation.

        Args:
            text: the source.
            token_ids: of the translation, without start and end.

        Returns:
            The weights by word.
        """
        source = self.source.encode([text])[0]
        return word_alignment(
            self.alignment(text, token_ids), (self.source, source), (self.target, token_ids)
        )


def _padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    ragged = Ragged.of(rows)
    # In steps, since JAX compiles each new shape.
    return ragged.padded(bucket_length(int(ragged.lengths.max(initial=1))))


_translators: WeakKeyDictionary[keras.Model, Translator] = WeakKeyDictionary()


def translator_of(model: keras.Model, info: Info) -> Translator:
    """Return the translator of a model, the same for the same model, so that nothing is compiled
    twice.

    Args:
        model: trained.
        info: of its training.
    """
    if model not in _translators:
        _translators[model] = Translator(model, info)
    return _translators[model]


def answers(model: keras.Model, info: Info, examples: Any) -> list[str]:
    """Translate the sentences of a split by greedy search.

    Args:
        model: trained.
        info: of its training.
        examples: of the split.

    Returns:
        A translation for each sentence, in their order.
    """
    return translator_of(model, info).texts(examples.texts.sources)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Score translations by all references.

    Capitals count where the model writes them.

    Args:
        evaluation: its `outputs` are the translations.

    Returns:
        `bleu` and `chrf` of the whole split, `sentence_accuracy`, the share of sentences that equal
        a reference, and `bleu_by_source_length`, pairs of the mean words of sources of similar
        length, and their BLEU.
    """
    translations, references = evaluation.outputs, _pairs(evaluation).references
    bleu = scorer_of(evaluation)
    return {
        "bleu": round(corpus_score(bleu, translations, references), 2),
        "chrf": round(chrf(translations, references, bleu.lowercase), 2),
        "sentence_accuracy": float(np.mean(exact(evaluation))),
        BY_LENGTH: bleu_by_source_length(evaluation, bleu),
    }


def scorer_of(evaluation: Evaluation) -> Any:
    """Return the BLEU scorer for the target language of an evaluation."""
    return bleu_scorer(_pairs(evaluation).references, _lowercase(evaluation))


def exact(evaluation: Evaluation) -> np.ndarray:
    """Find the translations that equal a reference, `(sentences,)`, booleans."""
    normalize = partial(without_spaces, lowercase=_lowercase(evaluation))
    return exact_matches(evaluation.outputs, _pairs(evaluation).references, normalize)


def _pairs(evaluation: Evaluation) -> TranslationExamples:
    return cast(TokenPairExamples, evaluation.examples).texts


def _lowercase(evaluation: Evaluation) -> bool:
    return TranslationPreprocessor.of(evaluation.info).target.lowercase


def bleu_by_source_length(evaluation: Evaluation, bleu: Any) -> list[tuple[float, float]]:
    """Compute BLEU of sentences of similar length.

    Args:
        evaluation: its `outputs` are the translations.
        bleu: the scorer.

    Returns:
        Mean words of the sources, and BLEU, of each group; the shortest first.
    """
    pairs, translations = _pairs(evaluation), evaluation.outputs
    lengths = source_lengths(pairs.sources)
    points = []
    for group in length_groups(lengths):
        score = corpus_score(
            bleu, [translations[n] for n in group], [pairs.references[n] for n in group]
        )
        points.append((round(float(lengths[group].mean()), 2), round(score, 2)))
    return points


def source_lengths(sources: Sequence[str]) -> np.ndarray:
    """Count the words of each source, or its characters where there are no spaces between words."""
    counts = np.array([len(text.split()) for text in sources])
    return counts if np.median(counts) > 1 else np.array([len(text) for text in sources])


def length_groups(lengths: np.ndarray) -> list[np.ndarray]:
    """Divide sentences into groups of similar length; small groups join their shorter neighbours.

    Args:
        lengths: `(sentences,)`.

    Returns:
        Indices of the sentences, a group each, the shortest first.
    """
    # A quantile, since one very long sentence would widen all groups; it joins the last.
    width = max(1, int(np.ceil((np.quantile(lengths, 0.99) - lengths.min() + 1) / _GROUPS)))
    place = np.minimum((lengths - lengths.min()) // width, _GROUPS - 1)
    found: list[np.ndarray] = []
    for number in np.unique(place):
        group = np.flatnonzero(place == number)
        if found and len(group) < max(2, _MIN_SHARE * len(lengths)):
            found[-1] = np.concatenate([found[-1], group])
        else:
            found.append(group)
    return found


def translate(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    num_beams: int = 4,
    length_penalty: float = 0.6,
    explain: bool = False,
) -> list[Answer]:
    """Translate sentences.

    Args:
        run: has `model` and `info`.
        inputs: sentences; text files, of which each line is a sentence; or the content of such
            files, as bytes.
        num_beams: hypotheses of beam search that are kept at each step; 1 is greedy search.
        length_penalty: exponent of the length by which a translation's log probability is divided;
            0 prefers short translations, 1 judges by the mean over tokens.
        explain: whether to show how much each word of the source weighed for each word of the
            translation.

    Returns:
        A `Text` for each sentence; with notes where the answer is doubtful, and an `Alignment` as
        explanation where asked for.

    Raises:
        UserError: if a file is not there or is not a text, `num_beams` is out of range, or
            attention is asked for that the model does not have.
    """
    sentences = [line for item in texts(inputs, _SUFFIXES) for line in _lines(item)]
    translator = translator_of(run.model, run.info)
    beam_search.check_num_beams(num_beams, translator.target.size)
    if explain and not translator.has_attention:
        raise UserError(
            "--explain draws attention, and this model has none; train: kerasrecipes run attention"
        )
    found: list[Answer] = []
    rows = translator(sentences, num_beams, length_penalty)
    for sentence, token_ids in zip(sentences, rows, strict=True):
        # An empty sentence has no words that could weigh.
        weighs = explain and sentence.strip()
        shown = translator.word_alignment(sentence, token_ids) if weighs else None
        text, notes = translator.target.decode(token_ids), _notes(sentence, translator.preprocessor)
        found.append(Text(input=sentence, text=text, explanation=shown, notes=notes))
    return found


def _lines(item: TextInput) -> list[str]:
    """List the sentences of an input: the lines of a file, or the text itself."""
    if not item.from_file:
        return [item.content]
    return [line for line in item.content.splitlines() if line.strip()]


def _notes(sentence: str, preprocessor: TranslationPreprocessor) -> list[str]:
    """List what makes a translation doubtful."""
    length = len(preprocessor([sentence])[0])
    if not length:
        return ["there is nothing to translate"]
    notes = []
    if length > preprocessor.longest_source:
        notes.append(
            f"{length} tokens, longer than the longest sentence of the training, "
            f"{preprocessor.longest_source}"
        )
    strange = preprocessor.unseen_characters(sentence)
    if strange:
        known = "a letter" if len(strange) == 1 else "letters"
        notes.append(f"{known} that the training never showed: {' '.join(strange[:8])}")
    return notes
