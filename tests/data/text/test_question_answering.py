"""Questions become windows with spans, and spans are found again."""

import random

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text.question_answering import (
    MATCHES,
    Question,
    QuestionPreprocessor,
    Questions,
    prepare,
)
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

TEXT = "Ann was born in Oslo, in 1890. She moved to Rome. Ann's trade was baking; Ann died there."


def splits(rows):
    part = Questions(rows)
    return Splits(train=part, validation=part, test=part, info=Info())


def asked(answer, text=TEXT, question="Where was Ann born?"):
    return Question(question, text, (answer,), (text.index(answer),), "a")


@pytest.mark.parametrize("answer", ["Oslo", "Rome. Ann's trade", "1890", "Ann", "there"])
@pytest.mark.parametrize("window", [5, 8, 300])
def test_labels_are_the_tokens_of_the_answer(answer, window):
    found = prepare(splits([asked(answer)]), window=window, stride=window // 2).train
    read = []
    for window_, (first, last) in zip(found.windows, found.y, strict=True):
        if first:
            spans = window_.spans
            read.append(TEXT[spans[first - 1, 0] : spans[last - 1, 1]])
    fits = len(answer.split()) <= window // 2
    assert set(read) <= {answer} and (read or not fits)
    assert (found.y[:, 0] <= found.y[:, 1]).all()


def test_windows_cover_every_token():
    draw = random.Random(0)
    for _ in range(40):
        window, count = draw.randint(1, 30), draw.randint(0, 99)
        stride = draw.randint(1, window)
        preprocessor = QuestionPreprocessor.fit(
            [asked("Oslo")], window=window, stride=stride, characters_per_word=4
        )
        firsts = preprocessor.firsts(count)
        covered = {token for first in firsts for token in range(first, first + window)}
        assert covered >= set(range(count)) and len(set(firsts)) == len(firsts)


def test_words_of_the_question_are_marked():
    row = asked("Oslo", question="when was Ann's BIRTH?")
    x, (window,), _ = QuestionPreprocessor.fit([row], characters_per_word=4)([row])
    words = ["", *(TEXT[b:e] for b, e in window.spans)]
    matches = dict(zip(words, x["matches"][0].tolist(), strict=True))
    assert matches[""] == [0] * MATCHES and matches["Ann's"] == [1, 1, 1]
    assert matches["was"] == [1, 1, 1] and matches["Oslo"] == [0, 0, 0]
    assert x["context"].lengths == x["matches"].lengths == x["context_letters"].lengths


def test_a_batch_is_padded_and_selected():
    rows = [asked("Oslo"), asked("Rome", "She moved to Rome.", "Where?"), Question("Why?", TEXT)]
    found = prepare(splits(rows))
    assert QuestionPreprocessor.of(found.info).unanswerable
    x, y = found.train.select(np.array([1, 2])).take(np.arange(2))
    assert x["context"].shape == x["matches"].shape[:2] and (x["context"][0, 6:] == 0).all()
    assert y.tolist() == [[4, 4], [0, 0]]
    pairs = list(found.train.select(np.array([1, 2])).by_question())
    assert [row.question for row, _ in pairs] == ["Where?", "Why?"]


def test_settings_that_leave_words_out_are_refused():
    with pytest.raises(UserError, match="stride=9 is longer than window=5"):
        prepare(splits([asked("Oslo")]), window=5, stride=9)


def test_generated_articles_tell_their_answers():
    made = synthetic.lives().load(Request())
    rows = made.train.rows
    for row in rows[:300]:
        for answer, start in zip(row.answers, row.starts, strict=True):
            assert row.context[start : start + len(answer)] == answer
    assert 0.1 < np.mean([not row.answers for row in rows]) < 0.25
    assert not {row.group for row in rows} & {row.group for row in made.test.rows}
    assert synthetic.lives().load(Request()).test.rows == made.test.rows
