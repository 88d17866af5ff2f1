"""Raw text is cut into sentences and words as the vocabulary knows them."""

import pytest

from kerasrecipes.data.text.segmentation import Segmenter
from kerasrecipes.data.text.tokenizer import Tokenizer

KNOWN = [
    "Mr.",
    "Smith",
    "U.S.",
    "do",
    "n't",
    "'s",
    "it",
    "15",
    "我",
    "看见",
    "saw",
    "...",
    "can",
    "not",
    "go",
    ".",
]


@pytest.fixture
def segmenter():
    return Segmenter(Tokenizer.of_words([KNOWN], lowercase=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I saw the saw", ["I", "saw", "the", "saw"]),
        ("Mr. Smith left the U.S., too.", ["Mr.", "Smith", "left", "the", "U.S.", ",", "too", "."]),
        ("I don't; it's", ["I", "do", "n't", ";", "it", "'s"]),
        ("It’s a rock’n’roll", ["It", "’s", "a", "rock’n’roll"]),
        ("cannot", ["cannot"]),  # parts of a word alone are no words
        ("a 15-year term ...", ["a", "15", "-", "year", "term", "..."]),
        ("我看见锯", ["我", "看见", "锯"]),
        ("😀👍🏽 ok", ["😀", "👍🏽", "ok"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
    ],
)
def test_words_are_the_longest_that_are_known(segmenter, text, words):
    assert segmenter.sentences(text) == [words]


def test_sentences_end_at_their_marks_and_at_line_ends(segmenter):
    text = 'He left. She said "go." Then?! Mr. Smith saw.\nno mark\n\n我看见。我看见'
    assert [" ".join(words) for words in segmenter.sentences(text)] == [
        "He left .",
        'She said " go . "',
        "Then ? !",
        "Mr. Smith saw .",
        "no mark",
        "我 看见 。",
        "我 看见",
    ]


def test_no_words_are_no_sentences(segmenter):
    assert segmenter.sentences("") == segmenter.sentences(" \n\t ") == []
