import math
import subprocess
import sys

import numpy as np
import pytest

from kerasrecipes.metrics import names, task_metrics

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("accuracy", "accuracy"),
        ("val_PER_f1", "f1"),
        ("nearest_bleu_4", "bleu_4"),
        ("age_mean_absolute_error", "mean_absolute_error"),
        ("best validation perplexity", "perplexity"),
        ("error_rate", "error_rate"),
        ("mean_io_u", "io_u"),
        ("myloss", "loss"),
    ],
)
def test_a_metric_is_found_by_the_words_of_its_name(name, found):
    assert names.find(name) is names.METRICS[found]


def test_a_name_of_other_words_is_not_found():
    assert names.find("parameters") is None and names.find("mapped") is None
    assert names.find("") is None


@pytest.mark.parametrize(
    "name",
    [
        "loss",
        "val_loss",
        "mean_absolute_error",
        "sparse_categorical_crossentropy",
        "perplexity",
        "wer",
        "val_cer",
        "root_mean_squared_error",
        "mae",
        "rmse",
        "fid",
        "bits_per_character",
        "mase",
        "smape",
        "ter",
        "seconds",
    ],
)
def test_less_is_better(name):
    assert not names.maximizes(name) and not names.maximizes(name, "max")


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "val_f1",
        "top_5_accuracy",
        "auc",
        "r2",
        "bleu",
        "chrf",
        "rouge_l",
        "cider",
        "map",
        "iou",
        "psnr",
        "ssim",
        "exact_match",
        "recall",
    ],
)
def test_more_is_better(name):
    assert names.maximizes(name) and names.maximizes(name, "min")


def test_an_unknown_name_goes_in_the_direction_that_is_given():
    assert names.maximizes("sharpness") and not names.maximizes("sharpness", "min")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("accuracy", "accuracy"),
        ("val_sparse_categorical_accuracy", "validation accuracy"),
        ("age_binary_accuracy", "age accuracy"),
        ("mean_absolute_error", "MAE"),
        ("test_auc", "test AUC"),
        ("nearest_bleu_4", "nearest BLEU-4"),
        ("val_wer", "validation WER"),
        ("seconds", "time"),
        ("val_roc_auc", "validation ROC AUC"),
        ("macro_f1", "macro F1"),
        ("median_absolute_error", "median error"),
        ("r2", "R²"),
        ("val", "val"),
    ],
)
def test_label(name, label):
    assert names.label(name) == label


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("accuracy", 0.75, "75.0 %"),
        ("accuracy", math.nan, "not a number"),
        ("wer", 0.0412, "4.1 %"),
        ("wer", 1.2, "120.00 %"),
        ("bleu", 37.812, "37.8"),
        ("perplexity", 1.5462, "1.546"),
        ("auc", 0.98712, "0.9871"),
        ("psnr", 31.24, "31.24 dB"),
        ("smape", 12.3, "12.3 %"),
        ("bits_per_character", 1.248, "1.248 bits"),
        ("loss", 0.123456, "0.1235"),
        ("loss", math.inf, "infinite"),
        ("parameters", 138357544.0, "138,357,544"),
        ("seconds", 161, "2 min 41 s"),
        ("seconds", math.nan, "unknown"),
        ("accuracy", None, "–"),
    ],
)
def test_written(name, value, written):
    assert names.written(name, value).replace(NBSP, " ") == written


def test_printed_has_ordinary_spaces_and_two_digits():
    assert names.printed("val_accuracy", 0.5) == "50.00 %"
    assert names.printed("accuracy", 1.0) == "100 %"
    assert names.printed("loss", 0.123456) == "0.1235"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (16330, "16,330"),
        (16330.4, "16,330"),
        (9999.7, "10,000"),
        (1633.42, "1,633"),
        (0.00042171, "0.0004217"),
        (1.5e-6, "0.0000015"),
        (3.2e-9, "3.2e-09"),
        (-0.00700001, "-0.007"),
        (0.0, "0"),
        (-1e-5, "-0.00001"),
        (2.5e9, "2,500,000,000"),
        (1.25e16, "1.25e+16"),
    ],
)
def test_numbers_are_written_as_people_do(value, written):
    assert names.number(value) == written


def test_numbers_of_any_size_can_be_read_back():
    random = np.random.default_rng(0)
    for value in random.normal(0, 1, 500) * 10.0 ** random.integers(-9, 15, 500):
        text = names.number(float(value))
        assert float(text.replace(",", "")) == pytest.approx(value, rel=1e-3), text


def test_every_metric_of_a_task_has_a_row_with_its_direction():
    for task in (*task_metrics.ACCURACY, "regression"):
        for name in task_metrics.names(task):
            assert names.find(name) is not None, name
    lower = {"log_loss", "calibration_error", "mean_absolute_error", "median_absolute_error"}
    assert not any(names.maximizes(name) for name in lower)
    assert all(names.maximizes(name) for name in ("macro_f1", "roc_auc", "r2", "span_f1"))


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50.0 %"),
        (0.9888, "98.9 %"),
        (0.9907, "99.07 %"),
        (0.99999, "> 99.99 %"),
        (0.000001, "< 0.01 %"),
        (0.0123, "1.2 %"),
    ],
)
def test_a_share_is_never_rounded_to_a_whole(share, written):
    assert names.percent(share) == written.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.4213, "0.42 s"),
        (12.34, "12.3 s"),
        (99.97, "1 min 40 s"),
        (250, "4 min 10 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_duration(seconds, written):
    assert names.duration(seconds).replace(NBSP, " ") == written


@pytest.mark.parametrize(
    ("given", "main"),
    [
        (["loss", "accuracy"], "accuracy"),
        (["loss", "mean_absolute_error"], "mean_absolute_error"),
        (["loss", "perplexity", "accuracy"], "accuracy"),
        (["loss"], "loss"),
        ([], None),
    ],
)
def test_main_metric(given, main):
    assert names.main_metric(given) == main


def test_no_framework_is_loaded():
    heavy = "{'numpy', 'keras', 'tensorflow', 'jax'} & set(sys.modules)"
    script = f"import sys, kerasrecipes.metrics.names; assert not {heavy}"
    subprocess.run([sys.executable, "-c", script], check=True)
