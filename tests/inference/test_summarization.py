"""Texts are summarized by their best sentences, and summaries are scored."""

from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data.text.summarization import Article, prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference import summarization
from kerasrecipes.inference.summarization import chosen, summarize
from kerasrecipes.recipe import Evaluation
from tests.data.text.test_summarization import SENTENCES, splits

TEXT = " ".join(SENTENCES)


def evaluation(outputs=None, rows=None):
    rows = rows or [
        Article(SENTENCES, "The bank lost money. The bank will close."),
        Article(SENTENCES[1:], "The bank will close."),
    ]
    made = prepare(splits(*rows))
    if outputs is None:
        outputs = np.maximum(made.test.take(np.arange(len(rows)))[1], 0)
    return Evaluation(
        recipe="summarize",
        model=None,
        info=made.info,
        examples=made.test,
        labels=None,
        outputs=outputs,
        metrics={},
    )


def test_sentences_are_chosen_up_to_a_length_and_kept_in_order():
    chances = np.array([0.2, 0.9, 0.1, 0.8])
    assert chosen(SENTENCES, chances, share=0.01) == [1]
    assert chosen(SENTENCES, chances, share=1) == [0, 1, 2, 3]
    assert chosen(SENTENCES, chances, share=0.5) == [1, 3]
    assert chosen(SENTENCES, chances, share=0.5, count=3) == [0, 1, 3]
    assert chosen(SENTENCES, chances[:2], share=1) == [0, 1]  # the rest was not read


def test_scores_beside_first_sentences():
    found = summarization.scores(evaluation())
    assert found["rouge2"] == pytest.approx(100) == found["best_rouge2"]
    assert found["lead_rouge2"] < 60
    worst = summarization.scores(evaluation(1 - evaluation().outputs))
    assert worst["rouge1"] < found["rouge1"]
    assert 0 < summarization.first_sentences(evaluation()).metrics["rouge1"] < 100


@pytest.fixture
def run(monkeypatch):
    def predict(model, examples):
        longest = int(examples.y.lengths.max())
        return np.tile(np.array([0.9, 0.1, 0.8, 0.2] * 200)[:longest, None], (len(examples), 1, 1))

    monkeypatch.setattr(summarization.model_outputs, "predict", predict)
    return SimpleNamespace(model=None, info=evaluation().info)


def test_texts_and_files_are_summarized(run, tmp_path):
    (tmp_path / "news.txt").write_text(f"A headline\n\n{TEXT}")
    first, second, third = summarize(run, [TEXT, str(tmp_path / "news.txt"), TEXT.encode()])
    assert first["text"] == "The bank lost money. The bank will close." == second["text"]
    assert first["sentences"] == 2 and second.input.endswith("news.txt") and third["text"]
    assert summarize(run, [TEXT], sentences=1)[0]["text"] == SENTENCES[0]
    (whole,) = summarize(run, [TEXT], sentences=9)
    assert whole["notes"] == ["the text is as short as its summary"]


def test_odd_texts_are_told_of(run):
    found = summarize(run, ["", "…", "no stop", "One. " * 500])
    assert [answer.get("error") for answer in found[:2]] == ["there are no words in it"] * 2
    assert found[2]["text"] == "no stop"
    assert found[3]["notes"] == ["of its 500 sentences 200 were read"]
    with pytest.raises(UserError, match=r"no file or folder absent\.txt"):
        summarize(run, ["absent.txt"])
