"""What a frozen base sees is computed once, and captions become numbers by training's words."""

import numpy as np
import pytest

from kerasrecipes.data.captioning.captions import CaptionExamples
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.synthetic import scene_captions
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits
from kerasrecipes.training import caption_features


@pytest.fixture
def splits():
    parts, random = {}, np.random.default_rng(0)
    for name, count in (("train", 9), ("validation", 4), ("test", 4)):
        drawn = [scene_captions.scene(random) for _ in range(count)]
        parts[name] = CaptionExamples(
            Arrays(np.stack([p for p, _ in drawn]), np.zeros(count)), [c for _, c in drawn]
        )
    return Splits(**parts, info=Info(drawn=True))


def test_images_are_seen_once(splits):
    first, second = caption_features.prepare(splits), caption_features.prepare(splits)
    assert (
        "17 examples were computed" in first.notes[0]
        and "all features were on disk" in second.notes[0]
    )
    assert first.info.input_shape == (64, 115) and first.info.preprocessor.image.base == "small"
    assert len(first.train) == sum(map(len, splits.train.references)) and len(first.test) == 4
    for one, other in zip(
        first.train.take(np.arange(3)), second.train.take(np.arange(3)), strict=True
    ):
        np.testing.assert_array_equal(
            *([v["image"] if isinstance(v, dict) else v for v in (one, other)])
        )


def test_the_nearest_image_of_training_is_found(splits):
    same = Splits(
        train=splits.train, validation=splits.validation, test=splits.train, info=splits.info
    )
    made = caption_features.prepare(same, decoder="merge")
    assert made.test.nearest == [some[0] for some in splits.train.references]


def test_words_are_those_of_training(splits):
    made = caption_features.prepare(splits, decoder="inject", max_length=3)
    tokenizer = made.info.preprocessor.tokenizer
    words = {word for some in splits.train.references for text in some for word in text.split()}
    assert tokenizer.size == made.info.vocabulary_size == 4 + len(words)
    assert max(made.train.tokens.lengths) == 3
    later = caption_features.prepare(
        Splits(**{**vars(splits), "trained_info": made.info}), base="other", vocabulary_size=5
    )
    assert (
        later.info.preprocessor.image.base == "small"
        and later.info.vocabulary_size == made.info.vocabulary_size
    )


def test_a_base_that_has_learned_nothing_is_refused(splits):
    with pytest.raises(UserError, match="weights=none"):
        caption_features.prepare(splits, weights="none")
