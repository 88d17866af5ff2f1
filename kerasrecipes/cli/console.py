"""What the command line shows, a module per group of verbs; nothing else in the project prints."""

from kerasrecipes.cli.check import check, checked
from kerasrecipes.cli.compare import compare_runs, compare_settings
from kerasrecipes.cli.output import out, quiet_start
from kerasrecipes.cli.predict import answer_line, evaluate, export, predict
from kerasrecipes.cli.run import diagnose, launch, resume, run
from kerasrecipes.cli.show import show_recipe
from kerasrecipes.cli.tune import tune

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
    "tune",
]
