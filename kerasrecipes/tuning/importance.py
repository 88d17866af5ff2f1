"""Importance of settings: which of them made the difference between the trials of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.reports.style import INK, VALIDATION, WIDTH, style
from kerasrecipes.tuning.figures import Scale, dense_ranks, varied
from kerasrecipes.tuning.records import Record, scored

FEWEST_TRIALS = 8  # On fewer trials a forest finds importance in noise.


def importance(records: Sequence[Record]) -> tuple[dict[str, float], float] | None:
    """Estimate how much each setting mattered: its permutation importance in a random forest that
    predicts the score.

    Args:
        records: of all trials.

    Returns:
        Shares that sum to 1, by name, and the share of the scores' variance that the forest
        explains on trials that a tree has not seen; `None` where there are too few trials, or the
        scores do not depend on the settings.

    Reference:
        [Random Forests](https://doi.org/10.1023/A:1010933404324) (Breiman, 2001)
    """
    found = scored(records)
    names = varied(found)
    if len(found) < FEWEST_TRIALS or not names:
        return None
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    scales = [Scale(name, [record["settings"].get(name) for record in found]) for name in names]
    rows = [[*(s.place(r["settings"].get(s.name)) for s in scales), r["epochs"]] for r in found]
    # By rank, as a single diverged trial would else be all that there is to explain.
    scores = dense_ranks(np.array([record["score"] for record in found]))
    forest = RandomForestRegressor(300, oob_score=True, min_samples_leaf=2, random_state=0).fit(
        rows, scores
    )
    if not forest.oob_score_ > 0:
        return None
    drops = permutation_importance(
        forest, rows, scores, n_repeats=20, random_state=0
    ).importances_mean
    # The last column is not a setting but how long the trial was trained.
    drops = np.maximum(drops[:-1], 0.0)
    if not drops.sum() > 0:
        return None
    shares = drops / drops.sum()
    by_name = {names[number]: float(shares[number]) for number in np.argsort(-shares)}
    return by_name, float(forest.oob_score_)


@style()
def importance_figure(shares: Mapping[str, float]) -> Figure:
    """How much of the difference between trials each setting accounts for, by a forest of trees
    fitted to them.
    """
    figure = Figure(figsize=(WIDTH, 0.9 + 0.34 * len(shares)))
    axes = figure.add_subplot()
    names, values = list(shares), list(shares.values())
    axes.barh(names, values, color=VALIDATION, height=0.62)
    for place, value in enumerate(values):
        axes.annotate(
            f"{100 * value:.0f} %",
            (value, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            size=8.5,
        )
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 1.12 * max(values))
    axes.tick_params(axis="y", labelcolor=INK, labelsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", visible=False)
    axes.set_title(f"{names[0]} mattered most" if values[0] > 0.35 else "No setting alone decided")
    return figure
