"""Figures and scores of taggers."""

import numpy as np
import pytest

from kerasrecipes.data.text import tagging as tagged
from kerasrecipes.data.text.tagging import TaggedExamples
from kerasrecipes.inference.tagging import scores
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import tagging
from kerasrecipes.reports.style import drawn


@pytest.fixture
def made():
    def make(sentences, answers, sure=0.8):
        """Sentences are `word/TAG …`; answers are the tags that the model gives."""
        rows = [[pair.split("/") for pair in sentence.split()] for sentence in sentences]
        words, tags = (
            [[w for w, _ in r] for r in rows],
            [[t if t != "_" else None for _, t in r] for r in rows],
        )
        part = TaggedExamples(words, tags)
        splits = tagged.prepare(tagged.splits_of({"train": part, "validation": part, "test": part}))
        classes, examples = splits.info.classes, splits.test
        outputs = np.full((len(rows), 8, len(classes)), (1 - sure) / (len(classes) - 1), np.float32)
        for row, line in enumerate(answers):
            for place, tag in enumerate(line.split()):
                outputs[row, place, classes.index(tag)] = sure
        y = examples.take(np.arange(len(rows)))[1]
        return Evaluation(
            recipe="tagger",
            model=None,
            info=splits.info,
            examples=examples,
            labels=y,
            outputs=outputs,
            metrics={},
        )

    return make


def test_words_with_a_tag_are_counted(made):
    evaluation = made(["I/PRON saw/VERB it/_", "the/DET saw/NOUN"], ["PRON NOUN DET", "DET NOUN"])
    words = tagging.Words(evaluation)
    assert list(words.right) == [True, False, True, True]
    assert list(words.sentences) == [0, 0, 1, 1] and list(words.places) == [0, 1, 0, 1]


def test_all_figures_are_drawn_and_say_what_they_show(made, texts):
    evaluation = made(["I/PRON saw/VERB it/_", "the/DET saw/NOUN"], ["PRON NOUN DET", "DET NOUN"])
    notes: list[str] = []
    names = [name for name, _, _ in drawn(evaluation, tagging.TAGGING_FIGURES, notes)]
    assert not notes
    assert names == [
        "known_and_new_words",
        "tag_confusion",
        "errors_by_length",
        "answers_by_confidence",
        "tag_confidence",
    ]
    said = texts(tagging.known_and_new_words(evaluation))
    assert "Accuracy 75.0\u00a0%, of the usual tag 75.0\u00a0%" in " ".join(said)
    said = texts(tagging.answers_by_confidence(evaluation))
    assert "The most confident mistakes" in said and "saw" in said and "VERB" in said
    assert "50.0\u00a0% of 2\u00a0sentences have no mistake" in texts(
        tagging.errors_by_length(evaluation)
    )


def test_spans_are_scored_and_drawn(made, texts):
    sentences = ["Jo/B-PER in/O Rome/B-LOC", "Al/B-PER Bo/I-PER"]
    evaluation = made(sentences, ["B-PER O B-PER", "B-PER I-PER"])
    found = scores(evaluation)
    assert found["span_recall"] == pytest.approx(2 / 3)
    assert found["by_class"]["PER"]["precision"] == pytest.approx(2 / 3)
    assert found["by_class"]["LOC"]["recall"] == 0
    assert {"LOC", "PER", "F1 of all spans 66.7\u00a0%"} <= set(
        texts(tagging.span_types(evaluation))
    )
    assert "span_f1" not in scores(made(["a/X b/Y"], ["X Y"]))


def test_examples_of_another_kind_are_passed_over(evaluate, guesses):
    evaluation = evaluate(*guesses(3, 20), classes="abc")
    assert [f(evaluation) for f in tagging.TAGGING_FIGURES if f is not tagging.curves] == [None] * 6
