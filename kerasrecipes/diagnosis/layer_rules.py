"""Rules on the layers: gradients, updates and activations."""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading, most
from kerasrecipes.diagnosis.thresholds import limit

RECTIFIERS = frozenset({"relu", "relu6"})


def vanishing_gradients(reading: Reading) -> list[Finding]:
    """Layers whose gradient is a tiny part of that of a later layer."""
    sensitivities = reading.sensitivities()
    # No gradient passes weights that a penalty has removed; that is underfitting.
    if reading.equal_weights or reading.shrunken or not np.isfinite(sensitivities).any():
        return []
    ratios = _over_later(sensitivities)
    stuck = [
        i for i in range(ratios.shape[1]) if most(ratios[:, i] < limit("vanishing"), ratios[:, i])
    ]
    if stuck:
        return [_fading(reading, stuck, ratios)]
    largest = most_sensitive(sensitivities)
    if (
        reading.failed
        and most(largest < limit("no_gradient"), largest)
        and largest.max(initial=0.0) > 0
    ):
        return [_faint(reading, float(np.nanmedian(largest)))]
    return []


def most_sensitive(sensitivities: np.ndarray) -> np.ndarray:
    """The largest sensitivity of any layer, at each moment at which gradients were measured."""
    measured = sensitivities[np.isfinite(sensitivities).any(axis=1)]
    return np.nan_to_num(measured, nan=0.0).max(axis=1, initial=0.0)


def _over_later(sensitivities: np.ndarray) -> np.ndarray:
    """Each layer's sensitivity over the largest of a later layer: `(moments, layers - 1)`."""
    # The running maximum from the output on, without the layer itself.
    later = np.maximum.accumulate(sensitivities[:, ::-1], axis=1)[:, ::-1][:, 1:]
    # Where a later layer has no gradient, none can vanish on its way.
    later = np.where(later > 1e-12, later, np.nan)
    return sensitivities[:, :-1] / later


def _fading(reading: Reading, stuck: list[int], ratios: np.ndarray) -> Finding:
    ratio, worst = min((float(np.nanmedian(ratios[:, i])), i) for i in stuck)
    layer = reading.kernels[worst]
    also = f"; so in {len(stuck)} of {len(reading.kernels)} layers" if len(stuck) > 1 else ""
    return Finding(
        kind="vanishing_gradients",
        layer=layer,
        sentence="The gradients vanish on their way to the input: relative to its weights, the "
        f"gradient of layer {layer} is {ratio:.1e} of that of a later layer{also}; such a layer "
        "hardly learns.",
        severity="high" if reading.failed else "medium",
        evidence={"ratio": ratio, "layers": [reading.kernels[i] for i in stuck]},
    )


def _faint(reading: Reading, sensitivity: float) -> Finding:
    layer = reading.kernels[0]
    return Finding(
        kind="vanishing_gradients",
        layer=layer,
        sentence=f"Hardly any gradient reaches the layers, {layer} included: doubling the weights "
        "of the most sensitive layer would change the loss by about "
        f"{sensitivity:.1e} of its size.",
        evidence={"sensitivity": sensitivity, "layers": reading.kernels},
    )


def exploding_gradients(reading: Reading) -> list[Finding]:
    """Gradients far too large for the loss, before large updates could have caused it."""
    sensitivities = np.nan_to_num(reading.sensitivities(), nan=0.0, posinf=0.0)
    calm = _calm_moments(reading, len(sensitivities))
    found = sensitivities[calm]
    if not found.size or found.max() <= limit("exploding"):
        return []
    moment, worst = np.unravel_index(int(np.argmax(found)), found.shape)
    layer, step = reading.kernels[worst], int(reading.steps[calm][moment])
    norm = float(np.nan_to_num(reading.numbers(layer, "gradient"))[calm][moment])
    when = "already before training" if step == 0 else f"at step {step}"
    return [
        Finding(
            kind="exploding_gradients",
            layer=layer,
            sentence=f"The gradients explode: the gradient norm of layer {layer} is {norm:.1e} "
            f"{when}; times the weight norm, relative to the loss of the best constant prediction, "
            f"it is {found.max():.1e}, where below 100 is usual.",
            evidence={"gradient_norm": norm, "sensitivity": float(found.max()), "step": step},
        )
    ]


