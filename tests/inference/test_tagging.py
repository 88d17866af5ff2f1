"""A tagger learns what context decides, and answers raw text."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes import api
from kerasrecipes.data import synthetic
from kerasrecipes.data.text import tagging as tagged
from kerasrecipes.data.text.tagging import LONGEST
from kerasrecipes.errors import UserError
from kerasrecipes.inference import tagging
from kerasrecipes.inference.evaluation import evaluate
from kerasrecipes.recipe import Request

SMALL = {
    "units": 48,
    "embedding_dimension": 32,
    "character_units": 32,
    "observers": (),
    "diagnose": False,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        return api.run("tagger", epochs=4, **SMALL)


def tags(answer):
    return [entry["tag"] for entry in answer["words"]]


@pytest.mark.slow
def test_it_learns_what_the_most_frequent_tag_cannot_know(run):
    assert run.metrics["test"]["accuracy"] > 0.97  # always the most frequent tag: 0.764


def test_it_tells_the_verb_from_the_noun(run):
    (answer,) = tagging.tag(run, ["I saw the saw"])
    assert tags(answer) == ["PRON", "VERB", "DET", "NOUN"]
    assert answer["text"] == "I     saw   the  saw\nPRON  VERB  DET  NOUN"
    assert answer.line() == answer["text"]
    assert all(0 < entry["probability"] <= 1 for entry in answer["words"])
    assert json.loads(json.dumps(answer.to_dict())) == answer


def test_several_sentences_and_texts_are_answered_in_order(run, tmp_path):
    (tmp_path / "a.txt").write_text("They play.\nWatch the play!")
    answers = tagging.tag(
        run, ["I saw it. You will see", str(tmp_path / "a.txt"), b"the saw is old"]
    )
    assert [len(answer["words"]) for answer in answers] == [4, 3, 3, 4, 4]
    alone = tagging.tag(run, ["the saw is old"])[0]
    for one, other in zip(answers[-1]["words"], alone["words"], strict=True):
        assert one["tag"] == other["tag"] and one["probability"] == pytest.approx(
            other["probability"], abs=1e-4
        )


def test_sentences_of_different_length_are_answered_together(run):
    long = "they play the play " * 3
    found = tagging.tag(run, [f"I saw the saw\n{long}"])
    assert [len(answer["words"]) for answer in found] == [4, 12]
    assert tags(found[1]) == tags(tagging.tag(run, [long])[0])


@pytest.mark.parametrize(
    "text", ["😀 👍🏽", "我看见锯子。", "مرحبا بالعالم", "xqzw vvvv", "a\u0301\x00b"]
)
def test_words_in_no_vocabulary_are_answered(run, text):
    for answer in tagging.tag(run, [text]):
        assert (
            answer["words"]
            and np.isfinite([entry["probability"] for entry in answer["words"]]).all()
        )


def test_a_text_without_words_is_told(run):
    assert tagging.tag(run, [""])[0]["error"] == "there are no words in it"
    with pytest.raises(UserError, match=r"there is no file absent\.txt"):
        tagging.tag(run, ["absent.txt"])


def test_a_very_long_sentence_is_answered_whole(run):
    (answer,) = tagging.tag(run, ["they saw the saw and " * (LONGEST // 2)])
    assert len(answer["words"]) == 5 * (LONGEST // 2)
    assert tags(answer)[:4] == ["PRON", "VERB", "DET", "NOUN"]


def test_it_is_judged_on_other_data(run, tmp_path):
    path = tmp_path / "other.conllu"
    path.write_text(
        "".join(
            f"{k}\t{w}\t_\t{t}{chr(9)}_{chr(9)}_{chr(9)}_{chr(9)}_{chr(9)}_{chr(9)}_\n"
            for k, w, t in [(1, "I", "PRON"), (2, "saw", "VERB"), (3, "oh", "INTJ"), (4, "it", "_")]
        )
    )
    result = evaluate(run, data=str(path))
    assert result["examples"] == 1 and result["accuracy"] == 1.0  # of two words
    assert any("INTJ" in note for note in result["notes"])


def test_a_word_and_its_tag_stand_in_one_column():
    assert tagging.aligned(["看见", "x"], ["VERB", "X"]) == "看见  x\nVERB  X"
    assert tagging.aligned(["ab", "cd", "ef"], ["A", "B", "C"], width=7) == "ab  cd\nA   B\n\nef\nC"


def test_names_are_found_as_spans(monkeypatch):
    splits = tagged.prepare(synthetic.tagged("names").load(Request()).limited(20, 0))
    given = ["O", "B-LOC", "I-LOC", "O", "B-ORG"]
    outputs = np.zeros((1, 8, splits.info.num_classes), np.float32)
    outputs[0, np.arange(5), [splits.info.classes.index(name) for name in given]] = 0.9
    monkeypatch.setattr(tagging.model_outputs, "predict", lambda model, examples: outputs)
    (answer,) = tagging.tag(
        SimpleNamespace(model=None, info=splits.info), ["near New Paris praised Jordan"]
    )
    assert tags(answer) == given
    assert [tuple(span.values()) for span in answer["spans"]] == [
        ("New Paris", "LOC", 1),
        ("Jordan", "ORG", 4),
    ]


def test_scores_of_spans_join_the_metrics():
    metrics = api.run("tagger", data="names", epochs=1, limit=64, **SMALL).metrics
    assert {"accuracy", "span_precision", "span_recall", "span_f1"} <= set(metrics["test"])
    assert set(metrics["by_class"]) == {"LOC", "ORG", "PER"}
    assert metrics["main_metric"] == "span_f1" and "span_f1" in metrics["validation"]
    # Each word's most frequent tag finds names that stand nowhere else.
    assert metrics["baseline"]["name"] == "most frequent tag"
    assert 0 < metrics["baseline"]["test"]["span_f1"] < 1
