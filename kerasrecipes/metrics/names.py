"""What every metric is called, which direction is better, and how its value is written.

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
            from 0 to 100, written with one digit; `"%"`, `"dB"` and `"bits"` are written behind the
            number; `"s"` is a time in seconds; else a plain number.
        label: how papers write its name; by default the words of the name.
    """

    best: Best
    unit: Unit = ""
    label: str | None = None


def _rows(best: Best, unit: Unit, names: str, **labels: str) -> dict[str, Metric]:
    """Make a row for each of `names`, and for each of `labels` one that is written in its way."""
    plain = {name: Metric(best, unit) for name in names.split()}
    return plain | {name: Metric(best, unit, label) for name, label in labels.items()}


METRICS: dict[str, Metric] = {
    # Losses and errors. Every name with one of these words is one.
    **_rows("min", "", "loss error entropy divergence distance hinge poisson huber regret brier"),
    **_rows("min", "", "", crossentropy="cross-entropy", kl_divergence="KL divergence"),
    **_rows("min", "", "", nll="NLL", mae="MAE", mse="MSE", rmse="RMSE", msle="MSLE", crps="CRPS"),
    **_rows("min", "", "false_positives false_negatives", mase="MASE", rmsle="RMSLE"),
    **_rows("min", "%", "mean_absolute_percentage_error", mape="MAPE", smape="sMAPE"),
    **_rows("min", "share", "error_rate calibration_error"),
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
    **_rows("max", "share", "exact_match true_positive_rate average_precision", f1="F1", f2="F2"),
    **_rows("max", "", "kappa true_positives true_negatives", auc="AUC", roc="ROC", mcc="MCC"),
    **_rows("max", "", "cosine_similarity", r2="R²", ndcg="NDCG", mrr="MRR"),
    # Images: detection, segmentation, generation.
    **_rows("max", "share", "dice", iou="IoU", io_u="IoU", map="mAP", pq="PQ"),
    **_rows("max", "dB", "", psnr="PSNR", snr="SNR", sdr="SDR", si_sdr="SI-SDR"),
    **_rows("max", "", "inception_score", ssim="SSIM", elbo="ELBO"),
    **_rows("min", "", "", fid="FID", kid="KID", lpips="LPIPS"),
    # Text.
    **_rows("max", "points", "", bleu="BLEU", chrf="chrF", rouge="ROUGE", meteor="METEOR"),
    **_rows("max", "points", "", **{f"bleu_{n}": f"BLEU-{n}" for n in range(1, 5)}),
    **_rows("max", "points", "", rouge_1="ROUGE-1", rouge_2="ROUGE-2", rouge_l="ROUGE-L"),
    **_rows("min", "points", "", ter="TER"),
    **_rows("max", "", "log_likelihood", cider="CIDEr", spice="SPICE", comet="COMET"),
    **_rows("min", "", "perplexity"),
    **_rows("min", "bits", "bits bits_per_character bits_per_byte", bpc="BPC", bpb="BPB"),
    # Agents, and what a training costs.
    **_rows("max", "", "return reward"),
    **_rows("min", "s", "", seconds="time"),
}

_ALSO = {"ema": "EMA"}  # acronyms of settings
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
        return percent(float(value), digits)  # an error rate can pass 100 %
    if row.unit == "s":
        return duration(float(value))
    if row.unit == "points":
        return f"{value:.1f}"
    return f"{number(value)}\u00a0{row.unit}" if row.unit in ("%", "dB", "bits") else number(value)


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
    """Write a number: whole ones with separated thousands, others with four digits."""
    if isinstance(value, Integral):
        return f"{int(value):,}"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


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
