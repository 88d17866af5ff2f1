"""A vocabulary that weights belong to is taken as it is, or refused."""

import pytest

from kerasrecipes.data.text import earlier_vocabulary
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.data.text.language_modeling import LanguageModelPreprocessor
from kerasrecipes.errors import UserError

LINES = ["the sea, the sea", "and the land"]


def test_it_is_taken_where_the_settings_allow_it():
    learned = LanguageModelPreprocessor.fit(LINES, tokenization="words")
    for size in (None, learned.tokenizer.size, 1000):
        found = earlier_vocabulary.require(learned, LanguageModelPreprocessor, "words", size)
        assert found is learned


@pytest.mark.parametrize(
    ("kind", "size", "message"),
    [
        ("characters", None, "tokenization=characters: .* vocabulary of 9 words"),
        ("words", 8, "vocabulary_size=8: .* vocabulary of 9 words"),
    ],
)
def test_other_tokens_are_refused(kind, size, message):
    learned = LanguageModelPreprocessor.fit(LINES, tokenization="words")
    with pytest.raises(UserError, match=message):
        earlier_vocabulary.require(learned, LanguageModelPreprocessor, kind, size)


def test_another_kind_is_refused():
    learned = TextPreprocessor.fit(LINES)
    for other in (learned, None):
        with pytest.raises(UserError, match="in another way; give a run of this recipe"):
            earlier_vocabulary.require(other, LanguageModelPreprocessor, "words", None)
