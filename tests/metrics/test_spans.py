import pytest

from kerasrecipes.metrics.spans import span_scores


def test_spans_are_scored_by_ends_and_type():
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC"]]
    given = [["B-PER", "I-PER", "O", "B-PER"], ["O"]]
    scores = span_scores(truth, given)
    assert scores["precision"] == pytest.approx(1 / 2) and scores["recall"] == pytest.approx(1 / 3)
    assert scores["PER_recall"] == 1 and scores["PER_precision"] == 0.5 and scores["LOC_f1"] == 0
    assert span_scores([["O"]], [["O"]])["f1"] == 0
