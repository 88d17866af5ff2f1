import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.reports import statistics
from kerasrecipes.reports.statistics import Entry
from tests.samples import entry, three_seeds


@pytest.fixture
def seeds():
    return three_seeds()


def test_table_shows_only_what_differs():
    table = statistics.table(
        [entry("a", 0.9, activation="tanh"), entry("b", 0.8, activation="relu", pooling="max")]
    )
    assert list(table[0]) == [
        "run",
        "activation",
        "pooling",
        "test accuracy",
        "test loss",
        "best validation accuracy",
        "parameters",
        "epochs trained",
        "seconds",
    ]
    assert [row["pooling"] for row in table] == [None, "max"]
    assert table[0]["best validation accuracy"] == pytest.approx(0.9)
    assert table[1]["test accuracy"] == 0.8


def test_table_of_runs_with_other_metrics_and_no_history():
    other = Entry(
        name="r", settings={}, metrics={"mean_absolute_error": 3.0, "seconds": 9, "note": "x"}
    )
    table = statistics.table([entry("a"), other])
    assert table[1]["test accuracy"] is None and table[1]["epochs trained"] is None
    assert table[1]["test mean_absolute_error"] == 3.0 and "test seconds" not in table[1]


def test_labels_are_the_settings_that_differ_or_the_names():
    named = [entry("a", x=1), entry("b", x=2)]
    assert statistics.labels(named) == ["x=1", "x=2"]
    assert statistics.labels([entry("a"), entry("b")]) == ["a", "b"]
    assert statistics.labels([entry("a", x=1), entry("b", x=2), entry("c", x=2)]) == ["a", "b", "c"]


def test_groups_give_mean_and_sample_deviation(seeds):
    groups = statistics.groups(seeds, ["activation"])
    assert [group["settings"] for group in groups] == [
        {"activation": n} for n in ("relu", "gelu", "sigmoid")
    ]
    assert groups[0]["runs"] == 3
    assert groups[0]["mean"]["accuracy"] == pytest.approx(0.98)
    assert groups[0]["std"]["accuracy"] == pytest.approx(0.01)
    assert groups[0]["mean"]["seconds"] == 10
    assert statistics.groups(seeds[:1], ["activation"])[0]["std"]["accuracy"] is None


def test_unknown_setting_or_metric_offers_the_nearest(seeds):
    with pytest.raises(UserError, match="did you mean 'activation'"):
        statistics.groups(seeds, ["activations"])
    with pytest.raises(UserError, match="did you mean 'accuracy'"):
        statistics.metric(seeds, "acuracy")
    with pytest.raises(UserError, match="no test metrics"):
        statistics.table([Entry(name="a", settings={}, metrics={})])


def test_verdict_names_a_winner_only_where_the_spread_allows(seeds):
    def verdict(*names, metric="accuracy"):
        runs = [run for run in seeds if run.settings["activation"] in names]
        return statistics.verdict(statistics.groups(runs, ["activation"]), metric)

    assert (
        verdict("relu", "sigmoid")
        == "Best accuracy 98.00\u00a0±\u00a01.00\u00a0% with activation=relu"
    )
    assert verdict("relu", "gelu", "sigmoid").startswith("Too close to call")
    single = statistics.groups([seeds[0], seeds[3]], ["activation"])
    assert "chance is not ruled out" in statistics.verdict(single, "accuracy")
    lowest = "Best loss 0.020\u00a0±\u00a00.010 with activation=relu"
    assert verdict("relu", "sigmoid", metric="loss") == lowest


def test_significance_keeps_its_rate_of_false_alarms():
    random = np.random.default_rng(0)
    alarms = [
        statistics.significantly_different(*random.normal(size=(2, 3)).tolist()) for _ in range(400)
    ]
    assert np.mean(alarms) < 0.08
    assert statistics.significantly_different([1.0, 1.0], [0.5, 0.5])
    assert not statistics.significantly_different([1.0, 1.0], [1.0, 1.0])
