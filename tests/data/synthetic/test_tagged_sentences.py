"""Generated sentences whose tags need context."""

import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text import spans, tagging
from kerasrecipes.data.text.tagging import AMBIGUOUS, UNSEEN
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def test_generated_sentences_need_context():
    splits = tagging.prepare(synthetic.tagged("parts_of_speech").load(Request()))
    y, usual, kinds = (
        column.values for column in (splits.test.y, splits.test.usual, splits.test.kinds)
    )
    assert 0.7 < (y == usual).mean() < 0.8  # always each word's most frequent tag
    assert (kinds == AMBIGUOUS).mean() > 0.4 and (kinds == UNSEEN).mean() > 0.03
    again = synthetic.tagged("parts_of_speech").load(Request())
    assert again.test.words == splits.test.text
    assert synthetic.tagged("parts_of_speech").load(Request(seed=1)).test.words != splits.test.text


def test_generated_names_are_in_bio():
    splits = synthetic.tagged("names").load(Request())
    assert splits.info.spans and set(splits.info.classes) >= {"B-PER", "I-ORG", "O"}
    assert all(spans.in_bio(tags) == list(tags) for tags in splits.test.tags)
    with pytest.raises(UserError, match="names"):
        synthetic.tagged("name")
