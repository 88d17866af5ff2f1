import math

import pytest

from kerasrecipes.metrics.bleu import bleu_by_order, bleu_scorer, corpus_score, signature


def test_bleu_counts_words_in_all_references():
    said = ["A dog runs on the grass .", "the cat"]
    references = [("a brown dog runs", "the dog is on the grass"), ("the cat",)]
    found = bleu_by_order(said, references)
    # Words: a, dog, runs, on, the, grass are in one or the other; the, cat too.
    assert found["bleu_1"] == pytest.approx(100)
    # Pairs: of a dog, dog runs, runs on, on the, the grass three are in a reference; the cat is.
    assert found["bleu_2"] == pytest.approx(100 * (4 / 6) ** 0.5)
    assert bleu_by_order(["the the the"], [("the cat sat",)])["bleu_1"] == pytest.approx(100 / 3)


def test_a_short_caption_pays_for_its_brevity():
    found = bleu_by_order(["the cat"], [("the cat sat on it", "the cat sat here now and then")])
    assert found["bleu_1"] == pytest.approx(100 * math.exp(1 - 5 / 2))


@pytest.mark.parametrize(
    ("text", "lowercase", "written"),
    [
        ("a cat sees a dog", True, "SacreBLEU, lower-cased, tokenizer 13a"),
        ("猫が犬を見る", False, "SacreBLEU, capitals count, tokenizer char"),
    ],
)
def test_single_characters_are_compared_where_there_are_no_spaces(text, lowercase, written):
    scorer = bleu_scorer([(text,)], lowercase)
    assert corpus_score(scorer, [text], [(text,)]) == pytest.approx(100)
    assert signature(scorer) == written
