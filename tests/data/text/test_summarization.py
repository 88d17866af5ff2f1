"""Articles become rows of sentences, and summaries the sentences that they are made of."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text.summarization import (
    FEATURES,
    Article,
    Articles,
    SummaryPreprocessor,
    chosen_sentences,
    prepare,
)
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SENTENCES = ("The bank lost money.", "It was a grey day.", "The bank will close.", "He shrugged.")


def splits(*rows):
    part = Articles(list(rows))
    return Splits(train=part, validation=part, test=part, info=Info())


def test_copied_sentences_are_found_in_any_order_and_without_spaces():
    article = Article(SENTENCES, "The bank will close.The bank lost money!")
    assert chosen_sentences(article) == [True, False, True, False]


def test_other_summaries_are_covered_by_the_nearest_sentences():
    article = Article(SENTENCES, "A bank lost much money and will close soon.")
    assert chosen_sentences(article) == [True, False, True, False]
    assert chosen_sentences(Article(SENTENCES, "Nothing alike")) == [False] * 4


def test_a_headline_is_no_sentence_of_the_article():
    article = Article.of("Bank in trouble\n\nThe bank lost money. It rained.", " It  lost money. ")
    assert article.headline == "Bank in trouble" and article.summary == "It lost money."
    assert article.sentences == ("The bank lost money.", "It rained.")
    assert Article.of("The bank lost money.\n\nIt rained.").headline == ""
    assert Article.of("Only a line").sentences == ("Only a line",)
    assert Article.of("").sentences == ()


def test_a_batch_is_padded_and_padding_has_no_label():
    short = Article(SENTENCES[:2], SENTENCES[0])
    found = prepare(splits(Article(SENTENCES * 2, SENTENCES[0]), short), words_per_sentence=3)
    preprocessor = SummaryPreprocessor.of(found.info)
    x, y = found.train.select(np.array([1])).take(np.arange(1))
    assert x["words"].shape == (1, 8, 3) and x["places"].shape == (1, 8, FEATURES)
    assert y[0, :3, 0].tolist() == [1, 0, -1] and not x["places"][0, 2:].any()
    assert (x["places"][0, :2, 0] == 1).all()
    assert 0.25 < preprocessor.share < 0.35


def test_texts_without_repeated_words_are_refused():
    with pytest.raises(UserError, match="no words that occur 3 times"):
        prepare(splits(Article(("A b.",), "A b.")))


def test_the_first_sentences_of_generated_news_are_a_poor_summary():
    made = synthetic.news().load(Request())
    for row in made.train.rows[:100]:
        assert sum(chosen_sentences(row)) == 3
    lead = np.mean([sum(chosen_sentences(row)[:3]) for row in made.train.rows])
    assert lead < 2
    assert synthetic.news().load(Request()).test.rows == made.test.rows
