import numpy as np
import pytest

from kerasrecipes.reports import classification, style


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
    assert classification.confidence(evaluation) is None


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


def test_calibration_error_by_hand():
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    counts, confidence, accuracy = classification.calibration(sure, right)
    np.testing.assert_array_equal(counts, [2, 4])
    np.testing.assert_allclose(confidence, [0.55, 0.95])
    np.testing.assert_allclose(accuracy, [0.5, 0.75])
    assert classification.calibration_error(sure, right) == pytest.approx((2 * 0.05 + 4 * 0.20) / 6)


def test_a_model_that_tells_the_truth_has_almost_no_calibration_error():
    random = np.random.default_rng(0)
    sure = random.uniform(0.2, 1, 50_000)
    right = random.random(50_000) < sure
    assert classification.calibration_error(sure, right) < 0.01
    assert classification.calibration_error(np.sqrt(sure), right) > 0.1


@pytest.mark.parametrize(
    ("power", "verdict"),
    [(1.0, "calibrated on average"), (4.0, "overconfident"), (0.25, "underconfident")],
)
def test_confidence_is_compared_with_accuracy(evaluate, power, verdict):
    random = np.random.default_rng(1)
    chances = random.dirichlet(np.ones(4), 3000)
    labels = (random.random((3000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    told = chances**power
    figure = classification.confidence(evaluate(told / told.sum(axis=1, keepdims=True), labels))
    assert f": {verdict} (ECE " in " ".join(figure.get_suptitle().split())
    assert style.png(figure)


def test_wilson_interval_against_known_values():
    low, high = classification.wilson(np.array([8, 0, 10]), np.array([10, 10, 10]))
    np.testing.assert_allclose(low, [0.4902, 0.0, 0.7225], atol=1e-4)
    np.testing.assert_allclose(high, [0.9433, 0.2775, 1.0], atol=1e-4)
