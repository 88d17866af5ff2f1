"""Learning curves in the number of training examples, drawn from results that are made up."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.comparison import learning_curve, page
from kerasrecipes.reports import style
from tests.samples import entry


def runs(accuracies, *, recipe="mlp", baseline=0.5, seed=0, metric="accuracy"):
    """Runs of a recipe on 100, 300, 1,000 … examples."""
    found = []
    for number, value in enumerate(accuracies):
        count = int(round(100 * 10 ** (number / 2), -2))
        one = entry(f"{recipe}-{count}-{seed}", value, recipe=recipe, limit=count, seed=seed)
        found.append(replace(one, examples=count, baseline={metric: baseline}))
    return found


def curve_of(entries, by=("limit",)):
    return learning_curve.points(entries, by, "accuracy")


def test_points_are_in_order_of_examples_and_means_over_seeds():
    mixed = [*runs([0.7, 0.9]), *runs([0.8, 0.9], seed=1)]
    drawn = [mixed[place] for place in np.random.default_rng(0).permutation(len(mixed))]
    (line,) = curve_of(drawn).values()
    assert [point.examples for point in line] == [100, 300]
    assert line[0].mean == pytest.approx(0.75)
    assert line[0].std == pytest.approx(np.std([0.7, 0.8], ddof=1))
    assert line[0].runs == 2 and line[0].baseline == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_the_sentence_tells_from_where_on_the_model_is_ahead_of_its_baseline(seed):
    accuracies = np.sort(np.random.default_rng(seed).uniform(0.3, 0.95, 4)).tolist()
    found = curve_of(runs(accuracies, baseline=0.6))
    (line,) = found.values()
    text = learning_curve.sentence(found, "accuracy")
    behind = [point.examples for point in line if point.mean <= 0.6]
    if not behind:
        assert "ahead of its baseline throughout" in text
    elif behind[-1] == line[-1].examples:
        assert "stays behind its baseline" in text
    else:
        ahead = next(point.examples for point in line if point.mean > 0.6)
        assert f"ahead of its baseline from {ahead:,} examples on" in text


def test_the_sentence_says_whether_more_examples_would_help():
    rising, flat = curve_of(runs([0.6, 0.7, 0.8])), curve_of(runs([0.6, 0.79, 0.8]))
    assert "more examples are likely to help" in learning_curve.sentence(rising, "accuracy")
    assert "more examples" not in learning_curve.sentence(flat, "accuracy")
    falling = learning_curve.sentence(curve_of(runs([0.9, 0.6])), "accuracy")
    assert falling.startswith("Test accuracy falls from 90.0\u00a0% with 100 to 60.0\u00a0%")


def test_of_several_recipes_the_best_with_few_and_with_many_examples_are_named(texts):
    both = [*runs([0.8, 0.82]), *runs([0.6, 0.9], recipe="cnn")]
    found = curve_of(both, ("recipe", "limit"))
    assert list(found) == ["mlp", "cnn"]
    text = learning_curve.sentence(found, "accuracy").replace("\u00a0", " ")
    assert text == (
        "Best accuracy: mlp (80.0 %) with 100 training examples, cnn (90.0 %) with "
        "300 training examples"
    )
    figure = learning_curve.learning_curve(both, ["recipe", "limit"])
    assert style.png(figure)
    assert {"mlp", "cnn", "baseline", "100", "300"} <= set(texts(figure))
    assert figure.axes[0].get_xscale() == "log"


def test_the_page_has_the_curve_where_the_number_was_varied():
    by_limit = page.html(runs([0.6, 0.7]), title="t", by=["limit"], summary="S", notes=["N."])
    assert "Learning curve" in by_limit and "S. N." in by_limit
    by_recipe = page.html(runs([0.6, 0.7]), title="t", by=["recipe"])
    assert "Learning curve" not in by_recipe
    # Which number of examples is best is no question.
    assert "a bar marks the mean" in by_recipe and "a bar marks the mean" not in by_limit


def test_runs_without_examples_or_with_a_broken_metric_are_passed_over():
    good, broken = runs([0.7, 0.8]), runs([np.nan, 0.9], seed=1)
    (line,) = curve_of([*good, *broken, replace(good[0], examples=None)]).values()
    assert [point.runs for point in line] == [1, 2]
    assert (
        learning_curve.learning_curve([replace(g, examples=None) for g in good], ["limit"]) is None
    )
