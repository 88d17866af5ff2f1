"""Figures of captions: BLEU, images with their captions, and attention."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.data.captioning.captions import CaptionTokenExamples
from kerasrecipes.inference.captioning import Captioner, scores
from kerasrecipes.metrics.exact_match import caption_words, exact_matches
from kerasrecipes.metrics.names import written
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.explain import region_weights_figure
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.images import show, write_below
from kerasrecipes.reports.style import INK, MUTED, RIGHT, TRAIN, WIDTH, set_title, style

_SHOWN, _COLUMNS = 12, 4
_ATTENDED = 2  # images whose words are drawn one by one


@style()
def caption_scores(evaluation: Evaluation) -> Figure | None:
    """BLEU by the length of the n-grams, beside that of the caption of the most similar training
    image.
    """
    if not len(evaluation.examples):
        return None
    found = scores(evaluation)
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    places = np.arange(4)
    series = [("", "the model", RIGHT), ("nearest_", "the nearest image's caption", TRAIN)]
    series = [entry for entry in series if f"{entry[0]}bleu_1" in found]
    for index, (lead, label, color) in enumerate(series):
        values = [found[f"{lead}bleu_{n}"] for n in range(1, 5)]
        # Centred on its n-gram's place, however many series there are.
        at = places + (index - (len(series) - 1) / 2) * 0.4
        axes.bar(at, values, width=0.36, color=color, label=label)
        for x, value in zip(at, values, strict=True):
            above: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "color": MUTED}
            axes.annotate(written("bleu", value), (x, value), (0, 3), **above)
    axes.set_xticks(places, [f"BLEU-{n}" for n in range(1, 5)])
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.14)
    axes.legend(loc="upper right")
    title = f"BLEU-4 is {written('bleu_4', found['bleu_4'])}"
    if "nearest_bleu_4" in found:
        nearest = written("bleu_4", found["nearest_bleu_4"])
        title += f", of the nearest image's caption {nearest}"
    axes.set_title(f"{title}; CIDEr {found['cider']:.2f}" if "cider" in found else title)
    return figure


@style()
def captions_shown(evaluation: Evaluation) -> Figure | None:
    """Test images with the model's caption, and below it a reference."""
    said, examples = evaluation.outputs, _examples(evaluation)
    if not said:
        return None
    # Evenly over the split, not only its first captions.
    chosen = np.linspace(0, len(said) - 1, min(_SHOWN, len(said))).astype(int)
    right = exact_matches(said, examples.references, caption_words)
    images = examples.captioned.images.take(examples.image_indices[chosen])[0]
    # Ceiling division: the last row may be incomplete.
    rows = -(-len(chosen) // _COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.4 + rows * 2.75))
    for place, (index, image) in enumerate(zip(chosen, images, strict=True)):
        axes = figure.add_subplot(rows, _COLUMNS, place + 1)
        show(axes, image)
        caption, reference = _folded(said[index]), _folded(examples.references[index][0])
        color = RIGHT if right[index] else INK
        write_below(axes, caption, 4, color, "bold", size=7.5)
        # Below the caption, each of whose lines takes 11 points.
        write_below(axes, reference, 7 + 11 * len(caption.splitlines()), MUTED, size=7.5)
    count = counted(int(right.sum()), "caption")
    set_title(figure, f"{count} of {len(said):,} are word for word among the references")
    return figure


def _folded(text: str, width: int = 34) -> str:
    # Breaking at words may make a third line, which is left out.
    return "\n".join(textwrap.wrap(shortened(text, 2 * width - 2), width)[:2])


@style()
def where_it_looked(evaluation: Evaluation) -> Figure | None:
    """Attention to the image for each word of the caption: the brighter a region, the greater its
    weight.
    """
    captioner = Captioner(evaluation.model, evaluation.info)
    examples = _examples(evaluation)
    if not captioner.has_attention or not len(examples):
        return None
    longest = sorted(range(len(examples)), key=lambda n: -len(examples.references[n][0].split()))[
        :_ATTENDED
    ]
    indices = examples.image_indices[np.array(longest)]
    images = examples.captioned.images.take(indices)[0]
    features = examples.features.take(indices)[0]
    said = captioner(features)
    figure = region_weights_figure(
        [captioner.region_weights(*one) for one in zip(images, features, said, strict=True)]
    )
    set_title(figure, "Attention for each word of the two longest captions")
    return figure


def _examples(evaluation: Evaluation) -> CaptionTokenExamples:
    assert isinstance(evaluation.examples, CaptionTokenExamples), "examples of captioning"
    return evaluation.examples


CAPTION_FIGURES = (curves, caption_scores, captions_shown, where_it_looked)
