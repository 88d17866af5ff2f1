"""Sentences end where people end them."""

import pytest

from kerasrecipes.data.text.sentences import sentences_of


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It rained. He left. Why?", 3),
        ("Mr. Smith met Dr. A. B. Jones in the U.S. on Monday.", 1),
        ("Sales rose 2.5% to $11.1bn. Profits fell.", 2),
        ('"We shall see." She left. (It rained.) He stayed.', 4),
        ("A headline\n\nThe first one. The second one", 3),
        ("What?! No… Yes.", 3),
        ("e.g. this is one, i.e. not two", 1),
        ("", 0),
        (" \n \n", 0),
        ("lower case. follows a stop", 1),
    ],
)
def test_texts_are_divided(text, count):
    found = sentences_of(text)
    assert len(found) == count, found
    assert " ".join(found) == " ".join(text.split())
