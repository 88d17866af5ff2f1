"""Summaries of texts by their best sentences, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Text
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.text.summarization import (
    MOST_SENTENCES,
    Article,
    SentenceExamples,
    SummaryPreprocessor,
)
from kerasrecipes.errors import excerpt
from kerasrecipes.inference.inputs import texts
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.rouge import mean_rouge, words_of
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

LEAD = 3  # sentences of the baseline that people try first
_SUFFIXES = (".txt", ".text", ".md")


def summarize(
    run: Any, inputs: Sequence[str | bytes], *, sentences: Count | None = None
) -> list[Answer]:
    """Summarize texts.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: texts; names of text files, folders of them; or contents of text files, as bytes.
        sentences: number of sentences of a summary; by default so many that its share of the text
            is that of the training's summaries.

    Returns:
        A `Text` for each: its best sentences in their order; a `Failure` for a text without words.

    Raises:
        UserError: if a file is not there or is not a text, or the model was not trained on
            articles.
    """
    preprocessor = SummaryPreprocessor.of(run.info)
    items = [
        (item.name if item.from_file else excerpt(item.name), Article.of(item.content))
        for item in texts(inputs, _SUFFIXES, folders=True)
    ]
    rows = [row for _, row in items if _has_words(row)]
    outputs = iter(_probabilities(run.model, preprocessor, rows))
    return [
        _answer(name, row, next(outputs), preprocessor.share, sentences)
        if _has_words(row)
        else Failure(input=name, error="there are no words in it")
        for name, row in items
    ]


def _has_words(row: Article) -> bool:
    return any(words_of(sentence) for sentence in row.sentences)


def _probabilities(
    model: Any, preprocessor: SummaryPreprocessor, rows: Sequence[Article]
) -> list[np.ndarray]:
    """Compute the probability of each sentence, `(sentences,)` for each article."""
    if not rows:
        return []
    x = preprocessor(rows)
    nothing = np.zeros((len(x["words"].values), 1), np.float32)
    examples = SentenceExamples(rows, x, Ragged(nothing, x["words"].offsets))
    outputs = np.asarray(model_outputs.predict(model, examples))
    return [row[:count, 0] for row, count in zip(outputs, x["words"].lengths, strict=True)]


def _answer(name: str, row: Article, chances: np.ndarray, share: float, count: int | None) -> Text:
    kept = chosen(row.sentences, chances, share, count)
    notes = []
    if len(row.sentences) > MOST_SENTENCES:
        notes.append(f"of its {len(row.sentences):,} sentences {MOST_SENTENCES} were read")
    if len(kept) == len(row.sentences):
        notes.append("the text is as short as its summary")
    text = " ".join(row.sentences[place] for place in kept)
    return Text(input=name, text=text, details={"sentences": len(kept)}, notes=notes)


def chosen(
    sentences: Sequence[str], chances: np.ndarray, share: float, count: int | None = None
) -> list[int]:
    """Return the places of the sentences that a summary is made of, in their order.

    Args:
        sentences: of an article.
        chances: their probabilities, `(sentences,)`; those behind it are not read.
        share: share of the article's words that a summary has.
        count: number of sentences, where it is given.
    """
    order = np.argsort(-chances, kind="stable")
    if count is not None:
        return sorted(int(place) for place in order[:count])
    lengths = [len(words_of(sentence)) for sentence in sentences]
    wanted, words = share * sum(lengths), 0
    kept: list[int] = []
    for place in order:
        # The sentence that passes the length is taken if it comes nearer to it.
        if kept and words + lengths[place] / 2 > wanted:
            break
        kept.append(int(place))
        words += lengths[place]
    return sorted(kept)


def summaries_of(evaluation: Evaluation) -> list[list[int]]:
    """Return the places of the sentences that were chosen of each article of a split.

    Args:
        evaluation: of articles.
    """
    examples = cast(SentenceExamples, evaluation.examples)
    share = SummaryPreprocessor.of(evaluation.info).share
    rows = zip(examples.rows, np.asarray(evaluation.outputs), examples.y.lengths, strict=True)
    return [chosen(row.sentences, output[:count, 0], share) for row, output, count in rows]


def written(rows: Sequence[Article], places: Sequence[Sequence[int]]) -> list[str]:
    """Return the summaries that are made of some sentences of each article.

    Args:
        rows: the articles.
        places: of the sentences of each.
    """
    pairs = zip(rows, places, strict=True)
    return [" ".join(row.sentences[place] for place in some) for row, some in pairs]


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute ROUGE of the summaries, and of first sentences of the same length.

    Args:
        evaluation: of articles.

    Returns:
        `rouge1`, `rouge2` and `rougeL`, from 0 to 100; with `lead_` those of as many words from the
        article's beginning, and with `best_` those of the sentences that were to be chosen.
    """
    examples = cast(SentenceExamples, evaluation.examples)
    references = [row.summary for row in examples.rows]
    share = SummaryPreprocessor.of(evaluation.info).share
    lead = [chosen(r.sentences, -np.arange(len(r.sentences)), share) for r in examples.rows]
    best = [np.flatnonzero(row[:, 0] > 0.5).tolist() for row in examples.y]
    found = mean_rouge(written(examples.rows, summaries_of(evaluation)), references)
    for name, places in (("lead", lead), ("best", best)):
        other = mean_rouge(written(examples.rows, places), references)
        found |= {f"{name}_{metric}": value for metric, value in other.items()}
    return found


def first_sentences(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that takes the first three sentences, which of news is a good one.

    Args:
        evaluation: of articles.
    """
    examples = evaluation.examples
    if not isinstance(examples, SentenceExamples) or not len(examples):
        return None
    lead = [list(range(min(LEAD, len(row.sentences)))) for row in examples.rows]
    references = [row.summary for row in examples.rows]
    return Baseline(
        "the first three sentences",
        metrics=mean_rouge(written(examples.rows, lead), references),
    )
