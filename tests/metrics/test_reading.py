"""Exact match and F1 by SQuAD's rules."""

import pytest

from kerasrecipes.metrics.reading import exact_match, normalized, overlap, reading_metrics


def test_case_marks_and_articles_do_not_count():
    assert normalized("The  Denver-Broncos, a team!") == "denverbroncos team"
    assert exact_match("the Broncos.", ["Denver", "Broncos"]) == 1
    assert exact_match("Broncos", ["Denver Broncos"]) == 0


@pytest.mark.parametrize(
    ("answer", "references", "f1"),
    [
        ("Denver Broncos", ["the Denver Broncos of 2015"], 2 * 2 / (2 + 4)),
        ("x", ["Denver", "an x y"], 2 / 3),
        ("very very good", ["very good"], 2 * 2 / (3 + 2)),
        ("a", ["the"], 1.0),  # both are empty when normalized
        ("", [], 1.0),
        ("Denver", [], 0.0),
        ("", ["Denver"], 0.0),
    ],
)
def test_overlap_of_words(answer, references, f1):
    assert overlap(answer, references) == pytest.approx(f1)


def test_questions_without_an_answer_are_counted_apart():
    found = reading_metrics(["Oslo", "", "Rome"], [["Oslo"], [], []])
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["answerable_f1"] == 1 and found["no_answer_accuracy"] == 0.5
    assert set(reading_metrics(["Oslo"], [["Oslo"]])) == {"exact_match", "f1"}
