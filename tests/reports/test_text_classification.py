"""Figures of text classifiers are drawn from any answers, and their titles say what is true."""

from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data.text.classification_encoding import prepare
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation, Splits
from kerasrecipes.reports import text_classification
from kerasrecipes.reports.style import drawn


@pytest.fixture
def evaluate():
    def make(rows, outputs, padding="bucketed", classes=("bad", "good")):
        part = TextExamples.of((text, n % len(classes)) for n, text in enumerate(rows))
        splits = prepare(
            Splits(train=part, validation=part, test=part, info=Info(classes=classes)),
            padding=padding,
        )
        labels = splits.test.y
        return Evaluation(
            recipe="r",
            model=None,
            info=splits.info,
            examples=splits.test,
            labels=labels,
            outputs=np.asarray(outputs, np.float32),
            metrics={},
        )

    return make


def rows(count=200):
    return ["it was good and long " * (n % 13 + 1) for n in range(count)]


def test_mistakes_by_length_are_counted(evaluate):
    right = np.arange(200) % 2
    long = np.arange(200) % 13 > 9
    figure = text_classification.errors_by_length(
        evaluate(rows(), np.where(long, 1 - right, right)[:, None])
    )
    bars = [bar.get_height() for bar in figure.axes[0].patches]
    assert bars[0] == 0 and bars[-1] == 1 and "longest" in figure.axes[0].get_title("left")
    assert "No mistakes" in text_classification.errors_by_length(
        evaluate(rows(), right[:, None])
    ).axes[0].get_title("left")


def test_padding_is_measured(evaluate):
    assert text_classification.padding_share(np.array([1, 3]), np.array([4, 4])) == 0.5
    lengths = np.array([8, 32] * 64)
    given = SimpleNamespace(examples=SimpleNamespace(lengths=lengths))
    assert text_classification._padding_title(given, lengths).startswith(
        "Padding is 0\u00a0% in batches of 64"
    )
    mixed = np.array([8] * 63 + [32])  # one batch, filled up to its longest
    assert text_classification._padding_title(given, mixed).startswith("Padding is 73.8\u00a0%")
    title = (
        text_classification.length_histogram(evaluate(rows(), np.zeros((200, 1))))
        .axes[0]
        .get_title("left")
    )
    assert title.startswith("Padding is") and "longest" in title
    fixed = (
        text_classification.length_histogram(evaluate(rows(), np.zeros((200, 1)), padding="fixed"))
        .axes[0]
        .get_title("left")
    )
    assert fixed.startswith("Padded to one length")


def test_examples_show_what_was_sure_and_what_not(evaluate):
    outputs = np.array([[0.01], [0.99], [0.98], [0.51], [0.4]] * 2)
    given = ["one text", "two $x_1$ text", "three text", "four text", "five text 🎬"] * 2
    figure = text_classification.examples_by_confidence(evaluate(given, outputs))
    written = [text.get_text() for text in figure.axes[0].texts]
    assert {"Wrong and confident", "Undecided", "Right and confident"} <= set(written)
    assert any("truth bad" in line for line in written) and any("$" in line for line in written)


@pytest.mark.parametrize(
    "outputs", [np.tile([0.2], (6, 1)), np.tile([1.0], (6, 1)), np.tile([0.5], (6, 1))]
)
def test_all_figures_are_drawn_from_few_and_odd_texts(evaluate, outputs):
    odd = ["", "👍🏽", "فيلم رائع", "这部电影很好 " * 60, "$good^", "good good"]
    notes: list[str] = []
    figures = drawn(evaluate(odd, outputs), text_classification.TEXT_FIGURES, notes)
    assert not notes
    assert len(figures) >= 3 and all(content.startswith(b"\x89PNG") for _, _, content in figures)
