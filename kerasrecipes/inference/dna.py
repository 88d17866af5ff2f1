"""Classes of a user's own sequences of DNA, and what simpler models make of the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Label, Table
from kerasrecipes.data.dna import bases
from kerasrecipes.data.dna.files import SUFFIXES, records
from kerasrecipes.data.dna.preprocessor import DnaPreprocessor
from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.inputs import texts
from kerasrecipes.interpret.explanation import Span, WordImportance
from kerasrecipes.interpret.motifs import importance
from kerasrecipes.metrics.baselines import Baseline, constant
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

WORD = 6  # letters of the words that the baseline counts
_TREES = 200
_MOST_EXAMPLES = 20_000  # training sequences of the baselines, of which more cost minutes
_STEPS = 4  # windows that overlap at each place of a long sequence
_BATCH = 256
_UNCLEAR = 0.5  # share of ambiguous letters above which an answer is doubtful


def classify(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    top: int = 5,
    explain: bool = False,
    step: int | None = None,
) -> list[Answer]:
    """Classify sequences; a longer one than the model's window in windows along it.

    Args:
        run: has `model`, a trained `keras.Model`, and `info`.
        inputs: sequences; FASTA files, and folders of them; or contents of files, as bytes. A file
            without headers is one sequence.
        top: number of classes that an answer lists.
        explain: whether to show how much each letter of a sequence speaks for the answer.
        step: letters from a window to the next in a long sequence; by default a quarter of one.

    Returns:
        A `Label` for each sequence of one window, a `Table` of windows for each longer one; with
        notes where the answer is doubtful. A sequence in a file that has unknown letters is a
        `Failure`.

    Raises:
        UserError: if a file is not there, or a sequence that was named has unknown letters.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    if step is not None and step < 1:
        raise UserError(f"step={step}: must be at least 1")
    preprocessor = DnaPreprocessor.of(run.info)
    answers: list[Answer] = []
    for name, letters, in_file in _sequences(inputs):
        try:
            codes = bases.encode(letters)
            if not len(codes):
                raise UserError("the sequence has no letters")
        except UserError as error:
            if not in_file:
                raise
            answers.append(Failure(input=name, error=str(error)))
            continue
        if len(codes) > preprocessor.length:
            answers.append(_along(run, preprocessor, name, codes, step))
        else:
            answers.append(_label(run, preprocessor, name, codes, top, explain))
    return answers


def _sequences(inputs: Iterable[str | Path | bytes]) -> Iterator[tuple[str, str, bool]]:
    """Yield name, letters, and whether it is one of several of a file."""
    found = False
    for item in texts(inputs, SUFFIXES, folders=True):
        if item.from_file and item.content.lstrip().startswith((">", ";")):
            for header, letters in records(item.content.encode("utf-8", "replace")):
                found = True
                yield (header.split() or [item.name])[0], letters, True
        elif item.content.strip():
            found = True
            yield item.name, item.content, False
    if not found:
        raise UserError("there is no sequence; give letters such as ACGT, or FASTA files")


def _label(
    run: Any, preprocessor: DnaPreprocessor, name: str, codes: np.ndarray, top: int, explain: bool
) -> Label:
    window = preprocessor([bases.decode(codes)])
    found = ranked(probabilities(run.model, window)[0], run.info.classes, top)
    explanation = None
    if explain:
        weights = importance(run.model, window, [run.info.classes.index(found["label"])])[0]
        inside = np.flatnonzero(window[0] != bases.OUTSIDE)
        explanation = WordImportance(
            label=found["label"],
            probability=found["probability"],
            text=bases.decode(codes),
            spans=tuple(
                Span(begin=place, end=place + 1, importance=float(weights[index]))
                for place, index in enumerate(inside)
            ),
        )
    notes = _doubts(codes)
    if len(codes) < preprocessor.length:
        notes.append(f"{len(codes):,} letters, where the model reads {preprocessor.length:,}")
    return Label(input=name, **found, explanation=explanation, notes=notes)


