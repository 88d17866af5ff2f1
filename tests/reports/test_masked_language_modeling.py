"""Figures of hidden words."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.data.text.masked_language_modeling import prepare
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation, Splits
from kerasrecipes.reports import masked_language_modeling

LINES = ["the sea is wide", "the land is green", "a boat is on the sea"] * 60


@pytest.fixture(scope="module")
def evaluation():
    parts = {name: LineExamples(LINES) for name in ("train", "validation", "test")}
    splits = prepare(Splits(**parts, info=Info()), input_length=12, vocabulary_size=70)
    labels = splits.test.take(np.arange(len(splits.test)))[1]
    sea = int(splits.info.preprocessor.pieces.encode(["the"])[0][0])
    outputs = np.stack([np.full(labels.shape, sea), np.full(labels.shape, 0.5)], axis=-1)
    return Evaluation(
        recipe="bert",
        model=None,
        info=splits.info,
        examples=splits.test,
        labels=labels,
        outputs=outputs,
        metrics={},
    )


@pytest.mark.parametrize("name", ["hidden_words", "accuracy_by_frequency"])
def test_it_is_drawn(evaluation, name):
    assert isinstance(getattr(masked_language_modeling, name)(evaluation), Figure)


def test_the_share_stands_in_the_title(evaluation):
    figure = masked_language_modeling.accuracy_by_frequency(evaluation)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert max(heights) > 0 and heights[-1] == 0
    assert figure.axes[0].get_title(loc="left").startswith("Of the most frequent tokens")


def test_without_outputs_nothing_is_drawn(evaluation):
    from dataclasses import replace

    for name in ("hidden_words", "accuracy_by_frequency"):
        assert getattr(masked_language_modeling, name)(replace(evaluation, outputs=[])) is None
