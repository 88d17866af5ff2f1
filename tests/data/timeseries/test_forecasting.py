import json

import numpy as np
import pytest

from kerasrecipes.data.synthetic import hourly_load
from kerasrecipes.data.timeseries import sources
from kerasrecipes.data.timeseries.forecasting import SeriesPreprocessor, prepare
from kerasrecipes.data.timeseries.series import Series
from kerasrecipes.data.timeseries.windows import parts_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

GIVEN = {"horizon": 4, "context": 6, "season": 3}


def splits(*values, held=None):
    names = [f"s{n}" for n in range(len(values))]
    series = Series.joined(names, [np.asarray(v, np.float32) for v in values])
    train, validation, test = parts_of(series, held)
    return Splits(train=train, validation=validation, test=test, info=Info())


def drawn(rows, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=rows))


def everything(part):
    return part.take(np.arange(len(part)))


def test_windows_are_the_past_and_what_came_after_it():
    values = drawn(100)
    found = prepare(splits(values), **GIVEN)
    x, y = everything(found.train)
    shift, scale = found.train.scales[0]
    assert x.shape == (61, 6) and y.shape == (61, 4)
    np.testing.assert_allclose(x[0] * scale + shift, values[:6], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y[-1] * scale + shift, values[66:70], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("place", [70, 80])
def test_no_part_sees_what_comes_after_it(place):
    """Values from a part's end on are poisoned: nothing before may change."""
    values = drawn(100)
    poisoned = values.copy()
    poisoned[place:] = 1e6
    clean, other = (prepare(splits(v), **GIVEN) for v in (values, poisoned))
    assert clean.info.preprocessor == other.info.preprocessor
    for part in ("train", "validation")[: 1 + (place == 80)]:
        for one, more in zip(
            everything(getattr(clean, part)), everything(getattr(other, part)), strict=True
        ):
            np.testing.assert_array_equal(one, more)
    # What is seen of the past at the first moment of the next part is clean as well.
    later = "validation" if place == 70 else "test"
    one, more = (everything(getattr(found, later))[0][0] for found in (clean, other))
    np.testing.assert_array_equal(one, more)


def test_a_gap_is_seen_as_the_value_before_it_and_judged_by_nobody():
    values = drawn(100)
    values[[20, 21]] = np.nan
    found = prepare(splits(values), **GIVEN).train
    x, y = everything(found)
    shift, scale = found.scales[0]
    at = 22 - 6
    np.testing.assert_allclose(x[at][4:] * scale + shift, values[[19, 19]], rtol=1e-4, atol=1e-4)
    assert np.isnan(y[at - 3]).sum() == 2 and not np.isnan(x).any()


def test_a_window_never_reaches_into_another_series():
    one, other = drawn(60, 1), 1000 + drawn(60, 2)
    found = prepare(splits(one, other), **GIVEN)
    x, y = everything(found.test)
    low = found.test.numbers == 0
    shift, scale = found.test.scales[0]
    assert (x[low] * scale + shift).max() < 500 and (y[low] * scale + shift).max() < 500


def test_a_test_file_gives_the_horizon_and_the_test_part(tmp_path):
    for name, rows in (("a-train.csv", 90), ("a-test.csv", 8)):
        lines = ["t,v", *(f"{n},{v:.5f}" for n, v in enumerate(drawn(rows)))]
        (tmp_path / name).write_text("\n".join(lines))
    source = sources.files()
    assert source.accepts(str(tmp_path)) and not source.accepts(str(tmp_path.parent))
    found = prepare(source.load(Request(path=str(tmp_path))))
    assert len(found.test) == 1 and found.info.preprocessor.horizon == 8


def test_many_origins_are_thinned_evenly_and_a_limit_leaves_some():
    found = prepare(splits(drawn(1000)), **GIVEN, origins=20)
    rows = found.test.origins.rows
    assert len(rows) == 20 and rows[0] == 800 and rows[-1] == 996
    few = prepare(splits(drawn(1000)).limited(10, 0), **GIVEN)
    assert 1 <= len(few.train) <= 10 and len(few.validation) >= 1 <= len(few.test)


def test_rows_of_each_part_can_be_given():
    found = prepare(splits(drawn(100)), **GIVEN, rows=(40, 10, 10))
    assert found.train.origins.rows.max() == 36 and found.test.origins.rows.max() == 56
    with pytest.raises(UserError, match="together at most 100"):
        prepare(splits(drawn(100)), **GIVEN, rows=(90, 10, 10))


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ([np.ones(50)], {}, "never changes"),
        ([drawn(30)], {"horizon": 40}, "longer than the series allow"),
        ([drawn(30)], {"quantiles": (0.9, 0.1)}, "ascend"),
        ([drawn(30)], {"quantiles": (0.0, 0.5)}, "ascend"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_a_line(values, given, said):
    with pytest.raises(UserError, match=said) as caught:
        prepare(splits(*values), **{**GIVEN, **given})
    assert "\n" not in str(caught.value)


def test_a_constant_series_among_others_is_named():
    found = prepare(splits(drawn(100), np.ones(100)), **GIVEN)
    assert any("'s1'" in note for note in found.notes)
    assert np.isfinite(everything(found.test)[0]).all()


def test_the_preprocessor_is_restored_and_continues_series():
    series = hourly_load().series(0)
    found = prepare(hourly_load().load(Request(seed=0)))
    written = json.loads(json.dumps(found.info.as_dict()))
    again = SeriesPreprocessor.of(Info.from_dict(written))
    assert again == found.info.preprocessor
    x = again(series)
    assert x.shape == (4, again.context)
    last = x[2, -1] * again.scales[2] + again.shifts[2]
    assert last == pytest.approx(series.of(2)[-1], rel=1e-4)


def test_the_seasonal_error_is_that_of_the_training_part():
    values = drawn(100)
    known = prepare(splits(values), **GIVEN).info.preprocessor
    assert known.errors[0] == pytest.approx(np.abs(values[3:70] - values[:67]).mean(), rel=1e-4)
    assert known.shifts[0] == pytest.approx(values[:70].mean(), rel=1e-4)


def told(rows=100, **given):
    """A series that does what a column known ahead says, and a column that is noise."""
    random = np.random.default_rng(0)
    promo, noise = random.integers(0, 2, rows), random.normal(size=rows)
    series = Series.joined(
        ["s"],
        [(5.0 * promo + 0.1 * noise).astype(np.float32)],
        beside=["promo", "noise"],
        covariates=[np.stack([promo, noise], axis=1)],
    )
    train, validation, test = parts_of(series)
    whole = Splits(train=train, validation=validation, test=test, info=Info())
    return promo, noise, prepare(whole, **{**GIVEN, **given})


def test_what_is_known_ahead_is_told_and_what_is_not_stays_hidden():
    promo, noise, found = told(known=("promo",), past=("noise",))
    x, _ = everything(found.train)
    assert x["observed"].shape == (61, 6, 2) and x["known"].shape == (61, 4, 1)
    mean, deviation = found.info.preprocessor.moments[0]
    ahead = x["known"][3, :, 0] * deviation + mean
    np.testing.assert_allclose(ahead, promo[9:13], atol=1e-5)
    mean, deviation = found.info.preprocessor.moments[1]
    before = x["observed"][3, :, 1] * deviation + mean
    np.testing.assert_allclose(before, noise[3:9], rtol=1e-4, atol=1e-5)
    assert mean == pytest.approx(noise[:70].mean(), abs=1e-6)


def test_columns_beside_the_target_have_to_be_there():
    with pytest.raises(UserError, match="promotion"):
        told(known=("promotion",))
    with pytest.raises(UserError, match="--target"):
        prepare(splits(drawn(100)), **GIVEN, known=("promo",))


def test_rows_after_the_last_value_say_what_is_known_ahead():
    _, _, found = told(known=("promo",))
    preprocessor = found.info.preprocessor
    values = np.r_[drawn(20), np.full(4, np.nan)]
    covariates = np.stack([np.arange(24.0), np.zeros(24)], axis=1)

    def given(rows):
        return Series.joined(
            ["s"], [values[:rows]], beside=["promo", "noise"], covariates=[covariates[:rows]]
        )

    mean, deviation = preprocessor.moments[0]
    ahead = preprocessor(given(24))["known"][0, :, 0] * deviation + mean
    np.testing.assert_allclose(ahead, [20, 21, 22, 23], rtol=1e-5)
    with pytest.raises(UserError, match="the file has 2 such rows"):
        preprocessor(given(22))