def _along(
    run: Any, preprocessor: DnaPreprocessor, name: str, codes: np.ndarray, step: int | None
) -> Table:
    """Classify windows along a sequence: a row for each stretch of windows of one class."""
    step = step or max(1, preprocessor.length // _STEPS)
    starts, windows = preprocessor.windows(codes, step)
    chances = probabilities(run.model, windows)
    best = chances.argmax(axis=1)
    first = np.flatnonzero(np.append(True, best[1:] != best[:-1]))
    last = np.append(first[1:], len(best)) - 1
    # The window of a stretch that is most certain says where in it the class is.
    peaks = [
        a + int(chances[a : b + 1, best[a]].argmax()) for a, b in zip(first, last, strict=True)
    ]
    columns = {
        "start": (starts[first] + 1).tolist(),
        "end": (starts[last] + preprocessor.length).tolist(),
        "label": [run.info.classes[index] for index in best[first]],
        "probability": [float(chances[peak, best[peak]]) for peak in peaks],
        "most_probable_at": (starts[peaks] + 1).tolist(),
    }
    return Table(input=name, columns=columns, notes=_doubts(codes))


def _doubts(codes: np.ndarray) -> list[str]:
    unclear = float(np.mean(~np.isin(codes, (1, 2, 4, 8))))
    return [f"{unclear:.0%} of its letters are ambiguous"] if unclear > _UNCLEAR else []


def probabilities(model: Any, windows: np.ndarray) -> np.ndarray:
    """Compute class probabilities.

    Args:
        model: trained.
        windows: `(windows, length)` uint8, as the preprocessor gives them.

    Returns:
        `(windows, classes)`.
    """
    return both_classes(model_outputs.predict(model, Arrays(windows), _BATCH))


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return what reading without a network reaches: a forest that looks at the letter of each
    place, or logistic regression on counted words of six letters.

    Both are fitted to the training split; the one that is better on the validation split counts.

    Args:
        evaluation: of a classifier of sequences, with its training split.

    Returns:
        The baseline with its probabilities for the evaluated split; the majority class where the
        training split holds one class, `None` where it is not at hand.
    """
    if evaluation.train is None:
        return None
    train = cast(Arrays, evaluation.train.sample(_MOST_EXAMPLES, seed=0))
    info, labels = evaluation.info, train.y.reshape(-1).astype(np.int64)
    if len(np.unique(labels)) < 2:
        return constant(info.task, labels, info.classes)
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    rivals = {
        "forest on places": (RandomForestClassifier(_TREES, random_state=0), _letters),
        f"logistic regression on words of {WORD}": (LogisticRegression(max_iter=500), _words),
    }
    judges = evaluation.validation
    judges = cast(Arrays, judges if judges is not None and len(judges) else train)
    best: tuple[float, str, np.ndarray] = (-1.0, "", np.zeros(0))
    for name, (model, features) in rivals.items():
        model.fit(features(train.x), labels)
        right = float((model.predict(features(judges.x)) == judges.y.reshape(-1)).mean())
        if right > best[0]:
            found = model.predict_proba(features(cast(Arrays, evaluation.examples).x))
            # A class that no training sequence has keeps the probability 0.
            outputs = np.zeros((len(found), info.num_classes))
            outputs[:, model.classes_] = found
            best = right, name, outputs
    outputs = best[2][:, 1:] if info.task == "binary" else best[2]
    return Baseline(best[1], outputs=outputs, advice="more --epochs, or other_strand=0.5")


def _letters(windows: np.ndarray) -> np.ndarray:
    """Return which letters each place may be, `(windows, 4 * length)`."""
    return (windows[..., None] >> np.arange(4) & 1).reshape(len(windows), -1).astype(np.float32)


def _words(windows: np.ndarray) -> Any:
    """Count the words of windows on their strand, `(windows, 4**6)`, sparse; none with an ambiguous
    letter.
    """
    from scipy.sparse import csr_matrix

    number = np.full(bases.NUM_CODES, -1, np.int64)
    number[[1, 2, 4, 8]] = np.arange(4)
    letters = number[windows]
    count = max(0, windows.shape[1] - WORD + 1)
    words, clear = np.zeros((len(windows), count), np.int64), np.ones((len(windows), count), bool)
    for step in range(WORD):
        letter = letters[:, step : step + count]
        words, clear = 4 * words + letter, clear & (letter >= 0)
    rows = np.nonzero(clear)[0]
    entries = (np.ones(len(rows), np.float32), (rows, words[clear]))
    return csr_matrix(entries, shape=(len(windows), 4**WORD))
