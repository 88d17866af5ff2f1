"""Bag of words: what logistic regression on tf-idf makes of the same texts as a classifier."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.metrics.baselines import Baseline, constant
from kerasrecipes.recipe import Evaluation

NAME = "logistic regression on tf-idf"
MOST_TEXTS = 50_000  # training texts, of which more cost minutes and change little


def bag_of_words(evaluation: Evaluation) -> Baseline | None:
    """Return what counting words reaches, fitted to the training split.

    Words are those of the model's vocabulary, weighted by tf-idf with logarithmic counts; the
    strength of regularisation is scikit-learn's default.

    Args:
        evaluation: of a text classifier, with its training split.

    Returns:
        The baseline with its probabilities for the evaluated split; the majority class where the
        training texts hold one class, `None` where they are not at hand.

    Reference:
        [Baselines and Bigrams](https://aclanthology.org/P12-2018) (Wang and Manning, 2012)
    """
    if evaluation.train is None:
        return None
    train = cast(RaggedExamples, evaluation.train.sample(MOST_TEXTS, seed=0))
    info, labels = evaluation.info, train.y.reshape(-1).astype(np.int64)
    if len(np.unique(labels)) < 2:
        return constant(info.task, labels, info.classes)
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    weighting = TfidfTransformer(sublinear_tf=True)
    words = info.vocabulary_size or 0
    model = LogisticRegression(max_iter=200)
    model.fit(weighting.fit_transform(word_counts(train.x, words)), labels)
    examples = cast(RaggedExamples, evaluation.examples)
    found = model.predict_proba(weighting.transform(word_counts(examples.x, words)))
    # A class that no training text has keeps the probability 0.
    outputs = np.zeros((len(found), info.num_classes))
    outputs[:, model.classes_] = found
    counted = evaluation.settings.get("encoding") == "bag_of_words"
    other = "more --epochs" if counted else "encoding=bag_of_words"
    return Baseline(
        NAME,
        outputs=outputs[:, 1:] if info.task == "binary" else outputs,
        advice=f"{other}, or vectors=FILE with word vectors that were trained on more texts",
    )


def word_counts(rows: Ragged, words: int) -> Any:
    """Count the words of texts.

    Args:
        rows: token ids of each text.
        words: size of the vocabulary.

    Returns:
        A sparse matrix, `(texts, words)`.
    """
    from scipy.sparse import csr_matrix

    ids = np.asarray(rows.values)
    entries = (np.ones(len(ids), np.float32), ids, np.asarray(rows.offsets))
    # A copy, for duplicates are summed in place and these are the examples' own rows.
    counts = csr_matrix(entries, shape=(len(rows), words), copy=True)
    counts.sum_duplicates()
    return counts
