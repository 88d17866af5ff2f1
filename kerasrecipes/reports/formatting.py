"""Names and numbers as a person writes them, for figures, reports and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

_SHARES = {"accuracy", "acc", "precision", "recall", "f1", "iou", "dice", "coverage"}
_LOSSES = {"loss", "error", "entropy", "crossentropy", "perplexity", "divergence", "distance"}
_ERRORS = {"mae", "mse", "rmse", "wer", "cer"}
_ACRONYMS = {"auc": "AUC", "bleu": "BLEU", "chrf": "chrF", "f1": "F1", "iou": "IoU", "ema": "EMA"}
_ACRONYMS |= {name: name.upper() for name in _ERRORS}
_PREFIXES = ("sparse_categorical_", "categorical_", "binary_")


def label(name: str) -> str:
    """Spell a metric's name in words: `val_binary_accuracy` is "validation accuracy", `seconds` is
    "time".
    """
    lead = ""
    for prefix, word in (("val_", "validation "), ("test_", "test ")):
        if name.startswith(prefix):
            lead, name = word, name.removeprefix(prefix)
    for prefix in _PREFIXES:
        if name == f"{prefix}accuracy":
            name = "accuracy"
    spelled = [
        "time" if word == "seconds" else _ACRONYMS.get(word, word) for word in name.split("_")
    ]
    return lead + " ".join(spelled)


def sentence(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def is_share(name: str) -> bool:
    """Tell whether a metric of this name is a share from 0 to 1, which people read in percent."""
    return not _SHARES.isdisjoint(name.lower().split("_"))


def lower_is_better(name: str) -> bool:
    """Tell whether a metric of this name is the better the lower it is."""
    return not (_LOSSES | _ERRORS).isdisjoint(name.lower().split("_"))


def main_metric(names: Iterable[str]) -> str | None:
    """Choose the metric that a person asks for first: the first share, else the first that is not a
    loss.

    Args:
        names: metrics' names, in order.

    Returns:
        One of the names; `None` if there is none.
    """
    names = list(names)
    shares = [name for name in names if is_share(name)]
    others = [name for name in names if "loss" not in name.split("_")]
    return next(iter(shares + others + names), None)


def percent(share: float) -> str:
    """Write a share in percent, with more digits near 0 and 1, and never rounded up to a whole."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", "\u00a0%")
    near = not 0.01 <= share < 0.99
    digits = 2 if near else 1
    text = f"{100 * share:.{digits}f}"
    if 0 < share < 1 and float(text) in (0, 100):
        return "<\u00a00.01\u00a0%" if share < 0.5 else ">\u00a099.99\u00a0%"
    return f"{text}\u00a0%"


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


def quantity(count: float) -> str:
    """Write a large count short: `48,120`, `4.11 billion`."""
    for size, unit in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if count >= 0.9995 * size:
            return f"{count / size:.3g}\u00a0{unit}"
    return f"{count:,.0f}"


def measured(name: str, value: Any) -> str:
    """Write a measured value in the way that its name asks for.

    Args:
        name: the metric's name; shares become percent, `seconds` a time.
        value: what was measured.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return plain(value)
    if name.split("_")[-1] == "seconds":
        return duration(float(value))
    return percent(float(value)) if is_share(name) and 0 <= value <= 1 else number(value)


def spread(name: str, mean: float, deviation: float | None) -> str:
    """Write a mean with its standard deviation, such as `98.70 ± 0.21 %`; alone where that is
    unknown.
    """
    if deviation is None:
        return measured(name, mean)
    if is_share(name):
        return f"{100 * mean:.2f}\u00a0±\u00a0{100 * deviation:.2f}\u00a0%"
    unit = "\u00a0s" if name.split("_")[-1] == "seconds" else ""
    if not deviation > 0 or not math.isfinite(mean):
        return f"{number(mean)}\u00a0±\u00a0{number(deviation)}{unit}"
    digits = max(0, 1 - math.floor(math.log10(deviation)))
    return f"{mean:,.{digits}f}\u00a0±\u00a0{deviation:,.{digits}f}{unit}"


def plain(value: Any) -> str:
    """Write a setting's value as it would be typed: `true`, `none`, `0.001`, `1, 2`."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value)
    return str(value)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: `1 mistake`, `1,204 mistakes`."""
    return f"{count:,}\u00a0{one if count == 1 else many or one + 's'}"


def shortened(text: str, length: int) -> str:
    """Cut a text to a length, with an ellipsis where something was left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
