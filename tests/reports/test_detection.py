"""Figures of a detector say what it finds, and what not."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import detection


@pytest.fixture(scope="module")
def evaluation():
    """Ten images of two objects, of which the second of the last five is missed."""
    truth = np.zeros((10, 3, 6), np.float32)
    truth[:, 0] = [4, 4, 16, 16, 0, 0]
    truth[:, 1] = [20, 20, 30, 30, 1, 0]
    truth[:, 2, 4] = -1
    found = np.zeros((10, 4, 6), np.float32)
    found[:, 0] = [4, 5, 16, 16, 0.9, 0]
    found[:5, 1] = [20, 20, 30, 29, 0.8, 1]
    found[5:, 1] = [4, 20, 10, 30, 0.85, 1]
    found[:, 2:, 5] = -1
    images = np.random.default_rng(0).integers(0, 255, (10, 32, 32, 3), np.uint8)
    return Evaluation(
        recipe="detector",
        model=None,
        info=Info(input_shape=(32, 32, 3), classes=("disc", "ring", "never")),
        examples=Arrays(images, truth),
        labels=truth,
        outputs=found,
        metrics={},
    )


def title(figure):
    found = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
    return " ".join(found.replace("\u00a0", " ").split())


def test_hits_misses_and_false_alarms_are_drawn(evaluation):
    figure = detection.hits_and_misses(evaluation)
    assert title(figure) == (
        "5 of 20 objects missed, 5 false alarms in 10 images, from a score of 0.80 on"
    )
    below = [text.get_text() for axes in figure.axes for text in axes.texts]
    written = [text for text in below if "hit" in text]
    assert written[0] == "1 hit, 1 missed, 1 false" and written[-1] == "2 hit, 0 missed, 0 false"
    lines = [patch.get_linestyle() for patch in figure.axes[0].patches]
    assert sorted(lines) == ["dashed", "solid", "solid"]


def test_precision_falls_with_recall_and_with_overlap(evaluation):
    figure = detection.precision_and_recall(evaluation)
    assert title(figure) == "AP50 62.6 %; ring has 25.2 %"
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [text.split(",")[0] for text in legend] == ["disc", "ring"]
    figure = detection.precision_by_overlap(evaluation)
    assert title(figure).startswith("mAP")
    values = figure.axes[0].lines[0].get_ydata()
    assert values[0] == 1 and values[-1] == 0


def test_each_kind_of_mistake_has_its_bar(evaluation):
    figure = detection.errors_by_kind(evaluation)
    assert title(figure) == "50.0 % of the mistakes: missed"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["hit", "missed", "nothing there"]


def test_a_perfect_detector_and_none_at_all(evaluation):
    perfect = np.zeros((10, 2, 6), np.float32)
    perfect[..., :4], perfect[..., 4] = evaluation.labels[:, :2, :4], 0.9
    perfect[..., 5] = evaluation.labels[:, :2, 4]
    figure = detection.errors_by_kind(replace(evaluation, outputs=perfect))
    assert title(figure) == "Every object is hit, and nothing else"
    silent = np.tile(np.float32([0, 0, 0, 0, 0, -1]), (10, 2, 1))
    for draw in detection.DETECTION_FIGURES[1:]:
        assert draw(replace(evaluation, outputs=silent)) is not None
    nothing = evaluation.examples.select(np.arange(0))
    empty = replace(evaluation, examples=nothing, labels=evaluation.labels[:0], outputs=None)
    for draw in detection.DETECTION_FIGURES[1:]:
        assert draw(empty) is None
