"""What tasks name exists, and naming it loads nothing that draws or answers."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from kerasrecipes import registry, tasks
from kerasrecipes.recipe import Task
from kerasrecipes.settings import Lazy

MODULES = [module.name for module in pkgutil.iter_modules(tasks.__path__, "kerasrecipes.tasks.")]

# What several tasks' pages share: a task's name is not theirs.
SHARED = {
    f"kerasrecipes.tasks.{name}" for name in ("initial_weights", "objectives", "text_encoders")
}


@pytest.mark.parametrize("module", MODULES)
def test_every_function_that_a_task_names_is_there(module):
    found = [t for t in vars(importlib.import_module(module)).values() if isinstance(t, Task)]
    assert bool(found) == (module not in SHARED), f"{module} defines no task"
    for task in found:
        functions = (task.prepare, task.predict, task.answers, task.scores, task.phases)
        for item in (*functions, *task.figures):
            if isinstance(item, str):
                value = Lazy(item).value
                assert callable(value) or all(map(callable, value)), item


def test_every_recipe_has_a_task():
    assert all(registry.load(name).task is not None for name in registry.names())


def test_loading_every_page_imports_neither_plots_nor_answers():
    # Keras itself imports matplotlib and scikit-learn where they are installed.
    heavy = ("kerasrecipes.reports", "kerasrecipes.inference", "kerasrecipes.training")
    code = (
        "import sys; from kerasrecipes import registry; "
        "[registry.load(name) for name in registry.names()]; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr[-1000:]
