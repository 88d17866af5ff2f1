"""Figures of summaries."""

from kerasrecipes.reports import summarization
from kerasrecipes.reports.style import drawn
from tests.inference.test_summarization import evaluation


def test_all_figures_are_drawn_and_say_what_they_show(texts):
    made = evaluation()
    notes: list[str] = []
    names = [name for name, _, _ in drawn(made, summarization.SUMMARY_FIGURES, notes)]
    assert not notes
    assert names == ["rouge_beside_first_sentences", "places_of_sentences", "marked_article"]
    said = texts(summarization.rouge_beside_first_sentences(made))
    assert any(text.startswith("ROUGE-2 100.0; of the first three") for text in said)
    said = texts(summarization.marked_article(made))
    assert "The bank will close." in said and any("were chosen" in text for text in said)


def test_examples_of_another_kind_are_passed_over(evaluate, guesses):
    other = evaluate(*guesses(3, 20), classes="abc")
    assert [f(other) for f in summarization.SUMMARY_FIGURES[1:]] == [None] * 3
