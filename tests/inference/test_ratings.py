"""Texts are graded, and grades are scored."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text.ratings import prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference import ratings
from kerasrecipes.recipe import Evaluation, Request


class Fixed:
    """Gives every text the same output."""

    def __init__(self, output):
        self.output = np.array(output, np.float32)

    def predict(self, x, **_):
        return np.tile(self.output, (len(x), 1))


@pytest.fixture(scope="module")
def splits():
    return prepare(synthetic.graded_reviews().load(Request()).limited(300, 0))


def test_a_text_has_a_grade_with_all_probabilities_in_order(splits, tmp_path, monkeypatch):
    monkeypatch.setattr(ratings.model_outputs, "predict", lambda model, x, size: model.predict(x.x))
    run = SimpleNamespace(model=Fixed([0.1, 0.2, 0.15, 0.15, 0.4]), info=splits.info)
    (tmp_path / "a.txt").write_text("The room was good.\nThe staff was bad.")
    answers = ratings.rate(run, ["The room was good.", str(tmp_path / "a.txt"), ""], lines=True)
    assert [answer["label"] for answer in answers] == ["4"] * 4  # the median, not the mode
    assert [chance["label"] for chance in answers[0]["probabilities"]] == list("12345")
    assert answers[0]["mean"] == pytest.approx(3.55) and "mean 3.55" in answers[0].line()
    assert answers[3]["notes"] == ["the text is empty"]
    run.model = Fixed([2.6])
    (answer,) = ratings.rate(run, ["zzz"])
    assert answer["label"] == "4" and answer["score"] == pytest.approx(2.6)
    assert answer["notes"] == ["none of its words was seen in training"]
    with pytest.raises(UserError, match=r"no file or folder absent\.txt"):
        ratings.rate(run, ["absent.txt"])


def evaluation(splits, outputs):
    return Evaluation(
        recipe="ratings",
        model=None,
        info=splits.info,
        examples=splits.test,
        labels=splits.test.y,
        outputs=outputs,
        metrics={},
        train=splits.train,
    )


def test_scores_and_baseline(splits):
    right = evaluation(splits, np.eye(5)[splits.test.y])
    assert ratings.scores(right) == {"qwk": 1, "mae": 0, "accuracy": 1, "within_one": 1}
    numbers = evaluation(splits, splits.test.y[:, None] + 0.3)
    assert ratings.scores(numbers)["mae"] == 0
    baseline = ratings.bag_of_words(right)
    found = ratings.scores(replace(right, outputs=baseline.outputs))
    assert -1 < found["qwk"] < 0.9 and "tf-idf" in baseline.name
    assert ratings.bag_of_words(replace(right, train=None)) is None
