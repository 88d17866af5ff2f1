"""What the command line shows, a module per group of verbs; nothing else in the project prints."""

from kerasrecipes.console.answers import answer_line, evaluate, export, predict
from kerasrecipes.console.comparisons import compare_runs, compare_settings
from kerasrecipes.console.machine import check, checked
from kerasrecipes.console.showing import show_recipe
from kerasrecipes.console.terminal import out, quiet_start, spelled
from kerasrecipes.console.training import diagnose, launch, resume, run
from kerasrecipes.console.tuning import tune

__all__ = [
    "answer_line",
    "check",
    "checked",
    "compare_runs",
    "compare_settings",
    "diagnose",
    "evaluate",
    "export",
    "launch",
    "out",
    "predict",
    "quiet_start",
    "resume",
    "run",
    "show_recipe",
    "spelled",
    "tune",
]
