"""Words are hidden whole, in the paper's shares, the same ones each time."""

import numpy as np
import pytest

from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.data.text.masked_language_modeling import MaskedTextPreprocessor, prepare
from kerasrecipes.data.text.tokenizer import END, START
from kerasrecipes.data.text.wordpieces import MASK
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits

WORDS = ["sea", "land", "sand", "wave", "boat", "sail", "shell", "harbour", "lighthouse"]


def lines(count, seed):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, 8)) for _ in range(count)]


def splits(**settings):
    parts = (LineExamples(lines(count, count)) for count in (400, 30, 40))
    train, validation, test = parts
    given = Splits(train=train, validation=validation, test=test, info=Info())
    return prepare(given, **{"input_length": 22, "copies": 3, "vocabulary_size": 60} | settings)


@pytest.fixture(scope="module")
def found():
    return splits()


def test_windows_are_the_text(found):
    windows = found.test.windows
    assert (windows[:, 0] == START).all() and (windows[:, -1] == END).all()
    text = found.info.preprocessor.decode(windows[:, 1:-1].ravel())
    assert " ".join(lines(40, 40)).startswith(text.rpartition(" ")[0])


def test_shares_are_the_papers_and_words_are_whole(found):
    x, y, weight = found.train.take(np.arange(len(found.train)))
    chosen = y > 0
    np.testing.assert_array_equal(weight, chosen)
    inside = y.shape[1] - 2
    assert 0.12 < chosen.sum() / (len(y) * inside) < 0.25 and chosen.any(axis=1).all()
    assert not chosen[:, [0, -1]].any()
    shares = [(x == MASK)[chosen].mean(), ((x != MASK) & (x != y))[chosen].mean()]
    np.testing.assert_allclose(shares, [0.8, 0.1], atol=0.03)
    whole = found.train.windows[np.arange(len(x)) % len(found.train.windows)]
    np.testing.assert_array_equal(np.where(chosen, y, x), whole)
    pieces = found.info.preprocessor.pieces
    assert pieces.continues[whole].any()  # some words have several pieces
    for row, choice in zip(whole, chosen, strict=True):
        words = pieces.words(row)
        for word in np.unique(words[choice]):
            # A window may cut a word, so its first piece may be one that goes on.
            assert choice[(words == word) & (row > MASK)].all()


def test_an_example_is_the_same_whenever_it_is_taken(found):
    few = np.array([7, 3, len(found.train) - 1])
    for one, other in zip(
        found.train.take(few), found.train.select(few).take(np.arange(3)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    # Each copy of a window hides other words.
    first, second = found.train.take(np.array([0, len(found.train.windows)]))[1]
    assert (first != second).any()


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_any_share_can_be_hidden(rate):
    y = splits(mask_rate=rate).test.take(np.arange(5))[1]
    share = (y > 0).sum(axis=1) / 20
    assert (share > 0).all() and abs(share.mean() - rate) < 0.16


def test_a_users_text_is_read_with_its_hidden_words(found):
    read = found.info.preprocessor
    rows = read(["the [MASK] [MASK] sea", "[MASK]", ""])
    assert [(row == MASK).sum() for row in rows] == [2, 1, 0]
    assert rows[1, :3].tolist() == [START, MASK, END] and rows[2, :2].tolist() == [START, END]
    with pytest.raises(UserError, match="has 120 tokens, and the model reads 20 at most"):
        read(["sea " * 40])


def test_other_text_is_read_as_in_training(found):
    parts = {name: LineExamples(lines(9, 3)) for name in ("train", "validation", "test")}
    again = prepare(Splits(**parts, info=Info(), trained_info=found.info), input_length=99)
    assert again.test.windows.shape[1] == 22 and again.info is found.info


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"input_length": 3}, "input_length=3: must be at least 4"),
        ({"input_length": 2000}, "its part for validation fills no window of 1998 tokens"),
        ({"vocabulary_size": 12}, "vocabulary_size=12: word pieces need at least 40"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        splits(**settings)


def test_it_is_the_same_after_saving(found):
    read = found.info.preprocessor
    again = MaskedTextPreprocessor.from_dict(read.to_dict())
    assert again == read and found.info.baselines["neighbours_accuracy"] > 0
