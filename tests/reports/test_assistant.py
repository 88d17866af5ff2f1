"""Figures of assistants."""

from dataclasses import replace

import numpy as np

from kerasrecipes.reports import assistant
from kerasrecipes.reports.style import drawn
from tests.inference.test_assistant import evaluation, run

__all__ = ["run"]


def test_all_figures_are_drawn_and_say_what_they_show(run, texts):
    wrong = evaluation(run, wrong=1)
    wrong.outputs["slots"][1] = np.roll(wrong.outputs["slots"][1], 1, axis=-1)
    notes: list[str] = []
    names = [name for name, _, _ in drawn(wrong, assistant.ASSISTANT_FIGURES, notes)]
    assert not notes
    assert names == ["intent_confusion", "slot_scores", "answered_commands", "heard_wrong"]
    said = texts(assistant.heard_wrong(wrong))
    assert "said wake" in said and "heard fly" in said and "wake me at seven" in said
    assert "60.0\u00a0% of 5\u00a0commands are heard right as a whole" in said
    sure = replace(wrong, validation=run.model.examples)
    assert any("100\u00a0% of the commands" in t for t in texts(assistant.answered_commands(sure)))


def test_examples_of_another_kind_are_passed_over(evaluate, guesses):
    other = evaluate(*guesses(3, 20), classes="abc")
    assert [f(other) for f in assistant.ASSISTANT_FIGURES[1:]] == [None] * 4
