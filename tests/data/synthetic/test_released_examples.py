"""Generated texts are the same as in earlier versions, so that old runs can be resumed."""

import hashlib

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.recipe import Request

SOURCES = {
    "reviews": synthetic.reviews,
    "agreement": synthetic.agreement,
    "word_order": lambda: synthetic.translations("word_order"),
    "dates": lambda: synthetic.translations("dates"),
    "parts_of_speech": lambda: synthetic.tagged("parts_of_speech"),
    "names": lambda: synthetic.tagged("names"),
}
DIGESTS = {
    "reviews": "ba122775cdefc066",
    "agreement": "cfdeb801684843ee",
    "word_order": "f2fd9b2f78c26886",
    "dates": "82b6636d171948c4",
    "parts_of_speech": "94bb575e7f86de94",
    "names": "3cf53ce84ca09af4",
}


def digest(splits):
    content = [
        [np.asarray(column, object).tolist() for column in part.take(np.arange(len(part)))]
        for part in (splits.train, splits.validation, splits.test)
    ]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_examples_are_in_the_same_splits(name):
    assert digest(SOURCES[name]().load(Request(seed=3))) == DIGESTS[name]
