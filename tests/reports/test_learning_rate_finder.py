"""The figure of a range test says in its title what was found."""

import numpy as np
import pytest

from kerasrecipes.reports.learning_rate_finder import range_figure, write
from kerasrecipes.training.learning_rate_finder import RangeTest, smooth


@pytest.mark.parametrize(
    ("proposed", "title"),
    [(0.0012, "falls fastest at a learning rate of 0.0012"), (None, "At no learning rate")],
)
def test_figure_and_page_say_what_was_found(proposed, title, tmp_path):
    rates = np.logspace(-6, 1, 140)
    losses = np.where(rates < 1, 1.0, np.exp(np.minimum(rates, 9)))
    found = RangeTest(rates, losses, smooth(losses), proposed, "head")
    (axes,) = range_figure(found).axes
    assert title in axes.get_title(loc="left") and axes.get_xscale() == "log"
    command = "kerasrecipes run x --learning-rate 0.0012" if proposed else None
    page = write(found, tmp_path, "x", "some data", command).read_text()
    assert ("phase head" in page) and (command is None or command in page)
    assert (tmp_path / "learning_rate.png").read_bytes()[:4] == b"\x89PNG"
