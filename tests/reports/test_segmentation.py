"""Figures of a segmentation say what the masks are like."""

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import segmentation


@pytest.fixture(scope="module")
def evaluation():
    """Squares whose predicted masks are each shifted by as many pixels as their number."""
    truth = np.zeros((7, 24, 24), np.int8)
    truth[:, 6:16, 6:16] = 1
    found = np.stack([np.roll(mask, number, axis=1) for number, mask in enumerate(truth)])
    truth[:, 0] = -1
    images = np.random.default_rng(0).integers(0, 255, (7, 24, 24, 3), np.uint8)
    return Evaluation(
        recipe="segmentation",
        model=None,
        info=Info(input_shape=(24, 24, 3), classes=("ground", "square", "never")),
        examples=Arrays(images, truth),
        labels=truth,
        outputs=found.astype(np.uint8),
        metrics={},
    )


def title(figure):
    found = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
    return found.replace("\u00a0", " ")


def test_masks_go_from_the_worst_to_the_best(evaluation):
    figure = segmentation.masks(evaluation)
    assert "From the worst to the best of 7 images" in title(figure)
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    shares = [float(text.split()[1].split("\u00a0")[0]) for text in written]
    assert shares == sorted(shares) and shares[-1] == 100
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["ignored", "ground", "square"]


def test_classes_and_their_confusion(evaluation):
    assert "square has the lowest" in title(segmentation.iou_by_class(evaluation))
    assert "of square is taken for ground" in title(segmentation.class_confusion(evaluation))


def test_errors_lie_where_the_distance_says(evaluation):
    figure = segmentation.errors_by_distance(evaluation)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights[0] > heights[3] > heights[-1] == 0
    distance = segmentation._distance(np.array([[[0, 0, 0, 1, 1]]]))
    assert distance[0, 0].tolist() == [2, 1, 0, 0, 1]


def test_without_examples_there_are_no_figures(evaluation):
    from dataclasses import replace

    nothing = evaluation.examples.select(np.arange(0))
    empty = replace(evaluation, examples=nothing, labels=evaluation.labels[:0], outputs=None)
    for figure in segmentation.SEGMENTATION_FIGURES[1:]:
        assert figure(empty) is None
