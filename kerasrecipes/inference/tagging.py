"""Tags of a trained tagger for raw text, and their scores."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from rich.cells import cell_len

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Tokens, Word
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text import tagging
from kerasrecipes.data.text.segmentation import Segmenter
from kerasrecipes.inference.inputs import texts
from kerasrecipes.metrics import task_metrics
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.spans import span_scores
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

_SUFFIXES = (".txt", ".text", ".md")


def tag(run: Any, inputs: Sequence[str | bytes]) -> list[Answer]:
    """Tag every word.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: texts, each of any number of sentences; names of text files; or the content of one.

    Returns:
        `Tokens` for each sentence; a `Failure` for a text without words.

    Raises:
        UserError: if the run is not of a tagger, or a file that was named is not there or is not a
            text.
    """
    preprocessor = tagging.TagPreprocessor.of(run.info)
    segmenter = Segmenter(preprocessor.tokenizer)
    named = [(item.name, segmenter.sentences(item.content)) for item in texts(inputs, _SUFFIXES)]
    rows = iter(
        _probabilities(run.model, preprocessor, [s for _, sentences in named for s in sentences])
    )
    answers: list[Answer] = []
    for name, sentences in named:
        answers += [_answer(words, next(rows), run.info) for words in sentences]
        if not sentences:
            answers.append(Failure(input=name, error="there are no words in it"))
    return answers


def _probabilities(
    model: Any, preprocessor: tagging.TagPreprocessor, sentences: Sequence[Sequence[str]]
) -> list[np.ndarray]:
    """Compute `(words, tags)` for each sentence; a very long one is read in pieces."""
    cut = [tagging.pieces(words) for words in sentences]
    pieces = [piece for row in cut for piece in row]
    if not pieces:
        return []
    x = preprocessor(pieces)
    # Examples must have labels; a prediction ignores them.
    outputs = model_outputs.predict(
        model, RaggedExamples(x, Ragged(np.zeros_like(x["words"].values), x["words"].offsets))
    )
    rows = iter(output[: len(piece)] for output, piece in zip(outputs, pieces, strict=True))
    return [np.concatenate([next(rows) for _ in row]) for row in cut]


def _answer(words: Sequence[str], probabilities: np.ndarray, info: Any) -> Tokens:
    tags = [info.classes[index] for index in probabilities.argmax(axis=-1)]
    columns = zip(words, tags, probabilities.max(axis=-1).tolist(), strict=True)
    spans: Sequence[dict[str, Any]] = ()
    if info.spans:
        from seqeval.metrics.sequence_labeling import get_entities

        spans = [
            {"text": " ".join(words[first : last + 1]), "type": kind, "first": int(first)}
            for kind, first, last in get_entities(list(tags))
        ]
    return Tokens(
        words=tuple(Word(*column) for column in columns),
        spans=spans,
        text=aligned(words, tags),
    )


def aligned(words: Sequence[str], tags: Sequence[str], width: int | None = None) -> str:
    """Write each tag below its word.

    Args:
        words: of a sentence.
        tags: one for each.
        width: of a line in columns of the terminal, by default the terminal's own; longer lines are
            folded.

    Returns:
        Pairs of lines, words and tags, with an empty line between pairs.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    lines: list[tuple[list[str], list[str]]] = []
    # As if a line were full, so that the first word begins one.
    used = width
    for word, name in zip(words, tags, strict=True):
        size = max(cell_len(word), cell_len(name))  # a Chinese character takes two columns
        if used + size > width:
            lines.append(([], []))
            used = 0
        for row, text in zip(lines[-1], (word, name), strict=True):
            row.append(text + " " * (size - cell_len(text)))
        # The two spaces between columns.
        used += size + 2
    return "\n\n".join("\n".join("  ".join(row).rstrip() for row in pair) for pair in lines)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute the metrics of the words' tags, and where tags mark spans those of the spans.

    Args:
        evaluation: of tagged sentences; a word without a tag does not count.

    Returns:
        Metrics by name, and `by_class`: of the types of spans, else of the tags.
    """
    examples = cast(RaggedExamples, evaluation.examples)
    outputs, labels = np.asarray(evaluation.outputs), examples.y
    # Outputs are padded, labels lie one after another: the mask takes them out by sentence.
    inside = np.arange(outputs.shape[1]) < labels.lengths[:, None]
    tagged = labels.values != tagging.UNTAGGED
    found = task_metrics.measure(
        "multiclass",
        labels.values[tagged],
        outputs[inside][tagged],
        classes=evaluation.info.classes,
    )
    return found | _span_scores(evaluation, outputs) if evaluation.info.spans else found


def _span_scores(evaluation: Evaluation, outputs: np.ndarray) -> dict[str, Any]:
    tags = np.array(evaluation.info.classes)
    predicted = outputs.argmax(axis=-1)  # (sentences, longest)
    labels = list(cast(RaggedExamples, evaluation.examples).y)
    # A word without a tag is outside of any span, whatever is predicted for it.
    tagged = [row != tagging.UNTAGGED for row in labels]
    truth, answers = (
        [np.where(known, tags[row], "O").tolist() for known, row in zip(tagged, rows, strict=True)]
        for rows in (
            labels,
            [line[: len(row)] for line, row in zip(predicted, labels, strict=True)],
        )
    )
    return span_scores(truth, answers)


def usual_tags(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that gives every word the tag that it has most often in the training
    sentences, and a word not seen there the most frequent tag of all.

    Args:
        evaluation: of tagged sentences.
    """
    examples = evaluation.examples
    if not isinstance(examples, tagging.TaggedTokenExamples):
        return None
    return Baseline(
        "most frequent tag",
        outputs=np.eye(len(evaluation.info.classes or ()))[examples.usual.padded()],
    )
