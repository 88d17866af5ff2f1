"""Figures of readers."""

from kerasrecipes.reports import question_answering as reports
from kerasrecipes.reports.style import drawn
from tests.data.text.test_question_answering import asked
from tests.inference.test_question_answering import ROWS, evaluation


def test_all_figures_are_drawn_and_say_what_they_show(texts):
    rows = [
        *ROWS,
        asked("Rome", "She moved to Rome.", "Where?"),
        asked("b", "He was a b c", "What?"),
    ]
    made = evaluation([(5, 5), (1, 2), (1, 1), (4, 4), (0, 0)], rows)
    notes: list[str] = []
    names = [name for name, _, _ in drawn(made, reports.QUESTION_FIGURES, notes)]
    assert not notes
    assert names == ["answers_by_question", "answers_by_length", "sure_answers", "answers_in_place"]
    said = texts(reports.answers_in_place(made))
    assert "The surest mistakes" in said and "Where did she move to?" in said
    assert any("right: no answer" in text for text in said)
    assert any("F1 40.0" in text for text in texts(reports.answers_by_question(made)))


def test_examples_of_another_kind_are_passed_over(evaluate, guesses):
    other = evaluate(*guesses(3, 20), classes="abc")
    assert [f(other) for f in reports.QUESTION_FIGURES[1:]] == [None] * 4
