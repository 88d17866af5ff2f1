import csv
import io

import numpy as np
import pytest

from kerasrecipes.data.synthetic import hourly_load
from kerasrecipes.data.timeseries.forecasting import prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference.forecasting import Judged, baseline, forecast, ridge, scores
from kerasrecipes.models.forecasters import forecaster
from kerasrecipes.recipe import Evaluation, Request

SPLITS = prepare(hourly_load().load(Request(seed=0)), horizon=24, context=48, origins=200)


class Run:
    """A run whose model is not trained."""

    info = SPLITS.info
    model = forecaster(48, 24, 4, network="linear")


def evaluation(outputs):
    part = SPLITS.test
    return Evaluation(
        recipe="forecast",
        model=Run.model,
        info=SPLITS.info,
        examples=part,
        labels=None,
        outputs=outputs,
        metrics={},
        train=SPLITS.train,
    )


def test_the_truth_has_no_error_and_the_last_season_that_of_the_baseline():
    _, y = SPLITS.test.take(np.arange(len(SPLITS.test)))
    perfect = scores(evaluation(np.repeat(y[..., None], 4, axis=-1)))
    assert perfect["mase"] == pytest.approx(0, abs=1e-5) == perfect["mse"]
    judged = Judged(evaluation(np.repeat(y[..., None], 4, axis=-1)))
    seasonal = (judged.naive(24) - judged.truth + judged.truth) / judged.scales[:, None]
    shift = (np.array(SPLITS.info.preprocessor.shifts) / SPLITS.info.preprocessor.scales)[
        judged.windows.numbers
    ]
    repeated = scores(evaluation(np.repeat((seasonal - shift[:, None])[..., None], 4, axis=-1)))
    assert repeated["mase"] == pytest.approx(repeated["baseline_mase"], rel=1e-4)
    assert repeated["baseline_mase"] < repeated["naive_mase"]


def test_the_linear_baseline_is_better_than_the_last_season():
    found = baseline(evaluation(np.zeros((len(SPLITS.test), 24, 4), np.float32)))
    assert found.metrics["ridge_mase"] < found.metrics["mase"] < 1.2
    past = SPLITS.test.take(np.arange(5))[0]
    assert ridge(SPLITS.train, past).shape == (5, 24)


def file_of(rows, tmp_path):
    path = tmp_path / "series.csv"
    stamps = [f"2024-03-{1 + n // 24:02d} {n % 24:02d}:00" for n in range(rows)]
    lines = [f"{stamp},{50 + 10 * np.sin(n / 4):.4f}" for n, stamp in enumerate(stamps)]
    path.write_text("\n".join(["time,north", *lines]))
    return path


def test_a_file_is_continued_at_its_own_times(tmp_path):
    (answer,) = forecast(Run, [file_of(100, tmp_path)], steps=30)
    columns = answer.columns
    assert [*columns] == ["time", "mean", "q10", "q50", "q90"]
    assert columns["time"][0] == "2024-03-05 04:00" and len(columns["time"]) == 30
    assert all(
        a <= b <= c for a, b, c in zip(*(columns[q] for q in ("q10", "q50", "q90")), strict=True)
    )
    assert any("own median" in note for note in answer.notes)
    rows = list(csv.reader(io.StringIO(answer.files()[".csv"]().decode())))
    assert rows[0] == [*columns] and len(rows) == 31


def test_a_file_that_is_shorter_than_the_past_is_continued_too(tmp_path):
    (answer,) = forecast(Run, [file_of(5, tmp_path)])
    assert len(answer.columns["mean"]) == 24 and np.isfinite(answer.columns["mean"]).all()


def test_what_comes_later_changes_no_forecast(tmp_path):
    """The same rows, with poison behind the moment of the forecast, give the same inputs."""
    short, long = (SPLITS.info.preprocessor, SPLITS.test)
    x, _ = long.take(np.arange(3))
    poisoned = SPLITS.test.select(np.arange(3))
    rows = poisoned.origins.rows
    poisoned.filled = poisoned.filled.copy()
    poisoned.filled[rows.max() + 1 :] = 1e9
    np.testing.assert_array_equal(x[-1], poisoned.take(np.arange(3))[0][-1])
    assert short.context == 48


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ("no/such.csv", {}, "no file"),
        ("", {}, "no file"),
        (b"\x00\x01\x02", {}, ""),
        (b"a,b\nx,y\nz,w\n", {}, "no column of numbers"),
        (b"t,v\n1,2\n2,5\n", {"steps": 0}, "--steps"),
        (b"t,v\n1,2\n2,5\n", {"steps": 10**7}, "--steps"),
    ],
)
def test_what_cannot_be_continued_is_refused_in_a_line(given, options, said):
    with pytest.raises(UserError, match=said) as caught:
        forecast(Run, [given], **options)
    assert "\n" not in str(caught.value)
