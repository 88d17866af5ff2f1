"""The adapter to keras-tuner, and the names of keras-tuner that it relies on."""

import ast
import inspect
import threading
from pathlib import Path

import keras_tuner
import pytest

from kerasrecipes import tuning
from kerasrecipes.tuning import oracles

# What keras-tuner does not promise to keep: if one of these is missing, `oracles.py` needs work.
PRIVATE = {
    "random": {"_save_trial", "_record_values"},
    "bayesian": {"_random_state", "_vectorize_trials"},
    "grid": {"_compare", "_ordered_ids", "_populate_next"},
    "hyperband": {
        "_brackets",
        "_current_bracket",
        "_current_iteration",
        "_get_num_brackets",
        "_get_num_rounds",
        "_get_size",
        "_start_new_bracket",
    },
}
MODULES = {
    "keras_tuner.src.engine.oracle": {"LOCKS", "THREADS"},
}


def new(method, trials=8, epochs=9):
    space = keras_tuner.HyperParameters()
    space.Choice("units", [2, 3, 4])
    space.Float("rate", 1e-4, 1e-1, sampling="log")
    return oracles.make(method, space, maximize=True, epochs=epochs, trials=trials, seed=0)


@pytest.mark.parametrize("method", PRIVATE)
def test_keras_tuner_has_the_private_names(method):
    oracle = new(method)
    missing = [name for name in PRIVATE[method] if not hasattr(oracle, name)]
    assert not missing, f"keras-tuner {keras_tuner.__version__} has lost them"


def test_the_private_names_are_all_listed_and_used_in_one_module():
    used, imported = set(), {}
    for path in Path(inspect.getfile(tuning)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "keras_tuner.src"
            ):
                assert path.name == "oracles.py", path.name
                imported.setdefault(node.module, set()).update(one.name for one in node.names)
            if (
                isinstance(node, ast.Attribute)
                and node.attr.startswith("_")
                and isinstance(node.value, ast.Name)
                and node.value.id == "oracle"
            ):
                assert path.name == "oracles.py", path.name
                used.add(node.attr)
    assert used == set().union(*PRIVATE.values())
    assert imported == MODULES


@pytest.mark.parametrize(
    ("method", "most", "expected"),
    [("random", 8, 8), ("grid", None, None), ("hyperband", 8, 8), ("hyperband", None, 23)],
)
def test_the_number_of_trials_to_come(method, most, expected):
    """Hyperband's over 9 epochs has brackets of 3, 7 and 13 trials."""
    assert oracles.expected_trials(new(method, trials=most), most) == expected


def test_a_proposal_that_fails_holds_nobody_up(monkeypatch):
    oracle = new("random")

    def broken(*arguments):
        raise ValueError("no proposal")

    with monkeypatch.context() as patched:
        patched.setattr(oracle, "populate_space", broken)
        with pytest.raises(ValueError, match="no proposal"):
            oracles.create(oracle, "one")
    found = []
    other = threading.Thread(target=lambda: found.append(oracles.create(oracle, "two")))
    other.daemon = True
    other.start()
    other.join(5)
    assert found and found[0].status == "RUNNING"
