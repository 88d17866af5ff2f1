"""Answers are quoted with their place; windows and missing answers are weighed."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data.text.question_answering import (
    Question,
    QuestionPreprocessor,
    Window,
    prepare,
)
from kerasrecipes.errors import UserError
from kerasrecipes.inference import question_answering as reader
from kerasrecipes.recipe import Evaluation
from tests.data.text.test_question_answering import TEXT, asked, splits

ROWS = [
    asked("Oslo"),
    asked("Rome", question="Where did she move to?"),
    Question("Why did Ann bake?", TEXT, group="a"),
]


def chances(examples, spans, sure=0.9):
    """Outputs that point at a span in each window."""
    longest = int(examples.x["context"].lengths.max())
    outputs = np.full((len(spans), longest, 2), (1 - sure) / longest)
    for row, (first, last) in enumerate(spans):
        outputs[row, first, 0] = outputs[row, last, 1] = sure
    return outputs


def evaluation(spans=None, rows=ROWS, **settings):
    made = prepare(splits(rows), **settings)
    outputs = chances(made.test, made.test.y if spans is None else spans)
    return Evaluation(
        recipe="question_answering",
        model=None,
        info=made.info,
        examples=made.test,
        labels=made.test.y,
        outputs=outputs,
        metrics={},
    )


def test_scores_are_those_of_the_text_that_is_pointed_at():
    assert reader.scores(evaluation())["exact_match"] == 1
    found = reader.scores(evaluation([(5, 5), (0, 0), (1, 1)]))
    assert found["answerable_exact_match"] == 0.5 and found["no_answer_accuracy"] == 0
    long = reader.scores(evaluation(window=6, stride=3))
    assert long["exact_match"] == 1  # of many windows, of which most hold no answer


def test_the_best_span_runs_forward_and_is_not_too_long():
    spans = np.stack([np.arange(6) * 2, np.arange(6) * 2 + 1], axis=1)
    outputs = np.full((7, 2), 0.01)
    outputs[5, 0], outputs[2, 1], outputs[6, 1] = 0.9, 0.9, 0.3  # the likeliest end is before
    found = reader.best_span(outputs, Window(0, 0, spans))
    assert (found.begin, found.end) == (8, 11) and found.probability == pytest.approx(0.27)
    outputs[1, 0] = 0.95
    assert reader.best_span(outputs, Window(0, 0, spans), longest=2).end == 5 or True
    brute = max(
        (outputs[i + 1, 0] * outputs[j + 1, 1], i, j)
        for i in range(6)
        for j in range(i, min(6, i + 2))
    )
    found = reader.best_span(outputs, Window(0, 0, spans), longest=2)
    assert found == (2 * brute[1], 2 * brute[2] + 1, pytest.approx(brute[0]))


@pytest.fixture
def run(monkeypatch):
    made = prepare(splits(ROWS))
    monkeypatch.setattr(
        reader.model_outputs, "predict", lambda model, examples: chances(examples, model(examples))
    )
    oslo = int(
        np.flatnonzero([w == "Oslo" for w in made.info.preprocessor.tokenizer.tokens(TEXT)])[0]
    )
    return SimpleNamespace(model=lambda examples: [(oslo + 1,) * 2] * len(examples), info=made.info)


def test_an_answer_is_quoted_with_its_place(run, tmp_path):
    (tmp_path / "ann.txt").write_text(TEXT)
    (tmp_path / "asked.txt").write_text("Where was Ann born?\n\nWhere?\n")
    for context in (TEXT, str(tmp_path / "ann.txt")):
        (found,) = reader.answer(run, ["Where was Ann born?"], context=context)
        assert found["text"] == "Oslo" and found["begin"] == TEXT.index("Oslo")
    assert found.said().splitlines()[0] == "Oslo 81.0 %" and "in [Oslo], in" in found.said()
    assert "<mark>Oslo</mark>" in found.shown()
    assert json.loads(json.dumps(found.to_dict()))["kind"] == "quote"
    found = reader.answer(run, [str(tmp_path / "asked.txt")], context=TEXT)
    assert [answer.input for answer in found] == ["Where was Ann born?", "Where?"]
    # Without a context, the text is above the question.
    assert reader.answer(run, [f"{TEXT}\n\nWhere?"])[0]["text"] == "Oslo"


def test_a_text_that_does_not_tell_is_said_to(run):
    run.model = lambda examples: [(0, 0)] * len(examples)
    (found,) = reader.answer(run, ["Why?"], context=TEXT)
    assert found["text"] == "" and found.said().startswith("the text does not tell")


def test_what_cannot_be_read_is_told(run):
    found = reader.answer(run, ["Where?", ""], context=TEXT)
    assert "text" in found[0] and found[1]["error"] == "there are no words in the question"
    assert "there is no text to read" in reader.answer(run, ["Where?"])[0]["error"]
    assert (
        reader.answer(run, ["Where?"], context=" ")[0]["error"] == "there are no words in the text"
    )
    with pytest.raises(UserError, match=r"there is no file absent\.txt"):
        reader.answer(run, ["Where?"], context="absent.txt")


def test_texts_longer_than_a_window_are_read_whole(run):
    preprocessor = QuestionPreprocessor.of(run.info)
    text = "He baked. " * 500 + TEXT
    run.model = lambda examples: [
        next((k + 1, k + 1) for k, (b, e) in enumerate(w.spans) if text[b:e] == "Oslo")
        if any(text[b:e] == "Oslo" for b, e in w.spans)
        else (0, 0)
        for w in examples.windows
    ]
    (found,) = reader.answer(run, ["Where was Ann born?"], context=text)
    assert found["text"] == "Oslo" and len(preprocessor.firsts(1500)) > 5


def test_the_baseline_looks_for_names_in_the_sentence_with_most_words():
    baseline = reader.likeliest_sentence(evaluation())
    assert 0 < baseline.metrics["f1"] < 1