def _calm_moments(reading: Reading, count: int) -> np.ndarray:
    """Return which of the first moments come before any large update."""
    updates = reading.updates()
    largest = (
        np.nan_to_num(updates, nan=0.0).max(axis=1, initial=0.0)
        if updates.size
        else np.zeros(count)
    )
    before = np.concatenate([[0.0], np.maximum.accumulate(largest)])[:count]
    # After the first quarter of the moments gradients may grow as the model learns.
    early = np.arange(count) <= max(1, count // 4)
    return (np.maximum(before, largest) < limit("large_update") / 3) & early | (
        np.arange(count) == 0
    )


def dying_relu(reading: Reading) -> list[Finding]:
    """Layers of rectifiers of which more than half are never active at the end."""
    if reading.equal_weights:
        # Weights that are all zero have their own rule.
        return []
    found = []
    for name in reading.activated(RECTIFIERS):
        shares = reading.numbers(name, "share")
        shares = shares[np.isfinite(shares)]
        # With two moments the first one is before training.
        last = shares[-2:] if len(shares) > 2 else shares[1:]
        if len(last) and last.min() > limit("dead"):
            found.append((float(shares[-1]), name, float(shares[0])))
    if not found:
        return []
    share, layer, first = max(found, key=lambda row: row[0])
    also = f"; so in {len(found)} layers" if len(found) > 1 else ""
    return [
        Finding(
            kind="dying_relu",
            layer=layer,
            sentence=f"{share:.0%} of the units of layer {layer} are never active on the data "
            f"({first:.0%} before training){also}; a dead ReLU has no gradient and stays dead.",
            severity="high" if reading.failed or share > 0.9 else "medium",
            evidence={
                "share": share,
                "share_before": first,
                "layers": [name for _, name, _ in found],
            },
        )
    ]


def saturated_activation(reading: Reading) -> list[Finding]:
    """Layers of bounded activations whose outputs are saturated from the start to the end."""
    found = []
    for name in reading.activated(("sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign")):
        shares = reading.numbers(name, "share")
        shares = shares[np.isfinite(shares)]
        # Without the last moment, which is compared by itself.
        early = shares[: 1 + len(shares) // 2][: len(shares) - 1]
        if len(early) and min(early.max(), shares[-1]) > limit("saturated"):
            found.append((float(shares[-1]), name, float(shares[0])))
    if not found:
        return []
    share, layer, first = max(found, key=lambda row: row[0])
    function = reading.layer(layer)["activation"]
    return [
        Finding(
            kind="saturated_activation",
            layer=layer,
            sentence=f"{share:.0%} of the outputs of layer {layer} are saturated, where {function} "
            f"is flat ({first:.0%} before training); hardly any gradient passes through.",
            severity="high" if reading.failed else "medium",
            evidence={
                "share": share,
                "share_before": first,
                "layers": [name for _, name, _ in found],
            },
        )
    ]


def learning_rate_too_high(reading: Reading) -> list[Finding]:
    """Updates that replace a large part of the weights, in a training that failed."""
    updates = reading.updates()[:5]
    if not np.isfinite(updates).any() or not (reading.failed or reading.broken):
        return []
    if reading.optimizer == "lbfgs" and not reading.broken:
        return []  # its steps lead to the minimum of a parabola, whatever their size
    ratio = float(np.nanmax(updates))
    if ratio < limit("large_update"):
        return []
    moment, worst = np.unravel_index(int(np.nanargmax(updates)), updates.shape)
    layer, step, rate = reading.kernels[worst], int(reading.steps[moment]), reading.learning_rate
    return [
        Finding(
            kind="learning_rate_too_high",
            layer=layer,
            sentence=f"The learning rate{_of(rate)} is too high: step {step} changed the weights "
            f"of layer {layer} by {ratio:.0%} of their norm (0.1 % to 1 % is usual), "
            f"and {reading.outcome}.",
            evidence={"update_ratio": ratio, "step": step, "learning_rate": rate},
        )
    ]


def learning_rate_too_low(reading: Reading) -> list[Finding]:
    """Weights that hardly moved although there is a gradient and a high loss."""
    enough = most_sensitive(reading.sensitivities())
    gradient = not np.isfinite(reading.sensitivities()).any() or float(np.median(enough)) > limit(
        "no_gradient"
    )
    # Where simple learners reach no more, the rest may be noise; weights that were not moved have
    # not shown that.
    if not reading.remains or not gradient or not reading.travel < limit("short_travel"):
        return []
    rate, typical = reading.learning_rate, reading.typical_update
    return [
        Finding(
            kind="learning_rate_too_low",
            sentence=f"The learning rate{_of(rate)} is too low: one step changes the weights by "
            f"{typical:.1e} of their norm, all steps together by at most "
            f"{100 * reading.travel:.2g} %, and {reading.outcome}.",
            evidence={"update_ratio": typical, "travel": reading.travel, "learning_rate": rate},
        )
    ]


def _of(rate: float | None) -> str:
    return "" if rate is None else f" of {rate:g}"
