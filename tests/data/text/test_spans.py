"""Tags of every scheme become BIO."""

import pytest

from kerasrecipes.data.text import spans


@pytest.mark.parametrize(
    ("tags", "bio"),
    [
        ("I-A I-A O I-A I-B", "B-A I-A O B-A B-B"),  # IOB1
        ("I-A B-A I-A", "B-A B-A I-A"),
        ("B-A I-A B-A O", "B-A I-A B-A O"),  # BIO as it is
        ("B-A I-A E-A S-A S-B", "B-A I-A I-A B-A B-B"),  # BIOES
        ("B-A L-A U-A I-A", "B-A I-A B-A B-A"),  # BILOU, the last one broken
    ],
)
def test_every_scheme_becomes_bio(tags, bio):
    assert spans.in_bio(tags.split()) == bio.split()


def test_parts_of_speech_mark_no_spans():
    assert not spans.marks_spans(["NOUN", "-LRB-", "O"]) and not spans.marks_spans(["O"])
    assert spans.marks_spans(["O", "B-PER", "E-LOC"])
