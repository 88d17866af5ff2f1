import pytest

from kerasrecipes.metrics.spans import span_scores


def test_spans_are_scored_by_ends_and_type():
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC"]]
    given = [["B-PER", "I-PER", "O", "B-PER"], ["O"]]
    scores = span_scores(truth, given)
    assert scores["span_precision"] == pytest.approx(1 / 2)
    assert scores["span_recall"] == pytest.approx(1 / 3)
    assert scores["span_f1"] == pytest.approx(2 / 5)
    assert scores["by_class"]["PER"] == {
        "precision": 0.5,
        "recall": 1.0,
        "f1": pytest.approx(2 / 3),
        "examples": 1,
    }
    assert scores["by_class"]["LOC"]["f1"] == 0 and scores["by_class"]["LOC"]["examples"] == 2


def test_text_without_spans_has_none_to_find():
    assert span_scores([["O"]], [["O"]])["span_f1"] == 0
