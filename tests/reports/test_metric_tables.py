from kerasrecipes.metrics.names import maximizes
from kerasrecipes.reports import metric_tables

METRICS = {
    "main_metric": "macro_f1",
    "test": {"loss": 0.3, "accuracy": 0.9, "macro_f1": 0.7, "roc_auc": 0.95, "log_loss": 0.3},
    "validation": {
        "loss": 0.4,
        "accuracy": 0.8,
        "macro_f1": 0.6,
        "roc_auc": 0.9,
        "log_loss": 0.4,
    },
    "baseline": {"name": "majority class", "test": {"accuracy": 0.92, "macro_f1": 0.4}},
    "by_class": {"<b>": {"precision": 0.5, "recall": 0.25, "f1": 1 / 3, "examples": 1204}},
}


def test_large_print_has_the_headline_and_few_others():
    assert list(metric_tables.tiles(METRICS)) == ["macro_f1", "accuracy", "loss"]


def test_without_a_baseline_all_metrics_are_in_large_print():
    old = {"main_metric": "accuracy", "test": {"loss": 1.0, "accuracy": 0.5, "bleu": 12.0}}
    assert list(metric_tables.tiles(old)) == ["accuracy", "loss", "bleu"]
    assert metric_tables.beside_baseline(old) is None and metric_tables.by_name(old) == []


def test_the_better_of_model_and_baseline_is_stressed():
    table = metric_tables.beside_baseline(METRICS)
    names = [row[0] for row in table["rows"]]
    assert table["columns"][2] == "Baseline: majority class"
    assert names[:3] == ["Macro F1", "Loss", "Accuracy"]
    assert dict(table["best"]) == {names.index("Macro F1"): 1, names.index("Accuracy"): 2}
    assert maximizes("accuracy") and table["rows"][1][2] == "–"


def test_a_lower_error_is_the_better_one_and_has_its_unit():
    run = {
        "main_metric": "mean_absolute_error",
        "unit": "EUR",
        "test": {"mean_absolute_error": 2.0},
        "baseline": {"name": "mean", "test": {"mean_absolute_error": 3.0}},
    }
    table = metric_tables.beside_baseline(run)
    assert table["rows"] == [["MAE in EUR", "2", "3"]] and table["best"] == [(0, 1)]


def test_classes_stand_in_rows():
    ((heading, table),) = metric_tables.by_name(METRICS)
    assert heading == "By class"
    assert table["columns"] == ["Class", "Precision", "Recall", "F1", "Examples"]
    assert [cell.replace("\u00a0", " ") for cell in table["rows"][0]] == [
        *("<b>", "50.0 %", "25.0 %", "33.3 %", "1,204")
    ]


def test_of_many_classes_the_worst_are_shown():
    rows = {str(n): {"precision": 1.0, "recall": 1.0, "f1": n / 100} for n in range(100)}
    ((heading, table),) = metric_tables.by_name({"by_class": rows})
    assert heading == "By class: the 40 of 100 classes with the lowest F1"
    assert [row[0] for row in table["rows"]] == [str(n) for n in range(40)]
