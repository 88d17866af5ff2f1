import math

import pytest
from matplotlib.colors import to_hex

from kerasrecipes.comparison import page
from kerasrecipes.errors import UserError
from kerasrecipes.reports import statistics, style
from kerasrecipes.reports.statistics import Entry
from tests.samples import entry, rows, three_seeds


@pytest.fixture
def seeds():
    return three_seeds()


def test_curves_overlay_runs_and_name_the_best(texts):
    better = [{**row, "val_accuracy": row["val_accuracy"] + 0.05} for row in rows()]
    figure = page.curves(
        [entry("a", activation="tanh"), entry("b", activation="relu", history=better)]
    )
    title = figure.axes[0].get_title(loc="left")
    assert title == "Validation accuracy by epoch — best 95.0\u00a0% with activation=relu"
    assert texts(figure).count("activation=tanh") == 2
    assert style.png(figure)


def test_curves_of_groups_share_a_colour_and_a_name(seeds, texts):
    figure = page.curves(seeds, ["activation"])
    colors = {to_hex(line.get_color()) for line in figure.axes[0].lines}
    assert len(colors) == 3
    assert texts(figure).count("activation=relu") == 2


def test_curves_of_many_runs_of_runs_that_broke_and_of_none():
    many = [entry(f"run {number}", history=rows(3)) for number in range(40)]
    assert style.png(page.curves(many))
    broken = [entry("a", history=[{"epoch": 1, "loss": math.nan}]), entry("b")]
    assert style.png(page.curves(broken))
    assert page.curves([entry("a", history=[])]) is None


def test_a_group_that_broke_is_never_the_best(seeds, texts):
    broken = [
        Entry(
            name="n",
            settings={"activation": "bad", "seed": s},
            metrics={"loss": math.nan, "accuracy": math.nan},
        )
        for s in range(2)
    ]
    figure = page.spread([*broken, *seeds], ["activation"])
    assert "bad" not in figure.get_suptitle()
    assert style.png(figure)
    with pytest.raises(UserError, match="finite"):
        statistics.verdict(statistics.groups(broken, ["activation"]), "accuracy")


def test_spread_draws_a_point_per_seed(seeds, texts):
    figure = page.spread(seeds, ["activation"])
    drawn = sorted(x for line in figure.axes[0].lines for x in line.get_xdata())
    assert drawn == sorted(run.metrics["accuracy"] for run in seeds)
    assert "51.00\u00a0±\u00a01.00\u00a0%" in texts(figure)
    assert "Too close to call" in figure.get_suptitle()


def test_html_of_runs_and_of_groups(seeds):
    text = page.html(seeds, title="<activation>", by=["activation"])
    assert "&lt;activation&gt;" in text and "Too close to call" in text
    assert text.count("data:image/png") == 2
    plain = page.html(seeds[:2], title="two runs")
    assert plain.count("data:image/png") == 1
    # Highest accuracy on the validation and on the test examples, and lowest loss.
    assert plain.count('class="number best"') == 3


def test_an_unknown_metric_of_a_figure_offers_the_nearest(seeds):
    with pytest.raises(UserError, match="did you mean 'accuracy'"):
        page.spread(seeds, ["activation"], "acuracy")
