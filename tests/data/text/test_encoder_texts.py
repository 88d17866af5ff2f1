"""Texts get a start and an end, and are cut where the encoder has no positions for them."""

import numpy as np

from kerasrecipes.data.text.encoder_texts import EncoderTextPreprocessor
from kerasrecipes.data.text.tokenizer import END, START
from kerasrecipes.data.text.wordpieces import WordPieces

PIECES = WordPieces.learn(["one two three four five six seven eight nine ten"] * 3)
TEXT = "one two three four five six seven eight nine ten"


def preprocessor(max_length):
    return EncoderTextPreprocessor(tokenizer=PIECES, max_length=max_length)


def test_a_short_text_is_read_whole():
    (row,) = preprocessor(20).rows(["two one"])
    assert (row[0], row[-1], len(row)) == (START, END, 4)
    assert preprocessor(20).decode(row) == "two one"
    (empty,) = preprocessor(20).rows([""])
    assert empty.tolist() == [START, END]


def test_a_long_text_is_cut_and_its_positions_are_known():
    read = preprocessor(6)
    (row,) = read.rows([TEXT])
    assert read.decode(row) == "one eight nine ten" and len(row) == 6
    positions = read.kept_positions(10)
    words = TEXT.split()
    assert positions[0] == -1
    assert [words[place] for place in positions[1:]] == ["one", "eight", "nine", "ten"]
    assert read.doubts(TEXT) == ["of its 10 tokens 4 were read, from the beginning and the end"]


def test_doubts_are_told():
    read = preprocessor(9)
    assert read.doubts("") == ["the text is empty"]
    assert read.doubts("one") == []
    assert "does not know 100%" in read.doubts("ЖЖ")[0]
    assert read(["one", TEXT]).shape == (2, 16) and np.all(read(["one"])[0, 3:] == 0)
