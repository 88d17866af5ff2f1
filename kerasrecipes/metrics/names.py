"""What every metric is called, which direction is better, and how its value is written and rounded.

One table for the whole project: training curves, reports, comparisons, searches and the command
line agree because all of them ask here. Nothing here loads a framework.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Literal

Best = Literal["max", "min"]
Unit = Literal["", "share", "points", "%", "dB", "bits", "s"]


@dataclass(frozen=True)
class Metric:
    """What is known of a metric.

    Args:
        best: the better direction, `"max"` or `"min"`.
        unit: of its value: `"share"` is a share from 0 to 1, written in percent; `"points"` a score
            from 0 to 100; `"%"`, `"dB"` and `"bits"` are written behind the
            number; `"s"` is a time in seconds; else a plain number.
        label: how papers write its name; by default the words of the name.
        digits: after the point; by default a share has as many as `percent` chooses, a plain number
            four significant ones.
    """

    best: Best
    unit: Unit = ""
    label: str | None = None
    digits: int | None = None


def _rows(
    best: Best, unit: Unit, names: str, digits: int | None = None, **labels: str
) -> dict[str, Metric]:
    """Make a row for each of `names`, and for each of `labels` one that is written in its way."""
    plain = {name: Metric(best, unit, None, digits) for name in names.split()}
    return plain | {name: Metric(best, unit, label, digits) for name, label in labels.items()}


METRICS: dict[str, Metric] = {
    # Losses and errors. Every name with one of these words is one.
    **_rows("min", "", "loss error entropy divergence distance hinge poisson huber regret brier"),
    **_rows("min", "", "", crossentropy="cross-entropy", kl_divergence="KL divergence"),
    **_rows("min", "", "", nll="NLL", mae="MAE", mse="MSE", rmse="RMSE", msle="MSLE", crps="CRPS"),
    **_rows("min", "", "", mean_absolute_error="MAE", root_mean_squared_error="RMSE"),
    **_rows("min", "", "", mean_squared_error="MSE", median_absolute_error="median error"),
    **_rows("min", "", "log_loss"),
    **_rows("min", "", "false_positives false_negatives", mase="MASE", rmsle="RMSLE"),
    **_rows(
        "min", "", "", ridge_mase="MASE of a ridge regression", naive_mase="MASE of the last value"
    ),
    **_rows("min", "", "", baseline_mase="MASE of the last season"),
    **_rows("max", "share", "nominal_coverage"),
    **_rows("min", "%", "mean_absolute_percentage_error", mape="MAPE", smape="sMAPE"),
    **_rows("min", "share", "error_rate"),
    **_rows("min", "share", "", digits=1, calibration_error="calibration error"),
    **_rows("min", "share", "failure_rate", nme="NME"),
    **_rows("min", "share", "", wer="WER", cer="CER", eer="EER", ece="ECE"),
    # Classification.
    **_rows("max", "share", "accuracy precision recall sensitivity specificity coverage hit_rate"),
    **_rows(
        "max",
        "share",
        "",
        acc="accuracy",
        binary_accuracy="accuracy",
        categorical_accuracy="accuracy",
        sparse_categorical_accuracy="accuracy",
    ),
    **_rows(
        "max",
        "share",
        "exact_match true_positive_rate balanced_accuracy within_one",
        f1="F1",
        f2="F2",
    ),
    **_rows("max", "", "average_precision", auc="AUC", roc="ROC", roc_auc="ROC AUC"),
    **_rows("max", "", "", digits=3, r2="R²"),
    **_rows("max", "", "kappa true_positives true_negatives", mcc="MCC", qwk="QWK"),
    **_rows("max", "", "cosine_similarity", ndcg="NDCG", mrr="MRR"),
    # Images: detection, segmentation, generation.
    **_rows("max", "share", "dice", iou="IoU", io_u="IoU", map="mAP", pq="PQ"),
    **_rows("max", "share", "", ap50="AP50", ap75="AP75", one_shot="one-shot accuracy"),
    **_rows("max", "dB", "", psnr="PSNR", snr="SNR", sdr="SDR", si_sdr="SI-SDR"),
    **_rows("max", "share", "fine_detail judge_accuracy", used_share="used dimensions"),
    **_rows("min", "", "", ab_error="error of a and b", l1="absolute error", plain_l1="L1 alone"),
    **_rows("max", "", "inception_score", ssim="SSIM", elbo="ELBO"),
    **_rows("max", "", "", importance_bound="importance-weighted bound"),
    **_rows("max", "", "active_units classes_made kinds variety"),
    **_rows("min", "share", "told_apart"),
    **_rows("min", "", "", frechet_distance="Fréchet distance"),
    **_rows("min", "", "", fid="FID", kid="KID", lpips="LPIPS"),
    # Text.
    **_rows("max", "points", "", 1, bleu="BLEU", chrf="chrF", rouge="ROUGE", meteor="METEOR"),
    **_rows("max", "points", "", 1, **{f"bleu_{n}": f"BLEU-{n}" for n in range(1, 5)}),
    **_rows("max", "points", "", 1, rouge1="ROUGE-1", rouge2="ROUGE-2", rougel="ROUGE-L"),
    **_rows("max", "points", "", 1, rougeL="ROUGE-L"),  # as the package spells it
    **_rows("max", "points", "", 1, rouge_1="ROUGE-1", rouge_2="ROUGE-2", rouge_l="ROUGE-L"),
    **_rows("min", "points", "", 1, ter="TER"),
    **_rows("max", "", "log_likelihood", cider="CIDEr", spice="SPICE", comet="COMET"),
    **_rows("min", "", "perplexity"),
    **_rows("min", "bits", "bits bits_per_character bits_per_byte bits_per_sample"),
    **_rows("min", "bits", "", bpc="BPC", bpb="BPB"),
    # Agents, and what a training costs.
    **_rows("max", "", "return reward mean_return", baseline_mean_return="mean return by chance"),
    **_rows("max", "", "", rule_mean_return="mean return of the simple rule"),
    **_rows("max", "", "", best_mean_return="largest mean return", training_return="return"),
    **_rows("min", "", "return_spread"),
    **_rows("max", "", "mean_length"),
    **_rows("min", "s", "", seconds="time"),
}

_ALSO = {"ema": "EMA", "swa": "SWA"}  # acronyms of settings
_SPLITS = {"val": "validation", "test": "test"}
_MOST_WORDS = max(name.count("_") + 1 for name in METRICS)
_PERCENT = "\u00a0%"


def find(name: str) -> Metric | None:
    """Look a metric up by the words of its name.

    The longest row that stands in the name decides, of equals the last: `PER_f1`,
    `val_nearest_bleu_4` and `age_mean_absolute_error` are found as `f1`, `bleu_4` and `error`.

    Args:
        name: with or without `val_` or other words before and behind it.

    Returns:
        Its row; `None` if no row stands in the name.
    """
    words = _words(name)
    for length in range(min(_MOST_WORDS, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            if row := METRICS.get("_".join(words[start : start + length])):
                return row
    # Names of a user's own, such as `myloss`.
    return METRICS["loss"] if any(word.endswith(("loss", "error")) for word in words) else None


def maximizes(name: str, default: str = "max") -> bool:
    """Return whether more of a metric is better.

    Args:
        name: of the metric.
        default: the direction if the table does not know the name.
    """
    row = find(name)
    return (row.best if row else default) == "max"


def is_share(name: str) -> bool:
    """Return whether a metric of this name is a share from 0 to 1, which is read in percent."""
    row = find(name)
    return row is not None and row.unit == "share"


def main_metric(names: Iterable[str]) -> str | None:
    """Return the metric that a person asks for first: the first share, else the first that is not
    a loss.

    Args:
        names: metrics' names, in order.

    Returns:
        One of the names; `None` if there is none.
    """
    names = list(names)
    shares = [name for name in names if is_share(name)]
    others = [name for name in names if "loss" not in name.split("_")]
    return next(iter(shares + others + names), None)


def label(name: str) -> str:
    """Write a metric's name in words.

    Args:
        name: such as `val_binary_accuracy`, which is "validation accuracy", `bleu_4`, which is
            "BLEU-4", or `seconds`, which is "time".

    Returns:
        Its words, with acronyms as papers write them.
    """
    words = name.split("_")
    lead = [_SPLITS[words.pop(0)]] if len(words) > 1 and words[0] in _SPLITS else []
    found: list[str] = []
    while words:
        for length in range(min(_MOST_WORDS, len(words)), 0, -1):
            row = METRICS.get("_".join(words[:length]))
            if row and row.label:
                found.append(row.label)
                words = words[length:]
                break
        else:
            word = words.pop(0)
            found.append(_ALSO.get(word, word))
    return " ".join([*lead, *found])


def written(name: str, value: float | None, *, digits: int | None = None) -> str:
    """Write a metric's value as its field does: `99.13 %`, `37.8`, `1.546`, `4 min 10 s`.

    Args:
        name: of the metric.
        value: what was measured; `None` is a dash.
        digits: after the point of a share in percent; by default as many as `percent` chooses.

    Returns:
        The number with its unit, joined by a space that does not break.
    """
    if value is None:
        return "–"
    row = find(name)
    if row is None or not math.isfinite(value):
        return duration(value) if row is not None and row.unit == "s" else number(value)
    if row.unit == "share" and value >= 0 and (value <= 1 or row.best == "min"):
        # An error rate can pass 100 %.
        return percent(float(value), row.digits if digits is None else digits)
    if row.unit == "s":
        return duration(float(value))
    # Fixed digits would hide all of a small value, and be noise behind a large one.
    fixed = row.digits is not None and (value == 0 or 10.0**-row.digits <= abs(value) < 1e3)
    text = f"{value:.{row.digits}f}" if fixed else number(value)
    return f"{text}\u00a0{row.unit}" if row.unit in ("%", "dB", "bits") else text


def printed(name: str, value: float | None) -> str:
    """Write a metric's value for a terminal: with two digits of a share, and with ordinary spaces,
    which can be searched for.

    Args:
        name: of the metric.
        value: what was measured; `None` is a dash.

    Returns:
        The number with its unit.
    """
    return written(name, value, digits=2).replace("\u00a0", " ")


# Errors in the target's own unit; its square is nobody's.
_IN_UNITS = ("mean_absolute_error", "root_mean_squared_error", "median_absolute_error")


def with_unit(name: str, text: str, unit: str | None) -> str:
    """Append the unit of the data to a written value, if the metric is an error in that unit.

    Args:
        name: of the metric.
        text: its value.
        unit: such as `EUR`, or `in price`; `None` if there is none.

    Returns:
        Such as `16,330 EUR` or `16,330 in price`.
    """
    return f"{text} {unit}" if unit and name.removeprefix("val_") in _IN_UNITS else text


def label_with_unit(name: str, unit: str | None) -> str:
    """Write a metric's name in words, with the unit in which it counts.

    Args:
        name: of the metric.
        unit: of the data, such as `EUR`, or `in price`; `None` if there is none.

    Returns:
        Such as `MAE in EUR` or `MAE in price`.
    """
    return with_unit(name, label(name), unit and f"in {unit.removeprefix('in ')}")


def percent(share: float, digits: int | None = None) -> str:
    """Write a share in percent, never rounded to 0 or 100 if it is not.

    Args:
        share: from 0 to 1.
        digits: after the point; by default 1, and 2 near 0 and 1.

    Returns:
        The number with the percent sign.
    """
    if share in (0, 1):
        return f"{100 * share:.0f}{_PERCENT}"
    if digits is None:
        digits = 1 if 0.01 <= share < 0.99 else 2
    text = f"{100 * share:.{digits}f}"
    if 0 < share < 1 and float(text) in (0, 100):
        return f"<\u00a00.01{_PERCENT}" if share < 0.5 else f">\u00a099.99{_PERCENT}"
    return text + _PERCENT


def number(value: float) -> str:
    """Write a number as people do: with separated thousands and four significant digits, `16,330`,
    `0.0004217`; with a power of ten only where there would be a row of zeros.

    Args:
        value: any number; whole ones are written in full.

    Returns:
        The digits, or a word for what is not finite.
    """
    if isinstance(value, Integral):
        return f"{int(value):,}"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value != 0 and not 1e-6 <= abs(value) < 1e15:
        return f"{value:.4g}"
    # Rounded first: 9,999.7 has no digit after the point any more.
    value = float(f"{value:.4g}") if abs(value) < 1e4 else float(round(value))
    text = f"{value:,.10f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def duration(seconds: float) -> str:
    """Write a time: `0.42 s`, `12.3 s`, `4 min 10 s`, `2 h 5 min`."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 99.95:
        return f"{seconds:.2f}\u00a0s" if seconds < 0.995 else f"{seconds:.1f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}\u00a0min {rest}\u00a0s"
    return f"{minutes // 60:,}\u00a0h {minutes % 60}\u00a0min"


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]
