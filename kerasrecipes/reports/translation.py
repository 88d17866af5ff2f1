"""Scores and figures of translations: BLEU and chrF, BLEU by length of the source, alignments, and
the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.explain import draw_alignment
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    RIGHT,
    VALIDATION,
    WIDTH,
    WRONG,
    curves,
    set_title,
    style,
)

if TYPE_CHECKING:
    pass

BY_LENGTH = "bleu_by_source_length"
_PLACES = 7  # on the axis of lengths
_FEWEST = 0.02  # share of the sentences in each
_SHOWN = 3  # alignments


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Judge translations by all references.

    Capitals count where the model writes them. BLEU is SacreBLEU's with its default tokenizer, 13a;
    single characters where most references have no spaces.

    Returns:
        `bleu` and `chrf` of the whole split, `sentence_accuracy`, the share of sentences that are
        as a reference, and `bleu_by_source_length`, pairs of the mean words of sources of like
        length, and their BLEU.
    """
    said, references = evaluation.outputs, evaluation.examples.texts.references
    bleu, chrf = _metrics(evaluation)
    streams = _streams(references)
    lowercase = bleu.lowercase
    right = [
        _plain(text, lowercase) in {_plain(r, lowercase) for r in some}
        for text, some in zip(said, references, strict=True)
    ]
    return {
        "bleu": round(bleu.corpus_score(said, streams).score, 2),
        "chrf": round(chrf.corpus_score(said, streams).score, 2),
        "sentence_accuracy": float(np.mean(right)),
        BY_LENGTH: _by_length(evaluation, bleu),
    }


def source_lengths(sources: Sequence[str]) -> np.ndarray:
    """Count each source's words; its letters, where there are no spaces between words."""
    counts = np.array([len(text.split()) for text in sources])
    return counts if np.median(counts) > 1 else np.array([len(text) for text in sources])


def length_groups(lengths: np.ndarray) -> list[np.ndarray]:
    """Divide sentences by length into groups of like width; small ones go with their shorter
    neighbours.

    Returns:
        The sentences' numbers, a group each, the shortest first.
    """
    width = max(1, int(np.ceil((np.quantile(lengths, 0.99) - lengths.min() + 1) / _PLACES)))
    place = np.minimum((lengths - lengths.min()) // width, _PLACES - 1)
    found: list[np.ndarray] = []
    for number in np.unique(place):
        group = np.flatnonzero(place == number)
        if found and len(group) < max(2, _FEWEST * len(lengths)):
            found[-1] = np.concatenate([found[-1], group])
        else:
            found.append(group)
    return found


def _metrics(evaluation: Evaluation) -> tuple[Any, Any]:
    from sacrebleu.metrics import BLEU, CHRF

    lowercase = Tokenizer.from_dict(evaluation.info.facts["target_tokenizer"]).lowercase
    spaced = (
        np.mean([" " in some[0].strip() for some in evaluation.examples.texts.references]) > 0.5
    )
    return BLEU(lowercase=lowercase, tokenize="13a" if spaced else "char"), CHRF(
        lowercase=lowercase
    )


def _streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """Turn each sentence's references into as many streams as the most have; `None` where one has
    no more.
    """
    most = max(map(len, references))
    return [[some[n] if n < len(some) else None for some in references] for n in range(most)]


def _plain(text: str, lowercase: bool) -> str:
    text = "".join(text.split())
    return text.lower() if lowercase else text


def _by_length(evaluation: Evaluation, bleu: Any) -> list[tuple[float, float]]:
    texts, said = evaluation.examples.texts, evaluation.outputs
    lengths = source_lengths(texts.sources)
    points = []
    for group in length_groups(lengths):
        streams = _streams([texts.references[n] for n in group])
        score = bleu.corpus_score([said[n] for n in group], streams).score
        points.append((round(float(lengths[group].mean()), 2), round(score, 2)))
    return points


@style()
def bleu_by_length(evaluation: Evaluation) -> Figure | None:
    """BLEU of the test sentences by the length of their source."""
    if not len(evaluation.examples):
        return None
    bleu = _metrics(evaluation)[0]
    points = np.array(_by_length(evaluation, bleu))
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    axes.plot(points[:, 0], points[:, 1], "o-", color=VALIDATION)
    axes.set(xlabel="words of the source", ylabel=_counted(bleu), ylim=(0, None))
    change = points[-1, 1] - points[0, 1]
    turn = "falls" if change < -2 else "rises" if change > 2 else "stays"
    axes.set_title(
        f"From the shortest sources to the longest BLEU {turn}: {points[0, 1]:.1f} to {points[-1, 1]:.1f}"
    )
    return figure


def _counted(bleu: Any) -> str:
    """Say how BLEU is counted, which other people's figures have to agree with."""
    case = "lower-cased" if bleu.lowercase else "capitals count"
    tokenizer = dict(part.split(":") for part in str(bleu.get_signature()).split("|"))["tok"]
    return f"SacreBLEU, {case}, tokenizer {tokenizer}"


@style()
def alignments(evaluation: Evaluation) -> Figure | None:
    """Where the model looked in the source (across) for each word that it said (down): darker is
    more.
    """
    from kerasrecipes.inference.translation import translator_of

    translator = translator_of(evaluation.model, evaluation.info)
    sources = evaluation.examples.texts.sources
    if not translator.attends or not sources:
        return None
    lengths = source_lengths(sources)
    medium = np.argsort(np.abs(lengths - np.median(lengths)), kind="stable")[:_SHOWN]
    found = translator([sources[n] for n in medium])
    figure = Figure(figsize=(WIDTH, 5.2 * len(medium)))
    for row, (number, tokens) in enumerate(zip(medium, found, strict=True)):
        axes = figure.add_subplot(len(medium), 1, row + 1)
        draw_alignment(axes, translator.word_alignment(sources[number], tokens))
    set_title(figure, "Where it looked for each word")
    return figure


@style()
def translations(evaluation: Evaluation) -> Figure | None:
    """Test sentences of every length, with what the model made of them and a translation that is
    right.
    """
    texts, said = evaluation.examples.texts, evaluation.outputs
    if not said:
        return None
    lowercase = _metrics(evaluation)[0].lowercase
    groups = length_groups(source_lengths(texts.sources))
    chosen = [group[len(group) // 2] for group in groups]
    lines: list[tuple[str, str, str]] = []
    for number in chosen:
        right = _plain(said[number], lowercase) in {
            _plain(r, lowercase) for r in texts.references[number]
        }
        lines += _wrapped("", texts.sources[number], MUTED)
        lines += _wrapped("", said[number] or "(nothing)", RIGHT if right else WRONG)
        lines += [] if right else _wrapped("right: ", texts.references[number][0], INK)
        lines.append(("", INK, "normal"))
    figure = Figure(figsize=(WIDTH, 0.6 + 0.19 * len(lines)))
    axes = figure.add_subplot()
    axes.axis("off")
    for place, (line, color, weight) in enumerate(lines):
        axes.text(
            0,
            1 - place / len(lines),
            line,
            color=color,
            weight=weight,
            va="top",
            transform=axes.transAxes,
        )
    set_title(
        figure, "What it says: the source, the translation, and where they differ what is right"
    )
    return figure


def _wrapped(lead: str, text: str, color: str) -> list[tuple[str, str, str]]:
    import textwrap

    weight = "bold" if color in (RIGHT, WRONG) else "normal"
    return [(line, color, weight) for line in textwrap.wrap(lead + text, 112)[:6]]


TRANSLATION_FIGURES = (curves, bleu_by_length, alignments, translations)
