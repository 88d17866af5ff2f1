"""A text classifier answers for texts, files, folders and standard input, odd ones too."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.classification_encoding import prepare
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.errors import UserError
from kerasrecipes.inference.text_classification import classify
from kerasrecipes.info import Info
from kerasrecipes.models.text_classifier import text_classifier
from kerasrecipes.recipe import Splits
from kerasrecipes.reports import explain

TRAIN = [
    "the film was good",
    "the film was not good",
    "the plot was bad",
    "the plot was not bad",
] * 4
ODD = [
    "",
    "  ",
    "zyx wvu",
    "👍🏽 👨‍👩‍👧 ❤️",
    "فيلم رائع",
    "这部电影很好",
    "film \ud83d good",
    "<b>GOOD</b> & bad",
    "good " * 900,
]


@pytest.fixture(scope="module")
def run():
    keras.utils.set_random_seed(0)
    part = TextExamples.of((text, n % 2) for n, text in enumerate(TRAIN))
    info = prepare(
        Splits(train=part, validation=part, test=part, info=Info(classes=("bad", "good"))),
        max_length=40,
    ).info
    return SimpleNamespace(
        model=text_classifier(info.vocabulary_size, 2, units=8, embedding_dimension=8), info=info
    )


def test_texts_get_a_label_and_a_probability(run):
    given = classify(run, ["the film was good", "The plot was not bad"])
    assert [answer["input"] for answer in given] == ["the film was good", "The plot was not bad"]
    for answer in given:
        assert (
            answer["label"] in ("bad", "good")
            and 0.5 <= answer["probability"] <= 1
            and "notes" not in answer
        )
        assert sum(part["probability"] for part in answer["probabilities"]) == pytest.approx(1)


def test_odd_texts_are_answered_with_a_note(run):
    given = dict(zip(ODD, classify(run, ODD), strict=True))
    assert all(0 <= answer["probability"] <= 1 for answer in given.values())
    assert given[""]["notes"] == given["  "]["notes"] == ["the text is empty"]
    for text in ODD[2:6]:
        assert given[text]["notes"] == ["none of its words was seen in training"]
    assert "of its 900 tokens 40 were read" in given[ODD[8]]["notes"][0]


def test_company_does_not_change_an_answer(run):
    together = classify(run, [*ODD, "the film was good"])[-1]
    alone = classify(run, ["the film was good"])[0]
    assert together["probability"] == pytest.approx(alone["probability"], rel=1e-5)


def test_files_folders_and_standard_input(run, tmp_path):
    (tmp_path / "one.txt").write_text("the film\nwas good", encoding="utf-16")
    (tmp_path / "two.txt").write_bytes("the plot était bad\n".encode("latin-1"))
    (tmp_path / "picture.txt").write_bytes(b"\x00\x01\x02\x03" * 99)
    given = classify(run, [str(tmp_path), str(tmp_path / "one.txt"), b"the film\nwas good"])
    names = ["one.txt", "picture.txt", "two.txt", "one.txt", "-"]
    assert [answer["input"].rsplit("/")[-1] for answer in given] == names
    assert "binary" in given[1]["error"]
    assert given[0]["probability"] == pytest.approx(given[4]["probability"], rel=1e-5)
    lines = classify(run, [b"the film\n\nwas good\n"], lines=True)
    assert [answer["input"] for answer in lines] == ["-:1", "-:3"]


def test_what_is_not_there_is_told(run, tmp_path):
    with pytest.raises(UserError, match=r"no file or folder review\.txt"):
        classify(run, ["review.txt"])
    with pytest.raises(UserError, match="holds no text files"):
        classify(run, [str(tmp_path)])
    with pytest.raises(UserError, match="top=0"):
        classify(run, ["good"], top=0)
    with pytest.raises(UserError, match="not trained on texts"):
        classify(SimpleNamespace(info=Info(), model=None), ["good"])


def test_an_explanation_shades_the_words_of_any_text(run, tmp_path):
    texts = [*ODD[:6], "<b>GOOD</b> & bad", "good film " * 30]
    given = explain.write_all(classify(run, texts, explain=True), tmp_path / "pages")
    pages = [
        (tmp_path / "pages" / answer["explanation"].rsplit("/")[-1]).read_text("utf-8")
        for answer in given
    ]
    assert len({answer["explanation"] for answer in given}) == len(texts)
    assert "<b>GOOD" not in pages[6] and "&lt;</span>" in pages[6] and ">GOOD</span>" in pages[6]
    assert pages[7].count("not read") == 20 and pages[7].count("rgba(") == 40 + 2
    assert all(answer["notes"][-1].startswith("see ") for answer in given)
    (again,) = explain.write_all(classify(run, texts[6:7], explain=True), tmp_path / "pages")
    assert again["explanation"] not in [answer["explanation"] for answer in given]


def test_more_than_two_classes(run):
    info = replace(run.info, classes=("a", "b", "c"), task="multiclass")
    model = text_classifier(info.vocabulary_size, 3, units=4)
    given = classify(SimpleNamespace(model=model, info=info), ["the film was good"], top=2)[0]
    assert len(given["probabilities"]) == 2 and np.isfinite(given["probability"])
