"""Texts become token ids and readable texts again."""

import json

import numpy as np
import pytest

from kerasrecipes.data.text.tokenizer import END, PADDING, SPECIALS, START, UNKNOWN, Tokenizer
from kerasrecipes.errors import UserError

TEXTS = [
    "The movie was not good.",
    "The plot wasn't bad at all!",
    "Good until the end, good at heart.",
]


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_it_is_the_same_after_a_way_through_json(kind):
    fitted = Tokenizer.fit(TEXTS, kind=kind)
    again = Tokenizer.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.size == fitted.size and again.kind == kind
    for one, other in zip(fitted.encode(TEXTS), again.encode(TEXTS), strict=True):
        assert one.dtype == np.int32 and one.tolist() == other.tolist() and one.min() > END
    assert [again.decode(ids) for ids in again.encode(TEXTS)] == [text.lower() for text in TEXTS]


def test_the_most_frequent_words_are_kept_and_the_others_unknown():
    fitted = Tokenizer.fit(TEXTS, size=6)
    assert fitted.size == 6 and [fitted.token(n) for n in range(4)] == list(SPECIALS)
    assert {fitted.token(4), fitted.token(5)} == {"good", "the"}
    assert fitted.encode(["The awful END"])[0].tolist()[1:] == [UNKNOWN, UNKNOWN]


def test_rare_words_can_be_left_out():
    words = Tokenizer.fit(TEXTS, min_frequency=2)
    assert {words.token(n) for n in range(4, words.size)} == {"the", "good", "at", "."}


def test_words_are_cut_as_a_reader_would():
    fitted = Tokenizer.fit(["x"])
    cut = {
        "It wasn't 3.5/10<br />really": ["It", "wasn't", "3.5", "/", "10", "really"],
        "我喜欢 这部电影。": ["我", "喜", "欢", "这", "部", "电", "影", "。"],
        "فيلم رائع!": ["فيلم", "رائع", "!"],
        "great 👍🏽👨‍👩‍👧❤️": ["great", "👍🏽", "👨‍👩‍👧", "❤️"],
        "cafe\u0301 naïve": ["cafe\u0301", "naïve"],
        "": [],
        " \t\n": [],
    }
    for text, words in cut.items():
        assert fitted.tokens(text) == words
        assert [text[a:b] for a, b in fitted.spans(text)] == words
        assert fitted.encode([text])[0].tolist() == [UNKNOWN] * len(words)


def test_no_text_names_a_special_token():
    for kind in ("words", "characters", "subwords"):
        fitted = Tokenizer.fit(["<pad> <start> <end> <unknown>"] * 3, kind=kind)
        assert fitted.encode(["<pad><start> <end>"])[0].min() > END
    fitted = Tokenizer.of_words([["<pad>", "a"], ["<start>", "a"]])
    assert fitted.encode_words([["<pad>", "a", "<start>"]])[0].tolist() == [UNKNOWN, 4, UNKNOWN]


def test_broken_text_is_read_nevertheless():
    fitted = Tokenizer.fit(["good \udc80 film"])
    assert len(fitted.encode(["good \ud83d film"])[0]) == 3


def test_subwords_know_every_text():
    fitted = Tokenizer.fit(TEXTS, kind="subwords", lowercase=False)
    for text in ("Ça va? 我 👍🏽", "zzz\n\tZ", "<unknown>"):
        assert fitted.decode(fitted.encode([text])[0]) == text


def test_texts_cut_already_keep_their_words():
    rows = [["I", "saw", "the", "saw", "."], ["the", "don't", "New York"]]
    fitted = Tokenizer.of_words(rows, size=6)
    assert [fitted.token(n) for n in (4, 5)] == ["saw", "the"]
    again = Tokenizer.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert [ids.tolist() for ids in again.encode_words(rows)] == [[1, 4, 5, 4, 1], [5, 1, 1]]
    lower = Tokenizer.of_words(rows, lowercase=True)
    assert lower.encode_words([["THE", "New york"]])[0].min() > END


def test_decoding_writes_as_one_writes():
    fitted = Tokenizer.fit(
        ['He said: "not (so) bad", didn\'t he?', "电影 很 好 。"], lowercase=False
    )
    text = 'He said: "not (so) bad", didn\'t he?'
    assert fitted.decode([START, *fitted.encode([text])[0], END, PADDING]) == text
    assert fitted.decode(fitted.encode(["电影很好。"])[0]) == "电影很好。"
    assert (
        fitted.decode([UNKNOWN, 4]) == fitted.token(4)
        and fitted.decode([UNKNOWN], unknown="?") == "?"
    )


def test_the_same_texts_give_the_same_numbers_and_iterators_are_enough():
    one, other = (Tokenizer.fit(iter(TEXTS)) for _ in range(2))
    assert one.to_dict() == other.to_dict()
    assert [ids.tolist() for ids in one.encoded(iter(TEXTS))] == [
        ids.tolist() for ids in other.encode(TEXTS)
    ]


def test_wrong_requests_are_refused_in_a_sentence():
    with pytest.raises(UserError, match="words"):
        Tokenizer.fit(TEXTS, kind="word")
    with pytest.raises(UserError, match="at least 260"):
        Tokenizer.fit(TEXTS, kind="subwords", size=100)
