"""Sound for silent clips: the loudness of bands in each frame."""

from kerasrecipes.data.video import foley
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare=foley.prepare,
    predict="kerasrecipes.inference.foley:add_sound",
    scores="kerasrecipes.inference.foley:scores",
    baseline="kerasrecipes.inference.foley:motion",
    figures=("kerasrecipes.reports.foley:FOLEY_FIGURES",),
)

OBJECTIVE = Objective(
    loss="mean_squared_error", metrics=("mean_absolute_error",), headline="event_f1", best="max"
)
