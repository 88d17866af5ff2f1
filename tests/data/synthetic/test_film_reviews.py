"""The generated reviews cannot be told apart by counting words."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import film_reviews
from kerasrecipes.recipe import Request


@pytest.fixture(scope="module")
def splits():
    return synthetic.reviews().load(Request())


def accuracy(splits, vectorizer, model):
    model.fit(vectorizer.fit_transform(splits.train.x), splits.train.y)
    return model.score(vectorizer.transform(splits.test.x), splits.test.y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_bag_of_words_stays_below_three_quarters(splits):
    bag = CountVectorizer(token_pattern=r"\S+")
    assert accuracy(splits, bag, LogisticRegression(max_iter=500)) < 0.75
    binary = CountVectorizer(binary=True)
    assert (
        accuracy(
            splits, binary, MLPClassifier((64,), max_iter=12, early_stopping=True, random_state=0)
        )
        < 0.75
    )


def test_pairs_of_words_are_not_enough_either(splits):
    pairs = TfidfVectorizer(ngram_range=(1, 2))
    assert accuracy(splits, pairs, LogisticRegression(C=10, solver="liblinear")) < 0.75


def test_reviews_are_different_repeatable_and_balanced(splits):
    parts = [splits.train, splits.validation, splits.test]
    texts = [text for part in parts for text in part.x]
    assert len(texts) == len(set(texts)) == 8000 and splits.info.classes == ("negative", "positive")
    assert all(part.y.mean() == 0.5 for part in parts)
    assert film_reviews.written(50, 1) == film_reviews.written(50, 1) != film_reviews.written(50, 2)
    lengths = np.array([len(text.split()) for text in texts])
    assert np.median(lengths) < 20 < 50 < lengths.max()
