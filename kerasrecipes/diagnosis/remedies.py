"""Remedies for each finding, as settings to change where they exist, else in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading

# Settings of the trainer; they are flags on the command line, while those of the model are
# `name=value`.
TRAINER = frozenset(
    {
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "schedule",
        "warmup_epochs",
        "clip_norm",
        "clip_value",
        "weight_decay",
        "patience",
        "precision",
        "seed",
    }
)
SATURATING = frozenset({"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign"})
TAME = frozenset(
    {"glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform"}
)
# The middle of the usual 0.1 % to 1 % of a weight per step.
WANTED_UPDATE = 3e-3
LARGE_UPDATE = 0.1

# Settings to change, the decisive one first, and the same in words.
Remedy = tuple[dict[str, Any], str]


def propose(
    finding: Finding, reading: Reading, settings: Mapping[str, Any] | None, kinds: set[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the remedies for a finding.

    Args:
        finding: the finding.
        reading: the record that it was found in.
        settings: the settings of the run, or None if they are unknown.
        kinds: the kinds of all findings.

    Returns:
        Arguments of the command line, the most promising first, and what is not a setting, in
        words.
    """
    fragments, words = [], []
    case = Case(finding, reading, dict(settings or {}), kinds)
    for changes, saying in REMEDIES[finding.kind](case):
        fragment = _fragment(changes, settings)
        if fragment:
            fragments.append(fragment)
        elif fragment is None:
            words.append(saying)
    # Without duplicates, in the order of the proposals.
    return tuple(dict.fromkeys(fragments)), tuple(dict.fromkeys(words))


