"""A trained text classifier's answers to a user's own texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data.files import read_text, text_files
from kerasrecipes.data.ragged import Ragged, Sequences
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.interpret.explanation import Span, WordImportance
from kerasrecipes.interpret.token_attribution import importance

BATCH = 1024  # texts that are in memory at a time
_SUFFIXES = (".txt", ".text", ".md", ".csv", ".tsv", ".json", ".jsonl", ".html")


def classify(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    top: int = 5,
    lines: bool = False,
    explain: bool = False,
) -> list[dict[str, Any]]:
    """Name the class of each text.

    Args:
        run: has `model`, a trained `keras.Model` from token numbers to class probabilities, and
            `info`.
        inputs: texts; text files, and folders of them; or contents of text files, as bytes. A file
            is one text.
        top: how many classes an answer lists.
        lines: whether each line of a file is a text of its own.
        explain: show how much each word of a text speaks for the answer.

    Returns:
        For each text `input`, `label`, `probability` and `probabilities`, a list of `label` and
        `probability` with the likeliest first; `notes` where the answer is doubtful;
        `explanation`, a `WordImportance`, where asked for. A file in a folder that is no text has
        `input` and `error` instead.

    Raises:
        UserError: if a file that was named is not there or is no text, or the model takes no texts.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    reader = TextPreprocessor(run.info)
    answers: list[dict[str, Any]] = []
    found = _found(inputs, lines)
    while batch := list(islice(found, BATCH)):
        answers += _answers(run, reader, batch, top, explain)
    if not answers:
        raise UserError(
            "there is no text to predict; give texts, text files, or a folder that holds some"
        )
    return answers


def _found(
    inputs: Iterable[str | Path | bytes], lines: bool
) -> Iterator[tuple[str, str | UserError]]:
    """Give the name of each text, and the text or why it cannot be read."""
    for item in inputs:
        if isinstance(item, bytes):
            yield from _of_file("-", read_text(item), lines)
        elif _is_path(item):
            place = Path(item).expanduser()
            if place.is_dir():
                files = text_files(place)
                if not files:
                    raise UserError(f"the folder {item} holds no text files")
                for file in files:
                    try:
                        yield from _of_file(file, read_text(file), lines)
                    except UserError as error:
                        yield file, error
            else:
                yield from _of_file(str(item), read_text(place), lines)
        else:
            yield str(item), str(item)


def _of_file(name: str, text: str, lines: bool) -> Iterator[tuple[str, str]]:
    if not lines:
        yield name, text
        return
    yield from (
        (f"{name}:{number}", line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    )


def _is_path(item: str | Path) -> bool:
    """Tell a path from a text: it is there, or it is one word that ends as text files do."""
    text = str(item)
    try:
        if text.strip() and Path(text).expanduser().exists():
            return True
    except (OSError, RuntimeError, ValueError):  # too long for a name, or no name at all
        return False
    if len(text.split()) == 1 and text.lower().endswith(_SUFFIXES):
        raise UserError(f"there is no file or folder {text}")
    return False


def _answers(
    run: Any,
    reader: TextPreprocessor,
    batch: Sequence[tuple[str, str | UserError]],
    top: int,
    explain: bool,
) -> list[dict[str, Any]]:
    texts = [text for _, text in batch if not isinstance(text, UserError)]
    rows = iter(zip(texts, probabilities(run.model, reader, texts), strict=True) if texts else ())
    answers = []
    for name, text in batch:
        if isinstance(text, UserError):
            answers.append({"input": name, "error": str(text)})
            continue
        answer = _answer(name, next(rows)[1], run.info.classes, top)
        notes = reader.notes(text)
        if explain:
            answer["explanation"] = explained(run, reader, text, answer)
        answers.append({**answer, "notes": notes} if notes else answer)
    return answers


def probabilities(model: Any, reader: TextPreprocessor, texts: Sequence[str]) -> np.ndarray:
    """Give `(texts, classes)`; one output alone is the probability of the second of two classes."""
    from kerasrecipes.training import trainer

    examples = Sequences(
        Ragged.of(reader.rows(texts)), np.zeros((len(texts), 1), np.float32), pad_to=reader.pad_to
    )
    outputs = np.asarray(trainer.predict(model, examples, 128), np.float32)
    return np.concatenate([1 - outputs, outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


def explained(
    run: Any, reader: TextPreprocessor, text: str, answer: Mapping[str, Any]
) -> WordImportance:
    """Compute how much each word of a text speaks for an answer.

    Args:
        run: has the trained `model` and `info`.
        reader: of the run.
        text: as it was given.
        answer: to the text, with `label` and `probability`.

    Returns:
        The importance of each token, `None` where the model did not read it.
    """
    spans = reader.tokenizer.spans(text)
    tokens = reader.batch([text])
    own = np.array([run.info.classes.index(answer["label"])])
    scores = importance(run.model, tokens, own)[0]
    places = {place: number for number, place in enumerate(reader.kept_positions(len(spans)))}
    words = tuple(
        Span(
            begin=begin,
            end=end,
            importance=float(scores[places[number]]) if number in places else None,
        )
        for number, (begin, end) in enumerate(spans)
    )
    return WordImportance(
        label=answer["label"], probability=answer["probability"], text=text, spans=words
    )


def _answer(name: str, row: np.ndarray, classes: Sequence[str], top: int) -> dict[str, Any]:
    best = [
        {"label": classes[k], "probability": float(row[k])}
        for k in np.argsort(-row, kind="stable")[:top]
    ]
    return {"input": name, **best[0], "probabilities": best}
