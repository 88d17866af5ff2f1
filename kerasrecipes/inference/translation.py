"""A trained encoder–decoder's answers: a sentence for a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from kerasrecipes.data.files import read_text
from kerasrecipes.data.ragged import Ragged, bucket_length
from kerasrecipes.data.text.tokenizer import END, START, Tokenizer
from kerasrecipes.data.text.translation import characters
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search
from kerasrecipes.interpret.attention import word_alignment
from kerasrecipes.interpret.explanation import Alignment
from kerasrecipes.metrics.bleu import bleu_scorer, chrf, corpus_score
from kerasrecipes.metrics.exact_match import exact_matches, without_spaces
from kerasrecipes.recipe import Evaluation, Info

AT_ONCE = 64  # sentences that are decoded together
_ROOM = 1.5  # how much longer than any in training a translation may grow
_SUFFIXES = (".txt", ".text", ".gz")

BY_LENGTH = "bleu_by_source_length"
_GROUPS = 7  # of sentences by length
_MIN_SHARE = 0.02  # of the sentences in each group


class Translator:
    """Decodes with a trained model; what is compiled once serves later calls.

    Args:
        model: from `kerasrecipes.models.seq2seq`.
        info: the facts of its training.
    """

    def __init__(self, model: keras.Model, info: Info):
        facts = info.facts
        self.source, self.target = (
            Tokenizer.from_dict(facts[name]) for name in ("source_tokenizer", "target_tokenizer")
        )
        self.lengths = facts["longest_source"], facts["longest_target"]
        self.decoder = model.get_layer("decoder")
        given = self.decoder.input
        # The decoder's other inputs are what the encoder makes of the source.
        self.encoder = keras.Model(model.get_layer("source").output, given[1:])
        self.attends = len(given) > 2
        self._compiled: dict[Any, Any] = {}

    def __call__(
        self, texts: Sequence[str], beams: int = 1, length_penalty: float = 0.6
    ) -> list[np.ndarray]:
        """Translate; give the token numbers of each translation, without start and end. Nothing
        becomes nothing.
        """
        rows = self.source.encode(texts)
        found: list[np.ndarray] = [np.zeros(0, np.int32)] * len(rows)
        order = sorted((n for n in range(len(rows)) if len(rows[n])), key=lambda n: len(rows[n]))
        for start in range(0, len(order), AT_ONCE):
            chosen = order[start : start + AT_ONCE]
            tokens = self._decode([rows[n] for n in chosen], beams, length_penalty)
            for number, row in zip(chosen, tokens, strict=True):
                found[number] = row
        return found

    def texts(
        self, sources: Sequence[str], beams: int = 1, length_penalty: float = 0.6
    ) -> list[str]:
        """Translate texts to texts."""
        return [self.target.decode(row) for row in self(sources, beams, length_penalty)]

    def alignment(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Give how much each source token weighed for each token of the translation and for its
        end.

        Returns:
            `(translation tokens + 1, source tokens)`.
        """
        source = self.source.encode([text])[0]
        given = np.concatenate([[START], tokens]).astype(np.int32)
        encoded = self.encoder(_padded([source]), training=False)
        weights = self.decoder.alignment(Ragged.of([given]).padded(), *encoded)
        return keras.ops.convert_to_numpy(weights)[0, :, : len(source)]

    def word_alignment(self, text: str, tokens: np.ndarray) -> Alignment:
        """Compute how much each word of a source weighed for each word of its translation.

        Args:
            text: the source.
            tokens: token ids of the translation, without start and end.

        Returns:
            The weights by word.
        """
        source = self.source.encode([text])[0]
        return word_alignment(
            self.alignment(text, tokens), (self.source, source), (self.target, tokens)
        )

    def _decode(
        self, rows: Sequence[np.ndarray], beams: int, length_penalty: float
    ) -> list[np.ndarray]:
        longest, translated = self.lengths
        stretch = max(1.0, max(map(len, rows)) / max(1, longest))
        limit = bucket_length(int(_ROOM * translated * stretch) + 1)
        key = (beams, length_penalty, limit)
        if key not in self._compiled:
            self._compiled[key] = beam_search.compiled(
                partial(self._search, beams, length_penalty, limit)
            )
        count = 1 << (len(rows) - 1).bit_length()  # few shapes, for each may be compiled
        tokens, _ = self._compiled[key](_padded([*rows, *[rows[-1]] * (count - len(rows))]))
        return [row[: _ended(row)] for row in tokens[: len(rows)]]

    def _search(
        self, beams: int, length_penalty: float, limit: int, source: Any
    ) -> tuple[Any, Any]:
        encoded = self.encoder(source, training=False)
        encoded = encoded if isinstance(encoded, (list, tuple)) else [encoded]
        fixed, state = beam_search.repeated(self.decoder.start(*encoded), beams)
        rows = keras.ops.shape(source)[0]

        def step(tokens: Any, state: Any) -> tuple[Any, Any]:
            return self.decoder.step(tokens, state, fixed)

        return beam_search.search(step, state, rows, limit, beams, length_penalty)


def _padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    ragged = Ragged.of(rows)
    return ragged.padded(bucket_length(int(ragged.lengths.max(initial=1))))


def _ended(row: np.ndarray) -> int:
    """Give how many tokens stand before the end token, or before padding."""
    over = np.flatnonzero((row == END) | (row == 0))
    return int(over[0]) if len(over) else len(row)