def _fragment(changes: Mapping[str, Any], settings: Mapping[str, Any] | None) -> str | None:
    """Write the changes as arguments: None if the first setting does not exist, empty if none
    changes.
    """
    # Dictionaries keep their order: the first setting is the decisive one.
    if not changes or settings is None or next(iter(changes)) not in settings:
        return None
    new = {
        name: value
        for name, value in changes.items()
        if name in settings and settings[name] != value
    }
    return " ".join(
        f"--{n.replace('_', '-')} {_text(v)}" if n in TRAINER else f"{n}={_text(v)}"
        for n, v in new.items()
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


RELU: Remedy = (
    {"activation": "relu", "initializer": "he_normal"},
    "use relu in the hidden layers, with he_normal initialisation",
)
RELU_NORMALIZED: Remedy = (
    {"activation": "relu", "initializer": "he_normal", "batch_normalization": "before"},
    "use relu in the hidden layers, with he_normal weights and batch normalization before it",
)
LEAKY: Remedy = ({"activation": "leaky_relu"}, "use leaky_relu, whose gradient is never zero")
HE: Remedy = ({"initializer": "he_normal"}, "initialise the weights with he_normal")
GLOROT: Remedy = ({"initializer": "glorot_uniform"}, "initialise the weights with glorot_uniform")
NORMALIZE: Remedy = (
    {"batch_normalization": "before"},
    "put batch normalization before each activation",
)
CLIP: Remedy = ({"clip_norm": 1.0}, "clip the gradients to norm 1 (clipnorm=1 of the optimizer)")
SCALE: Remedy = (
    {"normalize_inputs": True},
    "scale each input column to mean 0 and deviation 1, for instance with a Normalization layer",
)
COMPARE: Remedy = (
    {},
    "look at some inputs beside their labels; shuffle and split both in the same order",
)
LEAVE_OUT: Remedy = ({}, "leave these columns out, or find out why nothing was read into them")


class Case(NamedTuple):
    """A finding, and what its remedies depend on.

    Args:
        finding: the finding.
        reading: the record that it was found in.
        settings: the settings of the run.
        kinds: the kinds of all findings of the run.
    """

    finding: Finding
    reading: Reading
    settings: Mapping[str, Any]
    kinds: set[str]

    @property
    def activation(self) -> str | None:
        """Activation of the layer that the finding is about; `None` if it is about no layer."""
        if self.finding.layer not in self.reading.names:
            return None
        return self.reading.layer(self.finding.layer)["activation"]

    @property
    def tame(self) -> bool:
        """Whether the initializer keeps the variance from layer to layer."""
        return self.settings.get("initializer") in TAME


def _rate(case: Case, factor: float) -> Iterator[Remedy]:
    """The learning rate times a factor, rounded to a power of ten of the present one."""
    now = case.settings.get("learning_rate")
    now = now if isinstance(now, float | int) and now > 0 else case.reading.learning_rate
    if now:
        new = float(f"{now * factor:.1g}")
        yield {"learning_rate": new}, f"set the learning rate to {new:g}"


def _power(ratio: float, least: int, most: int) -> int:
    """The power of ten nearest to a ratio, within bounds."""
    if not math.isfinite(ratio) or ratio <= 0:
        return least
    return min(most, max(least, round(math.log10(ratio))))


def _lower(case: Case) -> Iterator[Remedy]:
    update = case.finding.evidence.get("update_ratio") or case.reading.largest_early_update
    # An update that replaces all weights is measured as 1, however large the step was.
    yield from _rate(case, 10.0 ** -_power(update / WANTED_UPDATE, 1, 3))


def _blow_up(case: Case) -> Iterator[Remedy]:
    if "columns" in case.finding.evidence or "labels" in case.finding.evidence:
        yield {}, "fill in or leave out the missing values; check how the data was read"
        return
    if "unscaled_inputs" in case.kinds:
        yield SCALE
    if "exploding_gradients" in case.kinds and not case.tame:
        yield HE
    # Large targets make large losses at any rate: then it is lowered last.
    if not case.reading.large_targets:
        yield from _lower(case)
    yield CLIP
    if case.reading.large_targets:
        scale = case.reading.labels["scale"]
        yield {}, f"scale the targets to about 1; now they are around {scale:.3g}"
        yield from _lower(case)


def _vanishing(case: Case) -> Iterator[Remedy]:
    function = case.activation
    bounded = function in SATURATING or case.settings.get("activation") in SATURATING
    if bounded and function != "tanh":
        yield RELU_NORMALIZED
    if not case.tame:
        yield GLOROT if function == "tanh" else HE
    yield NORMALIZE
    if bounded:
        yield RELU
    yield {}, "use fewer layers, or residual connections around them"


def _exploding(case: Case) -> Iterator[Remedy]:
    if not case.tame:
        yield HE
    yield CLIP
    yield NORMALIZE
    yield from _rate(case, 0.1)


def _dying(case: Case) -> Iterator[Remedy]:
    # Units that were alive at the start were killed by a step that was too large.
    killed = (
        case.finding.evidence["share_before"] < 0.5
        and case.reading.largest_early_update > LARGE_UPDATE
    )
    if killed:
        yield from _lower(case)
    yield NORMALIZE
    yield LEAKY
    yield HE
    if not killed:
        yield from _rate(case, 0.1)


def _saturated(case: Case) -> Iterator[Remedy]:
    if not case.tame:
        yield GLOROT
    yield NORMALIZE
    yield RELU
    yield from _rate(case, 0.1)


def _too_high(case: Case) -> Iterator[Remedy]:
    yield from _lower(case)
    yield {"warmup_epochs": 1}, "let the learning rate warm up over the first epoch"
    yield CLIP


def _too_low(case: Case) -> Iterator[Remedy]:
    update = case.finding.evidence["update_ratio"]
    yield from _rate(case, 10.0 ** _power(WANTED_UPDATE / update if update else 0.0, 1, 4))


def _unmoved(case: Case) -> Iterator[Remedy]:
    if case.reading.equal_weights:
        yield GLOROT if case.activation in SATURATING else HE
        return
    yield from _loosen(case)
    yield from _rate(case, 10.0)
    yield (
        {},
        "check that the labels belong to the inputs and that the inputs hold what is asked for",
    )


def _loosen(case: Case) -> Iterator[Remedy]:
    if (case.settings.get("dropout_rate") or 0) > 0.5:
        yield {"dropout_rate": 0.2}, "use less dropout"
    for name in ("l2", "l1", "weight_decay"):
        if (case.settings.get(name) or 0) > 1e-2:
            yield {name: 0.0}, "use less regularisation"


def _underfitting(case: Case) -> Iterator[Remedy]:
    yield from _loosen(case)
    if case.reading.shrunken:
        # A wider model would be shrunk as well.
        yield {}, "use a smaller penalty on the weights (L1, L2 or weight decay)"
        return
    widths = case.settings.get("hidden_layers")
    if widths is not None:
        wider = tuple(max(64, 2 * int(width)) for width in widths)
        wider = (*wider, 64) if len(wider) < 2 else wider
        yield {"hidden_layers": wider}, "use wider or more hidden layers"
    else:
        yield {}, "use wider or more hidden layers, less dropout and less regularisation"
    if case.finding.evidence["still_falling"]:
        yield {"epochs": 4 * int(case.settings.get("epochs") or 0)}, "train for more epochs"
    yield from _rate(case, 3.0)


def _overfitting(case: Case) -> Iterator[Remedy]:
    yield (
        {"patience": 5},
        "stop when the validation loss has not improved for 5 epochs (EarlyStopping)",
    )
    yield (
        {"dropout_rate": max(0.3, case.settings.get("dropout_rate") or 0)},
        "use dropout with rate 0.3",
    )
    yield {"weight_decay": 0.01}, "use weight decay or an L2 penalty"
    yield {}, "use a smaller model or more examples"


def _wrong_head(case: Case) -> Iterator[Remedy]:
    evidence, units = case.finding.evidence, case.reading.units
    if "least" in evidence:
        yield {}, "leave out the last layer's activation, or bring the labels into its range"
    elif "highest_label" in evidence:
        yield {}, f"give the last layer {evidence['highest_label'] + 1:.0f} units"
    elif case.reading.record.get("from_logits"):
        yield {}, "leave out the last layer's activation, or from_logits=True of the loss"
    else:
        function = "sigmoid" if units == 1 else "softmax"
        yield {}, f"give the last layer activation='{function}', or the loss from_logits=True"


def _collapsed(case: Case) -> Iterator[Remedy]:
    if case.settings.get("loss") != "wasserstein":
        yield (
            {"loss": "wasserstein", "critic_steps": 3},
            "take the Wasserstein loss with a gradient penalty",
        )
    yield {"normalization": "spectral"}, "normalize the discriminator's weights spectrally"
    yield from _rate(case, 0.3)


def _won(case: Case) -> Iterator[Remedy]:
    if case.settings.get("loss") == "minimax":
        yield (
            {"loss": "non_saturating"},
            "let the generator raise the scores of its images (the non-saturating loss)",
        )
    rate = case.settings.get("discriminator_rate") or case.settings.get("learning_rate")
    if rate:
        slower = float(f"{rate / 4:.1g}")
        yield {"discriminator_rate": slower}, f"set the discriminator's rate to {slower:g}"
    if (case.settings.get("critic_steps") or 1) > 1:
        yield {"critic_steps": 1}, "let the discriminator take one step for each of the generator"
    yield {"normalization": "spectral"}, "normalize the discriminator's weights spectrally"
    if case.settings.get("loss") in ("minimax", "non_saturating", "least_squares"):
        yield {"label_smoothing": 0.1}, "lower the discriminator's target for real images by 0.1"


def _oscillating(case: Case) -> Iterator[Remedy]:
    momentum = case.settings.get("beta_1", 0.5)
    if momentum is not None and momentum > 0.5:
        yield {"beta_1": 0.5}, "less momentum: beta_1=0.5 of Adam, for both networks"
    yield from _rate(case, 0.3)
    yield {"schedule": "cosine"}, "let the learning rates fall to 0 (cosine)"
    yield {"normalization": "spectral"}, "normalize the discriminator's weights spectrally"
    if momentum:
        yield {"beta_1": 0.0}, "no momentum: beta_1=0 of Adam, for both networks"


def _ignored(case: Case) -> Iterator[Remedy]:
    weight = case.finding.evidence["l1_weight"]
    less = float(f"{min(100.0, weight / 10):.1g}")
    yield {"l1_weight": less}, f"let the absolute error count {less:g} times"


def _collapsed_posterior(case: Case) -> Iterator[Remedy]:
    if (case.settings.get("beta") or 0) > 1:
        yield {"beta": 1.0}, "let the divergence count once in the loss (beta=1)"
    yield {"free_bits": 0.1}, "let a tenth of a nat in each dimension cost nothing (free bits)"
    yield from _rate(case, 0.3)
    yield {}, "let the weight of the divergence grow from 0 in the first epochs"


def _unused(case: Case) -> Iterator[Remedy]:
    weight = case.settings.get("sparsity_weight")
    if weight and case.settings.get("sparsity", "none") != "none":
        less = float(f"{weight / 10:.1g}")
        yield {"sparsity_weight": less}, f"lower the price of activations to {less:g}"
    yield LEAKY
    yield from _rate(case, 0.3)
    size = case.settings.get("code")
    if size and case.finding.evidence["used_share"]:
        fewer = max(1, round(size * case.finding.evidence["used_share"]))
        yield {"code": fewer}, f"use a code of {fewer} numbers"


REMEDIES: dict[str, Callable[[Case], Iterable[Remedy]]] = {
    "wrong_head": _wrong_head,
    "blow_up": _blow_up,
    "exploding_gradients": _exploding,
    "unscaled_inputs": lambda case: (SCALE,),
    "saturated_activation": _saturated,
    "dying_relu": _dying,
    "vanishing_gradients": _vanishing,
    "learning_rate_too_high": _too_high,
    "learning_rate_too_low": _too_low,
    "shuffled_labels": lambda case: (COMPARE,),
    "loss_does_not_move": _unmoved,
    "underfitting": _underfitting,
    "overfitting": _overfitting,
    "constant_inputs": lambda case: (LEAVE_OUT,),
    "discriminator_won": _won,
    "mode_collapse": _collapsed,
    "oscillation": _oscillating,
    "discriminator_ignored": _ignored,
    "posterior_collapse": _collapsed_posterior,
    "unused_codes": _unused,
}
