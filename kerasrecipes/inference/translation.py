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
from kerasrecipes.data.text.translation import letters
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search
from kerasrecipes.interpret.attention import word_alignment
from kerasrecipes.interpret.explanation import Alignment
from kerasrecipes.recipe import Info

AT_ONCE = 64  # sentences that are decoded together
_ROOM = 1.5  # how much longer than any in training a translation may grow
_SUFFIXES = (".txt", ".text", ".gz")


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
    strange = sorted(letters([sentence], lowercase) - set(info.facts["source_letters"]))
    if strange:
        known = "a letter" if len(strange) == 1 else "letters"
        notes.append(f"{known} that the training never showed: {' '.join(strange[:8])}")
    return notes
