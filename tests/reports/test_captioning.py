"""Scores of captions, by all references."""

import builtins
import importlib.util

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.reports import captioning


def test_bleu_counts_words_in_all_references():
    said = ["A dog runs on the grass .", "the cat"]
    references = [("a brown dog runs", "the dog is on the grass"), ("the cat",)]
    found = captioning.bleu(said, references)
    # Words: a, dog, runs, on, the, grass are in one or the other; the, cat too.
    assert found["bleu_1"] == pytest.approx(100)
    # Pairs: of a dog, dog runs, runs on, on the, the grass three are in a reference; the cat is.
    assert found["bleu_2"] == pytest.approx(100 * (4 / 6) ** 0.5)
    assert captioning.bleu(["the the the"], [("the cat sat",)])["bleu_1"] == pytest.approx(100 / 3)


def test_a_short_caption_pays_for_its_brevity():
    import math

    found = captioning.bleu(["the cat"], [("the cat sat on it", "the cat sat here now and then")])
    assert found["bleu_1"] == pytest.approx(100 * math.exp(1 - 5 / 2))


def test_without_its_scorer_cider_is_one_line(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pycocoevalcap"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"pip install 'kerasrecipes\[captions\]'"):
        captioning.cider(["a"], [("a",)])


@pytest.mark.skipif(
    importlib.util.find_spec("pycocoevalcap") is None, reason="pycocoevalcap is not installed"
)
def test_cider_prefers_what_people_agree_on():
    references = [
        ("a dog runs on the grass", "a dog is running on grass"),
        ("a red car on a road", "a red car"),
    ]
    good = captioning.cider(["a dog runs on grass", "a red car"], references)
    assert good > captioning.cider(["a red car", "a dog runs on grass"], references) >= 0


def test_words_are_compared_without_capitals_and_marks():
    assert captioning.words_of("A dog, it's brown .") == ["a", "dog", "it's", "brown"]
