"""A price from what is there."""

import numpy as np
import pytest

from kerasrecipes.layers.presence import MeanOfPresent
from kerasrecipes.losses.relative import RelativeHuber
from kerasrecipes.models.price_model import price_model


@pytest.mark.parametrize("extra", [(), (3,), (2, 2, 3)])
def test_the_mean_is_over_what_is_there(extra):
    random = np.random.default_rng(0)
    features = random.normal(size=(4, 5, 6)).astype(np.float32)
    there = random.random((4, 5)) < 0.5
    there[0], there[1] = False, True
    raw = np.where(there.reshape(4, 5, *(1 for _ in extra)), 7, 0) * np.ones((4, 5, *extra), int)
    found = np.asarray(MeanOfPresent()(features, raw.astype(np.int32)))
    for row in range(4):
        wanted = features[row, there[row]].mean(axis=0) if there[row].any() else 0
        np.testing.assert_allclose(found[row], wanted, rtol=1e-4, atol=1e-6)


def test_what_is_missing_counts_nothing_and_prices_are_positive():
    model = price_model(
        features=3,
        vocabulary_size=9,
        words=4,
        photos=(2, 16, 16),
        log_price=(3.0, 2.0),
        filters=(4,),
        units=8,
    )
    random = np.random.default_rng(0)
    x = {
        "table": random.normal(size=(5, 3)).astype(np.float32),
        "text": random.integers(4, 9, (5, 4)).astype(np.int32),
        "photos": random.integers(1, 255, (5, 2, 16, 16, 3)).astype(np.uint8),
    }
    found = model.predict(x, verbose=0)
    assert found.shape == (5, 1) and (found > 0).all()
    # A second photograph that is missing leaves the first one's features.
    twice = {**x, "photos": np.repeat(x["photos"][:, :1], 2, axis=1)}
    once = {**x, "photos": x["photos"] * np.array([1, 0], np.uint8).reshape(1, 2, 1, 1, 1)}
    np.testing.assert_allclose(
        model.predict(once, verbose=0), model.predict(twice, verbose=0), rtol=1e-4
    )


def test_ten_percent_count_the_same_for_all_prices():
    loss = RelativeHuber(scale=0.5)
    truth = np.array([[1.0], [1000.0], [2.0]], np.float32)
    found = np.asarray(loss.call(truth, truth * np.float32(1.1)))
    np.testing.assert_allclose(found, (np.log(1.1) / 0.5) ** 2 / 2, rtol=1e-3)
    far = float(loss.call(truth[:1], np.array([[np.e]], np.float32))[0])
    assert far == pytest.approx(1.0 * (2.0 - 0.5), rel=1e-4)
    assert RelativeHuber.from_config(loss.get_config()).scale == 0.5
