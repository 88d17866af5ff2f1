import math

import numpy as np
import pytest
from matplotlib.colors import to_hex

from kerasrecipes.comparison import page as compare
from kerasrecipes.comparison.page import Entry
from kerasrecipes.errors import UserError
from kerasrecipes.reports import statistics, style
from tests.samples import rows


def entry(name, accuracy=0.9, *, seconds=10.0, history=None, **settings):
    metrics = {"loss": 1 - accuracy, "accuracy": accuracy, "parameters": 100}
    history = rows() if history is None else history
    return Entry(
        name=name,
        settings={"epochs": 8, **settings},
        metrics=metrics,
        history=history,
        seconds=seconds,
    )


@pytest.fixture
def seeds():
    """Three seeds each of a good, a similar and a bad setting."""
    results = {
        "relu": (0.97, 0.98, 0.99),
        "gelu": (0.96, 0.98, 0.985),
        "sigmoid": (0.50, 0.52, 0.51),
    }
    return [
        entry(f"{name}-{seed}", accuracy, activation=name, seed=seed)
        for name, found in results.items()
        for seed, accuracy in enumerate(found)
    ]


def test_table_shows_only_what_differs():
    table = compare.table(
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
    table = compare.table([entry("a"), other])
    assert table[1]["test accuracy"] is None and table[1]["epochs trained"] is None
    assert table[1]["test mean_absolute_error"] == 3.0 and "test seconds" not in table[1]


def test_labels_are_the_settings_that_differ_or_the_names():
    named = [entry("a", x=1), entry("b", x=2)]
    assert compare.labels(named) == ["x=1", "x=2"]
    assert compare.labels([entry("a"), entry("b")]) == ["a", "b"]
    assert compare.labels([entry("a", x=1), entry("b", x=2), entry("c", x=2)]) == ["a", "b", "c"]


def test_curves_overlay_runs_and_name_the_best(texts):
    better = [{**row, "val_accuracy": row["val_accuracy"] + 0.05} for row in rows()]
    figure = compare.curves(
        [entry("a", activation="tanh"), entry("b", activation="relu", history=better)]
    )
    title = figure.axes[0].get_title(loc="left")
    assert title == "Validation accuracy by epoch — best 95.0\u00a0% with activation=relu"
    assert texts(figure).count("activation=tanh") == 2
    assert style.png(figure)


def test_curves_of_groups_share_a_colour_and_a_name(seeds, texts):
    figure = compare.curves(seeds, ["activation"])
    colors = {to_hex(line.get_color()) for line in figure.axes[0].lines}
    assert len(colors) == 3
    assert texts(figure).count("activation=relu") == 2


def test_curves_of_many_runs_of_runs_that_broke_and_of_none():
    many = [entry(f"run {number}", history=rows(3)) for number in range(40)]
    assert style.png(compare.curves(many))
    broken = [entry("a", history=[{"epoch": 1, "loss": math.nan}]), entry("b")]
    assert style.png(compare.curves(broken))
    assert compare.curves([entry("a", history=[])]) is None


def test_groups_give_mean_and_sample_deviation(seeds):
    groups = compare.groups(seeds, ["activation"])
    assert [group["settings"] for group in groups] == [
        {"activation": n} for n in ("relu", "gelu", "sigmoid")
    ]
    assert groups[0]["runs"] == 3
    assert groups[0]["mean"]["accuracy"] == pytest.approx(0.98)
    assert groups[0]["std"]["accuracy"] == pytest.approx(0.01)
    assert groups[0]["mean"]["seconds"] == 10
    assert compare.groups(seeds[:1], ["activation"])[0]["std"]["accuracy"] is None


def test_unknown_setting_or_metric_offers_the_nearest(seeds):
    with pytest.raises(UserError, match="did you mean 'activation'"):
        compare.groups(seeds, ["activations"])
    with pytest.raises(UserError, match="did you mean 'accuracy'"):
        compare.spread(seeds, ["activation"], "acuracy")
    with pytest.raises(UserError, match="no test metrics"):
        compare.table([Entry(name="a", settings={}, metrics={})])


def test_verdict_names_a_winner_only_where_the_spread_allows(seeds):
    def verdict(*names, metric="accuracy"):
        runs = [run for run in seeds if run.settings["activation"] in names]
        return compare.verdict(compare.groups(runs, ["activation"]), metric)

    assert (
        verdict("relu", "sigmoid")
        == "Best accuracy 98.00\u00a0±\u00a01.00\u00a0% with activation=relu"
    )
    assert verdict("relu", "gelu", "sigmoid").startswith("Too close to call")
    single = compare.groups([seeds[0], seeds[3]], ["activation"])
    assert "chance is not ruled out" in compare.verdict(single, "accuracy")
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


def test_a_group_that_broke_is_never_the_best(seeds, texts):
    broken = [
        Entry(
            name="n",
            settings={"activation": "bad", "seed": s},
            metrics={"loss": math.nan, "accuracy": math.nan},
        )
        for s in range(2)
    ]
    figure = compare.spread([*broken, *seeds], ["activation"])
    assert "bad" not in figure.get_suptitle()
    assert style.png(figure)
    with pytest.raises(UserError, match="finite"):
        compare.verdict(compare.groups(broken, ["activation"]), "accuracy")


def test_spread_draws_a_point_per_seed(seeds, texts):
    figure = compare.spread(seeds, ["activation"])
    drawn = sorted(x for line in figure.axes[0].lines for x in line.get_xdata())
    assert drawn == sorted(run.metrics["accuracy"] for run in seeds)
    assert "51.00\u00a0±\u00a01.00\u00a0%" in texts(figure)
    assert "Too close to call" in figure.get_suptitle()


def test_html_of_runs_and_of_groups(seeds):
    page = compare.html(seeds, title="<activation>", by=["activation"])
    assert "&lt;activation&gt;" in page and "Too close to call" in page
    assert page.count("data:image/png") == 2
    plain = compare.html(seeds[:2], title="two runs")
    assert plain.count("data:image/png") == 1
    # Highest accuracy, lowest loss, and twice the same validation accuracy.
    assert plain.count('class="number best"') == 4
