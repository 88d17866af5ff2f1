from kerasrecipes.metrics import summary

RUN = {
    "main_metric": "macro_f1",
    "test": {"accuracy": 0.9, "loss": 0.3124, "macro_f1": 0.7125},
    "baseline": {"name": "majority class", "test": {"accuracy": 0.88, "macro_f1": 0.4456}},
}


def test_a_result_is_the_headline_beside_its_baseline_and_the_loss():
    assert summary.sentence(RUN) == (
        "macro F1 71.25 %, baseline 44.56 % (majority class), loss 0.3124"
    )
    assert list(summary.ordered(RUN)) == ["macro_f1", "loss", "accuracy"]
    assert summary.beaten(RUN)


def test_errors_have_the_unit_of_the_target():
    run = {
        "main_metric": "mean_absolute_error",
        "unit": "EUR",
        "test": {"loss": 0.5, "mean_absolute_error": 16330.4},
        "baseline": {"name": "mean", "test": {"mean_absolute_error": 9999.7}},
    }
    assert summary.sentence(run) == "MAE 16,330 EUR, baseline 10,000 (mean), loss 0.5"
    assert summary.beaten(run) is False


def test_a_run_of_an_earlier_version_has_no_baseline():
    old = {"main_metric": "accuracy", "test": {"loss": 0.1, "accuracy": 0.9812}}
    assert summary.sentence(old) == "accuracy 98.12 %, loss 0.1"
    assert summary.beaten(old) is None
    assert summary.headline_of({"test": {"loss": 1.0, "accuracy": 0.5}}) == "accuracy"
    assert summary.sentence({"test": {}}) == "no test examples"
