import pytest

from kerasrecipes import api
from kerasrecipes.errors import UserError

QUICK = {"epochs": 3, "diagnose": False}


def test_a_metric_that_keras_lacks_can_be_watched():
    run = api.run("mlp", data="breast_cancer", monitor="val_macro_f1", patience=2, **QUICK)
    values = [row["val_macro_f1"] for row in run.history]
    assert all(0 < value <= 1 for value in values)
    # The best epoch by it is kept, and measured in the end by the same function.
    assert run.metrics["validation"]["macro_f1"] == pytest.approx(max(values), abs=1e-6)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("val_macro_f", "val_macro_f1"), ("val_roc_acu", "val_roc_auc"), ("val_los", "val_loss")],
)
def test_a_misspelled_metric_gets_the_nearest(given, nearest):
    with pytest.raises(UserError, match=f"did you mean '{nearest}'"):
        api.run("mlp", data="breast_cancer", monitor=given, **QUICK)


def test_metrics_of_a_regression_stand_beside_the_mean():
    run = api.run("linear", data="diabetes", **QUICK)
    test, baseline = run.metrics["test"], run.metrics["baseline"]
    assert {"mean_absolute_error", "median_absolute_error", "r2"} <= set(test)
    assert baseline["name"] == "mean" and abs(baseline["test"]["r2"]) < 0.2
    assert run.metrics["main_metric"] == "mean_absolute_error"
    assert run.metrics["unit"] == "in progression"


def test_evaluation_measures_what_the_run_did():
    run = api.run("mlp", data="wine", **QUICK)
    result = api.evaluate(run.path)
    for name, value in run.metrics["test"].items():
        assert result[name] == pytest.approx(value, abs=1e-5), name
    assert result["by_class"] == run.metrics["by_class"]
    assert result["baseline"]["accuracy"] == run.metrics["baseline"]["test"]["accuracy"]
