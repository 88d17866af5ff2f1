"""ROUGE by hand, by a plain subsequence, and beside the package that people use."""

import random

import pytest

from kerasrecipes.metrics.rouge import longest_common, mean_rouge, rouge


def test_words_pairs_and_order():
    found = rouge("The cat sat.", "the cat sat on the mat")
    assert found["rouge1"] == pytest.approx(100 * 2 * 3 / 9)
    assert found["rouge2"] == pytest.approx(100 * 2 * 2 / 7)
    assert found["rougeL"] == pytest.approx(100 * 2 * 3 / 9)
    assert rouge("a b", "b a")["rougeL"] == 50 and rouge("a b", "b a")["rouge1"] == 100
    assert rouge("", "a") == rouge("a", "") == {"rouge1": 0, "rouge2": 0, "rougeL": 0}
    assert mean_rouge(["a", "b"], ["a", "a"])["rouge1"] == 50


def test_the_longest_common_subsequence_is_that_of_the_table():
    draw = random.Random(0)
    for _ in range(60):
        one, other = ([draw.choice("abcd") for _ in range(draw.randint(0, 70))] for _ in range(2))
        table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
        for i, a in enumerate(one):
            for j, b in enumerate(other):
                table[i + 1][j + 1] = (
                    table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
                )
        assert longest_common(one, other) == table[-1][-1]


def test_it_agrees_with_the_package():
    scorer = pytest.importorskip("rouge_score.rouge_scorer")
    judge = scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    draw = random.Random(1)
    words = ["The", "cat,", "sat", "on", "3", "mats;", "that's", "all", "it", "DID!"]
    for _ in range(30):
        one, other = (
            " ".join(draw.choice(words) for _ in range(draw.randint(1, 40))) for _ in range(2)
        )
        for name, value in judge.score(other, one).items():
            assert rouge(one, other)[name] == pytest.approx(100 * value.fmeasure, abs=1e-9)
