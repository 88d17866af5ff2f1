"""Logos are as high as they are informative, and figures of DNA say what is true."""

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.metrics.names import percent
from kerasrecipes.models.sequence_classifier import sequence_classifier
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import dna


def test_letters_stand_on_each_other_and_hang_below():
    axes = Figure().add_subplot()
    dna.draw_logo(axes, np.array([[1.0, 0.5, 0, 0], [0, 0, -0.7, 0.2]]))
    boxes = [patch.get_path().get_extents() for patch in axes.patches]
    found = sorted((round(box.y0, 3), round(box.y1, 3)) for box in boxes)
    assert found == [(-0.7, 0.0), (0.0, 0.2), (0.0, 0.5), (0.5, 1.5)]


@pytest.mark.parametrize("classes", [2, 3])
def test_figures_are_drawn_of_any_classes(classes, texts):
    keras.utils.set_random_seed(0)
    model = sequence_classifier(12, classes, filters=4, units=4)
    windows = np.random.default_rng(0).integers(0, 16, (20, 12)).astype(np.uint8)
    outputs = np.asarray(model.predict_on_batch(windows))
    evaluation = Evaluation(
        recipe="dna",
        model=model,
        info=Info(classes=("a", "b", "c")[:classes]),
        examples=Arrays(windows, np.zeros(20)),
        labels=np.arange(20) % classes,
        outputs=outputs,
        metrics={},
    )
    for figure in (dna.learned_motifs, dna.places, dna.letters_that_decide):
        assert texts(figure(evaluation))
    right = (outputs.argmax(axis=1) if classes > 2 else outputs[:, 0] > 0.5) == evaluation.labels
    share = f"{percent(float(right.mean()))} are right"
    assert any(share in text for text in texts(dna.letters_that_decide(evaluation)))
