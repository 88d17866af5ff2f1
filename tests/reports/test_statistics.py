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
        "validation accuracy",
        "test accuracy",
        "test loss",
        "parameters",
        "epochs trained",
        "seconds",
    ]
    assert [row["pooling"] for row in table] == [None, "max"]
    assert table[0]["validation accuracy"] == pytest.approx(0.89)
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

    assert verdict("relu", "sigmoid") == (
        "Best validation accuracy 97.00\u00a0±\u00a01.00\u00a0% with activation=relu "
        "(test 98.00\u00a0±\u00a01.00\u00a0%); ± is the standard deviation over 3 seeds"
    )
    assert verdict("relu", "gelu", "sigmoid").startswith("Too close to call")
    single = statistics.groups([seeds[0], seeds[3]], ["activation"])
    assert "chance is not ruled out" in statistics.verdict(single, "accuracy")
    lowest = "Best validation loss 0.030\u00a0±\u00a00.010 with activation=relu (test 0.020"
    assert verdict("relu", "sigmoid", metric="loss").startswith(lowest)


def test_the_winner_is_named_by_the_validation_split():
    lucky = Entry(
        name="a", settings={"x": 1}, metrics={"accuracy": 0.99}, validation={"accuracy": 0.90}
    )
    good = Entry(
        name="b", settings={"x": 2}, metrics={"accuracy": 0.95}, validation={"accuracy": 0.96}
    )
    said = statistics.verdict(statistics.groups([lucky, good], ["x"]), "accuracy")
    assert said.startswith("Best validation accuracy 96.0\u00a0% with x=2 (test 95.0\u00a0%)")


def test_runs_without_a_validation_split_are_ranked_by_the_test_split():
    runs = [
        Entry(name=n, settings={"x": n}, metrics={"accuracy": a})
        for n, a in (("a", 0.9), ("b", 0.8))
    ]
    said = statistics.verdict(statistics.groups(runs, ["x"]), "accuracy")
    assert said.startswith("Best accuracy 90.0\u00a0% with x=a;")


def test_an_older_run_has_the_best_of_its_epochs_in_place_of_a_figure_that_it_lacks():
    history = [{"epoch": 1, "val_accuracy": 0.7}, {"epoch": 2, "val_accuracy": 0.8}]
    old = Entry(name="a", settings={}, metrics={"accuracy": 0.9}, history=history)
    assert statistics.table([old])[0]["validation accuracy"] == 0.8


def test_the_headline_of_all_runs_is_the_metric_of_their_comparison():
    values = {"accuracy": 0.9, "macro_f1": 0.5, "loss": 0.3}
    rare = [Entry(name=n, settings={}, metrics=values, main_metric="macro_f1") for n in "ab"]
    assert statistics.metric(rare) == "macro_f1"
    # With others they share the accuracy.
    other = Entry(name="c", settings={}, metrics={"accuracy": 0.8}, main_metric="accuracy")
    assert statistics.metric([*rare, other]) == "accuracy"


def test_significance_keeps_its_rate_of_false_alarms():
    random = np.random.default_rng(0)
    alarms = [
        statistics.significantly_different(*random.normal(size=(2, 3)).tolist()) for _ in range(400)
    ]
    assert np.mean(alarms) < 0.08
    assert statistics.significantly_different([1.0, 1.0], [0.5, 0.5])
    assert not statistics.significantly_different([1.0, 1.0], [1.0, 1.0])
