"""The words that a trained masked language model tells for the hidden ones of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Failure, Label
from kerasrecipes.data.text.masked_language_modeling import (
    MaskedExamples,
    MaskedTextPreprocessor,
)
from kerasrecipes.data.text.tokenizer import UNKNOWN
from kerasrecipes.data.text.wordpieces import MASK, MASK_SIGN
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.inference.text_classification import readable_texts
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation

_AT_ONCE = 16  # windows
_LEAST = 1e-9  # probability, whose logarithm is finite


def tell_words(run: Any, inputs: Iterable[str | Path | bytes], *, top: int = 5) -> list[Answer]:
    """Tell the hidden words of texts.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: texts in which `[MASK]` stands for each hidden word; text files, and folders of
            them; or contents of text files, as bytes.
        top: number of words that an answer lists.

    Returns:
        A `Label` for each text, the most probable word; of several hidden words the text with all
        of them in their places. A file in a folder that cannot be read is a `Failure`.

    Raises:
        UserError: if a text hides no word, or is longer than the model reads.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    preprocessor = MaskedTextPreprocessor.of(run.info)
    answers: list[Answer] = []
    for name, text in readable_texts(inputs):
        if isinstance(text, UserError):
            answers.append(Failure(input=name, error=str(text)))
            continue
        if MASK_SIGN not in text:
            raise UserError(
                f"the text '{excerpt(text)}' hides no word: write {MASK_SIGN} in place of each "
                "word that is to be told"
            )
        x = preprocessor([text])
        outputs = np.asarray(run.model.predict_on_batch(x), np.float32)[0]
        answers.append(_answer(name, text, x[0], outputs, preprocessor, top))
    if not answers:
        raise UserError(f"there is no text; give one such as 'the {MASK_SIGN} sat on the mat'")
    return answers


def _answer(
    name: str,
    text: str,
    row: np.ndarray,
    outputs: np.ndarray,
    preprocessor: MaskedTextPreprocessor,
    top: int,
) -> Label:
    pieces = preprocessor.pieces
    # A hidden word is told whole: what only goes on with a word, and specials, are left out.
    whole = ~pieces.continues
    whole[: MASK + 1] = False
    places = np.flatnonzero(row == MASK)
    tables = [_ranked(outputs[place] * whole, pieces.token, top) for place in places]
    notes = []
    if unknown := int(np.count_nonzero(row == UNKNOWN)):
        notes.append(f"{unknown} of its words were not seen in training")
    if len(tables) == 1:
        best = tables[0][0]
        return Label(
            input=name,
            label=best.label,
            probability=best.probability,
            probabilities=tables[0],
            notes=notes,
        )
    filled = text
    for table in tables:
        filled = filled.replace(MASK_SIGN, table[0].label, 1)
    listed = [Chance(f"{n}: {t.label}", t.probability) for n, table in enumerate(tables, 1)
              for t in table[: max(1, top // len(tables))]]  # fmt: skip
    # Each word by itself, as if it did not know of the others.
    together = float(np.prod([table[0].probability for table in tables]))
    return Label(input=name, label=filled, probability=together, probabilities=listed, notes=notes)


def _ranked(probabilities: np.ndarray, spelled: Any, top: int) -> list[Chance]:
    order = np.argsort(-probabilities, kind="stable")[:top]
    return [Chance(spelled(int(token)), float(probabilities[token])) for token in order]


def told(model: Any, info: Info, examples: MaskedExamples) -> np.ndarray:
    """Compute the token that a model tells for each, and the probability that it gave the true one,
    which is all that scores and figures need of its outputs.

    Args:
        model: from `(batch, time)` to `(batch, time, vocabulary)` probabilities.
        info: of the data.
        examples: windows with hidden words.

    Returns:
        `(windows, length, 2)`.
    """
    found = []
    for start in range(0, len(examples), _AT_ONCE):
        x, y, _ = examples.take(np.arange(start, min(start + _AT_ONCE, len(examples))))
        outputs = np.asarray(model.predict_on_batch(x), np.float32)
        true = np.take_along_axis(outputs, y[..., None], axis=-1)[..., 0]
        found.append(np.stack([outputs.argmax(axis=-1), true], axis=-1))
    return np.concatenate(found)


def scores(evaluation: Evaluation) -> Mapping[str, float]:
    """Return the perplexity over the hidden tokens.

    Args:
        evaluation: of a masked language model.
    """
    hidden = np.asarray(evaluation.labels) > 0
    likelihood = np.asarray(evaluation.outputs)[..., 1][hidden]
    if not likelihood.size:
        return {}
    return {"perplexity": float(np.exp(-np.log(np.maximum(likelihood, _LEAST)).mean()))}


def neighbours(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that has counted which tokens stand beside each other.

    Args:
        evaluation: of a masked language model.
    """
    known = evaluation.info.baselines
    if "neighbours_accuracy" not in known:
        return None
    return Baseline(
        "counted neighbours",
        metrics={name: known[f"neighbours_{name}"] for name in ("accuracy", "perplexity")},
    )
