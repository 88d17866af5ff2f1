import numpy as np
import pytest

from kerasrecipes.reports import calibration, classification, style


def test_answers_read_classes_one_hot_rows_and_one_probability(evaluate):
    chances = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    plain = classification.predictions(evaluate(chances, [0, 1, 1]))
    one_hot = classification.predictions(evaluate(chances, [[1, 0], [0, 1], [0, 1]]))
    single = classification.predictions(evaluate(np.array(chances)[:, 1:], [[0.0], [1.0], [1.0]]))
    for given in (plain, one_hot, single):
        np.testing.assert_array_equal(given.counts, [[1, 0], [1, 1]])
        np.testing.assert_allclose(given.confidence, [0.9, 0.8, 0.6], atol=1e-6)


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        ([[0.9, 0.9], [0.1, 0.2]], [0, 1]),
        ([[2.0, -1.0]], [0]),
        ([[0.5, 0.5]], [2]),
        ([[0.5, 0.5]], [0.25]),
        ([[np.nan, 0.5]], [0]),
        (np.zeros((0, 2)), np.zeros(0)),
        (np.full((2, 3, 4), 0.25), np.zeros((2, 3))),
    ],
    ids=["multilabel", "logits", "no such class", "regression", "nan", "empty", "sequence"],
)
def test_other_outputs_have_no_figures(evaluate, outputs, labels):
    evaluation = evaluate(outputs, labels)
    assert classification.confusion_matrix(evaluation) is None
    assert calibration.confidence(evaluation) is None


def test_confusion_matrix_writes_counts_and_shares(evaluate, texts):
    chances = np.eye(3)[[0, 0, 0, 1, 1, 2, 2, 2, 1]]
    figure = classification.confusion_matrix(
        evaluate(chances, [0, 0, 0, 1, 1, 2, 1, 1, 0], classes=["cat", "dog", "$5"])
    )
    written = texts(figure)
    title = "6 of 9 right (66.7\u00a0%); most often dog was taken for $5, 2\u00a0times"
    assert " ".join(figure.get_suptitle().split()) == title.replace("\u00a0", " ")
    assert {"cat", "dog", "$5"} <= set(written)
    assert written.count("75%") == 1 and written.count("50%") == 2 and written.count("25%") == 1
    assert style.png(figure)


def test_a_perfect_model_and_one_mistake_of_a_kind(evaluate):
    perfect = classification.confusion_matrix(evaluate(np.eye(3), [0, 1, 2]))
    assert perfect.get_suptitle() == "3 of 3 right (100\u00a0%)"
    single = classification.confusion_matrix(evaluate(np.eye(3), [0, 1, 1]))
    assert "no class was taken for another more than once" in " ".join(
        single.get_suptitle().split()
    )


def test_a_class_without_examples(evaluate):
    assert style.png(classification.confusion_matrix(evaluate(np.eye(4)[[0, 1, 1]], [0, 1, 0])))


@pytest.mark.parametrize(("count", "bars"), [(50, 0), (51, 20)])
def test_many_classes_become_bars_of_the_most_confused_pairs(evaluate, guesses, count, bars):
    evaluation = evaluate(*guesses(count, 1500))
    figure = classification.confusion_matrix(evaluation)
    assert len(figure.axes[0].patches) == bars
    if bars:
        wrong = classification.predictions(evaluation).counts.copy()
        np.fill_diagonal(wrong, 0)
        widths = [bar.get_width() for bar in figure.axes[0].patches]
        assert widths == sorted(wrong.ravel(), reverse=True)[:bars]


def test_many_classes_without_a_mistake(evaluate):
    assert style.png(classification.confusion_matrix(evaluate(np.eye(60), np.arange(60))))
