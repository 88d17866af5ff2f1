"""Figures of captions: BLEU, what was said of which image, and where the model looked."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference.captioning import Captioner, scores
from kerasrecipes.metrics.exact_match import caption_words, exact_matches
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.explain import region_weights_figure
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.images import show, write_below
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    RIGHT,
    TRAIN,
    WIDTH,
    curves,
    set_title,
    style,
)

_SHOWN, _COLUMNS = 12, 4
_LOOKED_AT = 2  # images whose words are drawn one by one


@style()
def caption_scores(evaluation: Evaluation) -> Figure | None:
    """BLEU of the captions, by the runs of words compared, beside what the most similar training
    image would say.
    """
    if not len(evaluation.examples):
        return None
    found = scores(evaluation)
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    places = np.arange(4)
    series = [("", "the model", RIGHT), ("nearest_", "the nearest image's caption", TRAIN)]
    series = [entry for entry in series if f"{entry[0]}bleu_1" in found]
    for number, (lead, label, color) in enumerate(series):
        values = [found[f"{lead}bleu_{n}"] for n in range(1, 5)]
        at = places + (number - (len(series) - 1) / 2) * 0.4
        axes.bar(at, values, width=0.36, color=color, label=label)
        for x, value in zip(at, values, strict=True):
            axes.annotate(
                f"{value:.1f}",
                (x, value),
                (0, 3),
                textcoords="offset points",
                ha="center",
                color=MUTED,
            )
    axes.set_xticks(places, [f"BLEU-{n}" for n in range(1, 5)])
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.14)
    axes.legend(loc="upper right")
    axes.set_title(_score_title(found))
    return figure


def _score_title(found: dict[str, float]) -> str:
    title = f"BLEU-4 is {found['bleu_4']:.1f}"
    if "nearest_bleu_4" in found:
        title += f", of the nearest image's caption {found['nearest_bleu_4']:.1f}"
    return f"{title}; CIDEr {found['cider']:.2f}" if "cider" in found else title


@style()
def captions_shown(evaluation: Evaluation) -> Figure | None:
    """Test images with what the model said of them, and below a caption that is right."""
    said, references = evaluation.outputs, evaluation.examples.references
    if not said:
        return None
    chosen = np.linspace(0, len(said) - 1, min(_SHOWN, len(said))).astype(int)
    right = exact_matches(said, references, caption_words)
    images = evaluation.examples.captioned.images.take(evaluation.examples.image_indices[chosen])[0]
    rows = -(-len(chosen) // _COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.4 + rows * 2.75))
    for place, (number, image) in enumerate(zip(chosen, images, strict=True)):
        axes = figure.add_subplot(rows, _COLUMNS, place + 1)
        show(axes, image)
        color = RIGHT if right[number] else INK
        texts = ((said[number], color, "bold", 4), (references[number][0], MUTED, "normal", 34))
        for text, shade, weight, below in texts:
            write_below(axes, _folded(text), below, shade, weight, size=7.5)
    set_title(
        figure,
        f"{counted(int(right.sum()), 'caption')} of {len(said):,} are word for word among the right ones",
    )
    return figure


def _folded(text: str, width: int = 34) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(shortened(text, 2 * width - 2), width)[:2])


@style()
def where_it_looked(evaluation: Evaluation) -> Figure | None:
    """Where the model looked in the image for each word: the brighter a place, the more it
    weighed.
    """
    captioner = Captioner(evaluation.model, evaluation.info)
    examples = evaluation.examples
    if not captioner.has_attention or not len(examples):
        return None
    longest = sorted(range(len(examples)), key=lambda n: -len(examples.references[n][0].split()))[
        :_LOOKED_AT
    ]
    places = examples.image_indices[np.array(longest)]
    features, images = examples.features.take(places)[0], examples.captioned.images.take(places)[0]
    said = captioner(features)
    return region_weights_figure(
        [captioner.region_weights(*one) for one in zip(images, features, said, strict=True)]
    )


CAPTION_FIGURES = (curves, caption_scores, captions_shown, where_it_looked)
