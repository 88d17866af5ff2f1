"""Thresholds of the rules: every number, its meaning and where it comes from, in one table.

"Healthy" and "planted" are the runs of `python -m benchmarks.diagnosis`; the extremes are those at
seed 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """Threshold of a rule.

    Args:
        value: the number.
        meaning: the quantity that is compared with it.
        reason: where the number comes from.
    """

    value: float
    meaning: str
    reason: str


THRESHOLDS: dict[str, Threshold] = {
    "vanishing": Threshold(
        1e-3,
        "sensitivity of a layer over the largest of the layers after it, in half of the moments",
        "the default of AutoTrainer for first over last layer, "
        "https://github.com/shiningrain/AUTOTRAINER",
    ),
    "no_gradient": Threshold(
        1e-4,
        "sensitivity of the most sensitive layer, in half of the moments while the loss is high",
        "healthy runs begin above 0.04",
    ),
    "exploding": Threshold(
        1e3,
        "sensitivity of a layer before training, or later while updates were small",
        "healthy runs begin below 15, planted ones above 1e5",
    ),
    "dead": Threshold(
        0.5, "share of a layer's units never active at the end", "half the layer does no work"
    ),
    "saturated": Threshold(
        0.5,
        "share of outputs where the slope is under 5 % of its steepest, at the start and the end",
        "the stuck layers of Glorot and Bengio, https://proceedings.mlr.press/v9/glorot10a.html",
    ),
    "large_update": Threshold(
        0.3,
        "update of one step over the weights, among the first moments, where training failed",
        "healthy runs stay below 0.1, planted ones exceed 0.5; 1e-3 is the usual rule of thumb",
    ),
    "blown": Threshold(
        1e3,
        "highest training loss of an epoch over that before training and of a constant prediction",
        "healthy runs only fall; planted ones exceed 1e8",
    ),
    "short_travel": Threshold(
        0.1,
        "sum of all updates over the weights, where training got nowhere",
        "healthy runs move their weights by 0.2 or more, planted ones by less than 0.04",
    ),
    "shrunken": Threshold(
        0.05,
        "norm of a layer's weights at the end over that before training",
        "healthy runs keep more than half; a penalty that takes all of them leaves less than 0.01",
    ),
    "learned": Threshold(
        0.5,
        "share of the constant prediction's loss that training must remove, classification",
        "healthy runs reach 0.6",
    ),
    "learned_regression": Threshold(
        0.2,
        "the same for regression, where much of the variance may be noise",
        "healthy runs reach 0.4",
    ),
    "above_reference": Threshold(
        0.08,
        "loss above that of nearest neighbours and a linear model, over the constant prediction's",
        "noisy tables end within 0.05; models that are too small are above by 0.25 and more",
    ),
    "unmoved": Threshold(
        0.02, "the same, below which the loss has not moved at all", "noise of a batch's mean"
    ),
    "unfinished": Threshold(
        0.1,
        "share of the training loss removed in the last third of the epochs; above it, wait",
        "whoever stops so early knows that the model could learn more",
    ),
    "rise": Threshold(
        0.15,
        "rise of the validation loss after its best, over the constant prediction's loss",
        "healthy runs rise by less than 0.1",
    ),
    "lost": Threshold(
        0.5,
        "the same rise, over what the best epoch had gained on a constant prediction",
        "on noisy labels little is gained, and a small rise loses it",
    ),
    "least_rise": Threshold(
        0.03, "the same rise as for `lost`, over the constant prediction's loss", "noise of epochs"
    ),
    "chance": Threshold(
        0.9,
        "best validation loss over the constant prediction's loss, while the training loss falls",
        "healthy runs fall below 0.8; shuffled labels stay above 0.93",
    ),
    "chance_of_output": Threshold(
        0.97,
        "the same of one output of several, whose training loss need not have fallen",
        "outputs of `faces` fell to 0.36, 0.60 and 0.65, of shuffled labels to 1.06 and 1.07",
    ),
    "far_from_chance": Threshold(
        1.5, "the same, at most", "shuffled labels begin at 1: 1.03 was the highest"
    ),
    "memorised": Threshold(
        0.3, "share of the loss that training removes by memorization", "far above noise"
    ),
    "column_size": Threshold(
        30.0,
        "root mean square of an input column; unit variance is wanted",
        "Efficient BackProp, https://doi.org/10.1007/978-3-642-35289-8_3; "
        "raw pixels 0-16 still train",
    ),
    "column_deviation": Threshold(
        0.01,
        "standard deviation of the widest input column",
        "the weights' gradients shrink by the same factor",
    ),
    "sparse": Threshold(
        0.25,
        "share of columns at their minimum in half of the rows; above it constant ones are usual",
        "pixels and counts are so: digits have 0.38, tables below 0.13",
    ),
    "variety": Threshold(
        0.3,
        "deviation of generated images from each other over that of real ones, in the last epochs",
        "a healthy game on drawn shapes stays above 0.8 from its third epoch on",
    ),
    "kinds": Threshold(
        0.5,
        "number of classes among generated images over that among real ones, in the last epochs",
        "half of the kinds are missing",
    ),
    "told_apart": Threshold(
        0.995,
        "share of pairs in which a real image scores above a generated one, in the last epochs",
        "a healthy game on drawn shapes begins at 0.988 and ends at 0.86",
    ),
    "unsure": Threshold(
        0.2,
        "loss of a discriminator over that of one that tells nothing, above which it has not won",
        "a small game on 512 drawn shapes went on well at 0.6 while all pairs were told apart; one "
        "that was lost ended at 0.001",
    ),
    "young": Threshold(
        200,
        "steps of a game before which nothing is said of who wins",
        "of drawn shapes and digits, 60 steps gave images of a fifth of the variety of real ones, "
        "told apart always, and 300 steps those of a good game",
    ),
    "swing": Threshold(
        0.25,
        "median change of a game's curve from epoch to epoch over its size, up and down in turn",
        "healthy games on drawn shapes and pictures change by up to 0.10; one at a rate of 0.02 "
        "with beta_1=0.9 by 0.28 and 0.69",
    ),
    "heard": Threshold(
        0.005,
        "share of a generator's loss that is the game's and not the absolute error's",
        "the paper's weight of 100 leaves about 0.03, a weight of 3,000 about 0.001",
    ),
    "used_by_chance": Threshold(
        0.1,
        "share of the dimensions of a variational code that differ from image to image",
        "healthy runs on drawn shapes use all, with beta=50 none from the second epoch on",
    ),
    "used_share": Threshold(
        0.5,
        "the same of an autoencoder's code, by a thousandth of its largest variance",
        "healthy runs on drawn shapes use all, sparse ones 0.8; a price of 1 leaves none",
    ),
}


def limit(name: str) -> float:
    """Return the value of the threshold `name`."""
    return THRESHOLDS[name].value
