"""Small tables drawn by formula, for a first look at what a model can and cannot learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import SMALL_SHARES
from kerasrecipes.data.tables.sources import ROLES, divide_rows
from kerasrecipes.recipe import Request, Splits

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class GeneratedTable(SyntheticSource):
    """A table drawn anew from a seed.

    Args:
        name: of the table.
        summary: what it holds, in a line.
        draw: `draw(random, rows)` gives the columns, the target last.
        rows: number of rows.
    """

    name: str
    summary: str
    draw: Callable[[np.random.Generator, int], Table]
    rows: int
    roles: ClassVar[tuple[str, ...]] = ROLES
    kinds: ClassVar[bool] = True

    def load(self, request: Request) -> Splits:
        """Draw and divide the rows; the same seed gives the same rows."""
        table = self.draw(np.random.default_rng(request.seed), self.rows)
        return divide_rows(table, request, target=list(table)[-1], shares=SMALL_SHARES)


def placement(random: np.random.Generator, rows: int) -> Table:
    """Students by IQ and grades; those above a line through both are placed, with a gap beside the
    line.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of students.

    Returns:
        Columns `iq` (100 ± 15) and `cgpa` (grades from 4 to 10), and the target `placement`, words.
    """
    # More than are needed, as those near the line are dropped.
    iq, cgpa = random.normal(100, 15, 4 * rows), random.uniform(4, 10, 4 * rows)
    # 1.73 is the standard deviation of grades drawn evenly from 4 to 10.
    merit = (iq - 100) / 15 + (cgpa - 7) / 1.73
    clear = np.flatnonzero(np.abs(merit) > 0.3)[:rows]
    placed = np.where(merit[clear] > 0, "placed", "not placed").astype(object)
    return {"iq": np.round(iq[clear]), "cgpa": np.round(cgpa[clear], 2), "placement": placed}


def xor(random: np.random.Generator, rows: int) -> Table:
    """Points in four clouds; those in opposite corners belong together, so that no line divides
    them.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of points.

    Returns:
        Columns `a` and `b`, each about -1 or 1 with standard deviation 0.25, and the target, `yes`
        or `no`.
    """
    corner = random.integers(0, 2, (rows, 2))
    points = 2.0 * corner - 1 + random.normal(0, 0.25, (rows, 2))
    differ = np.where(corner[:, 0] != corner[:, 1], "yes", "no").astype(object)
    return {"a": points[:, 0], "b": points[:, 1], "a xor b": differ}


def moons(random: np.random.Generator, rows: int) -> Table:
    """Two half-circles that reach into each other, with noise.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of points, which the two half-circles share evenly.

    Returns:
        Columns `x` and `y`, in units of the circles' radius, and the target, `upper` or `lower`.
    """
    upper = np.arange(rows) % 2 == 0
    angle = random.uniform(0, np.pi, rows)
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) + random.normal(0, 0.2, rows)
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) + random.normal(0, 0.2, rows)
    return {"x": x, "y": y, "moon": np.where(upper, "upper", "lower").astype(object)}


def spirals(random: np.random.Generator, rows: int) -> Table:
    """Three spiral arms about one centre, each going round once.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of points, which the three arms share evenly.

    Returns:
        Columns `x` and `y`, within a circle of about radius 1, and the target, the name of the arm.
    """
    # An arm's length grows by the square of the radius; the root spaces points evenly.
    arm, along = np.arange(rows) % 3, np.sqrt(random.uniform(0.02, 1, rows))
    angle = 2 * np.pi * (along + arm / 3) + random.normal(0, 0.12, rows)
    names = np.array(["first", "second", "third"], dtype=object)
    return {"x": along * np.cos(angle), "y": along * np.sin(angle), "arm": names[arm]}


def outliers(random: np.random.Generator, rows: int) -> Table:
    """A line with noise, and one value in twelve written down ten times too large.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of points.

    Returns:
        Column `x`, from 0 to 10, and the target `y`, a number.
    """
    x = random.uniform(0, 10, rows)
    y = 3 * x + 5 + random.normal(0, 2, rows)
    return {"x": x, "y": np.where(random.uniform(size=rows) < 1 / 12, 10 * y, y)}


def bmi(random: np.random.Generator, rows: int) -> Table:
    """People by height and weight, with missing cells, and their body mass index: a product, not a
    sum.

    Args:
        random: generator of the draws; the same state gives the same rows.
        rows: number of people.

    Returns:
        Columns `height` in cm and `weight` in kg, of which 2 % are missing (NaN), and the target in
        kg/m².
    """
    height, weight = random.normal(170, 10, rows), random.normal(72, 14, rows).clip(38)
    index = weight / (height / 100) ** 2
    # After the index, which is known also where the weight is missing.
    weight = np.where(random.uniform(size=rows) < 0.02, np.nan, weight)
    return {
        "height": np.round(height, 1),
        "weight": np.round(weight, 1),
        "body mass index": np.round(index, 2),
    }


TABLES: dict[str, tuple[str, Callable[[np.random.Generator, int], Table], int]] = {
    "placement": ("students by IQ and grades, placed or not: a line divides them", placement, 200),
    "xor": ("four clouds of points, opposite ones of a kind: no line divides them", xor, 400),
    "moons": ("two half-moons that reach into each other", moons, 1000),
    "spirals": ("three spiral arms", spirals, 1500),
    "outliers": ("a line through points, some of which are ten times too high", outliers, 300),
    "bmi": ("height and weight to body mass index, with missing cells", bmi, 600),
}
