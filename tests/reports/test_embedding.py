"""Figures of embeddings say how far the same are apart."""

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import embedding


@pytest.fixture(autouse=True)
def calibrated(monkeypatch):
    monkeypatch.setattr(embedding, "calibration", lambda _: (0.8, 5.0))


def evaluation(count, each, seed=0):
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(count), each)
    vectors = np.eye(count, 8)[labels] + random.normal(0, 0.1, (len(labels), 8))
    return Evaluation(
        recipe="embedding",
        model=None,
        info=Info(input_shape=(8, 8, 1)),
        examples=Arrays(random.integers(0, 255, (len(labels), 8, 8, 1), np.uint8), labels),
        labels=labels,
        outputs=vectors,
        metrics={},
    )


def title(figure):
    return " ".join(figure.get_suptitle().replace("\u00a0", " ").split())


def test_titles_say_what_is_seen():
    given = evaluation(6, 5)
    assert "up to 0.80, 100 % are right" in title(embedding.apart(given))
    assert title(embedding.roc(given)).startswith("100 % of the pairs are recognized")
    found = embedding.nearest_images(given)
    assert title(found) == "The nearest image is of the same identity for 100 %"
    assert title(embedding.map_of_the_space(given)) == "30 images of 6 identities, laid flat"


@pytest.mark.parametrize("count, each", [(1, 1), (1, 4), (4, 1), (2, 2)])
def test_few_images_are_drawn_or_left_out(count, each):
    for draw in embedding.EMBEDDING_FIGURES[1:]:
        draw(evaluation(count, each))