_made: WeakKeyDictionary[keras.Model, Translator] = WeakKeyDictionary()


def translator_of(model: keras.Model, info: Info) -> Translator:
    """Give the model's translator, the same for the same model, so that nothing is compiled
    twice.
    """
    if model not in _made:
        _made[model] = Translator(model, info)
    return _made[model]


def answers(model: keras.Model, info: Info, examples: Any) -> list[str]:
    """Translate a split, greedily."""
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
    texts, references = evaluation.outputs, evaluation.examples.texts.references
    bleu = scorer_of(evaluation)
    return {
        "bleu": round(corpus_score(bleu, texts, references), 2),
        "chrf": round(chrf(texts, references, bleu.lowercase), 2),
        "sentence_accuracy": float(np.mean(exact(evaluation))),
        BY_LENGTH: bleu_by_source_length(evaluation, bleu),
    }


def scorer_of(evaluation: Evaluation) -> Any:
    """Return the BLEU scorer for the target language of an evaluation."""
    return bleu_scorer(evaluation.examples.texts.references, _lowercase(evaluation))


def exact(evaluation: Evaluation) -> np.ndarray:
    """Find the translations that equal a reference, `(sentences,)`, booleans."""
    normalize = partial(without_spaces, lowercase=_lowercase(evaluation))
    return exact_matches(evaluation.outputs, evaluation.examples.texts.references, normalize)


def _lowercase(evaluation: Evaluation) -> bool:
    return Tokenizer.from_dict(evaluation.info.facts["target_tokenizer"]).lowercase


def bleu_by_source_length(evaluation: Evaluation, bleu: Any) -> list[tuple[float, float]]:
    """Compute BLEU of sentences of similar length.

    Args:
        evaluation: its `outputs` are the translations.
        bleu: the scorer.

    Returns:
        Mean words of the sources, and BLEU, of each group; the shortest first.
    """
    texts, said = evaluation.examples.texts, evaluation.outputs
    lengths = source_lengths(texts.sources)
    points = []
    for group in length_groups(lengths):
        score = corpus_score(bleu, [said[n] for n in group], [texts.references[n] for n in group])
        points.append((round(float(lengths[group].mean()), 2), round(score, 2)))
    return points


def source_lengths(sources: Sequence[str]) -> np.ndarray:
    """Count each source's words; its letters, where there are no spaces between words."""
    counts = np.array([len(text.split()) for text in sources])
    return counts if np.median(counts) > 1 else np.array([len(text) for text in sources])


def length_groups(lengths: np.ndarray) -> list[np.ndarray]:
    """Divide sentences into groups of similar length; small groups join their shorter neighbours.

    Returns:
        Indices of the sentences, a group each, the shortest first.
    """
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
    beam: int = 4,
    length_penalty: float = 0.6,
    explain: bool = False,
) -> list[dict[str, Any]]:
    """Translate sentences.

    Args:
        run: has `model` and `info`.
        inputs: sentences; text files, of which each line is a sentence; or the content of such
            files, as bytes.
        beam: how many beginnings are kept at each step; 1 takes the likeliest token each time.
        length_penalty: how strongly the length of a translation is made up for; 0 is not at all.
        explain: show how much each word of the source weighed for each word of the translation.

    Returns:
        For each sentence `input`, `text`; `notes` where the answer is doubtful; `explanation`, an
        `Alignment`, where asked for.

    Raises:
        UserError: if a file is not there or is no text, or the number of beams cannot be.
    """
    sentences = [sentence for item in inputs for sentence in _sentences(item)]
    translator = translator_of(run.model, run.info)
    beam_search.checked(beam, translator.target.size)
    if explain and not translator.attends:
        raise UserError(
            "--explain draws attention, and this model has none; train: kerasrecipes run attention"
        )
    found = translator(sentences, beam, length_penalty)
    given = []
    for sentence, tokens in zip(sentences, found, strict=True):
        notes = _notes(sentence, translator, run.info)
        answer: dict[str, Any] = {"input": sentence, "text": translator.target.decode(tokens)}
        if explain and sentence.strip():
            answer["explanation"] = translator.word_alignment(sentence, tokens)
        given.append({**answer, "notes": notes} if notes else answer)
    return given


def _sentences(item: str | Path | bytes) -> list[str]:
    if isinstance(item, bytes):
        return [line for line in read_text(item).splitlines() if line.strip()]
    text = str(item)
    try:
        exists = bool(text.strip()) and Path(text).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # too long for a name, or no name at all
        exists = False
    if exists:
        return [line for line in read_text(Path(text).expanduser()).splitlines() if line.strip()]
    if len(text.split()) == 1 and text.lower().endswith(_SUFFIXES):
        raise UserError(f"there is no file {text}")
    return [text]


def _notes(sentence: str, translator: Translator, info: Info) -> list[str]:
    """Say what about a source makes its translation doubtful."""
    length = len(translator.source.encode([sentence])[0])
    if not length:
        return ["there is nothing to translate"]
    notes = []
    if length > translator.lengths[0]:
        notes.append(
            f"{length} tokens, longer than the longest sentence of the training, {translator.lengths[0]}"
        )
    lowercase = translator.source.lowercase
    strange = sorted(characters([sentence], lowercase) - set(info.facts["source_letters"]))
    if strange:
        known = "a letter" if len(strange) == 1 else "letters"
        notes.append(f"{known} that the training never showed: {' '.join(strange[:8])}")
    return notes
