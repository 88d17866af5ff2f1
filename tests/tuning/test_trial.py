"""What a trial's process does, carried out in this one."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import keras
import pytest

from kerasrecipes import api, registry
from kerasrecipes.runs.run import Run
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.trial import TrialSpec, execute, score

PAGE = str(Path(__file__).parent / "page.py")


def spec(folder, *, name=PAGE, **given):
    """Make an spec for the page's trial."""
    names = ("kind", "objective", "until", "earlier", "folds")
    chosen = {
        "kind": "trial",
        "objective": "val_accuracy",
        **{n: given.pop(n) for n in names if n in given},
    }
    config = api.resolve(name, registry.load(name), **{"epochs": 4, "seed": 5, **given})
    return TrialSpec(folder=str(folder), config=plan.document(config), **chosen)


def events(*args, stops=(), **given):
    """Carry an spec out and give its events; after some epochs it is told to stop."""
    found = []

    def report(event, **values):
        found.append({"event": event, **values})
        if event == "epoch" and values["step"] in stops:
            os.kill(os.getpid(), signal.SIGTERM)

    keras.utils.clear_session()
    execute(spec(*args, **given), report)
    return found


def rows(folder):
    names = ("loss", "val_loss", "val_accuracy")
    return [[row[name] for name in names] for row in Run(folder).history]


def test_what_is_paused_and_continued_is_as_if_it_had_never_stopped(tmp_path):
    """The optimizer's state is kept, unlike with keras-tuner's own Hyperband."""
    whole = events(tmp_path / "whole", schedule="cosine")
    first = events(tmp_path / "first", schedule="cosine", until=2)
    assert [event["step"] for event in first if event["event"] == "epoch"] == [1, 2]
    assert first[-1]["event"] == "done" and first[-1]["epochs"] == 2
    second = events(tmp_path / "second", schedule="cosine", earlier=str(tmp_path / "first"))
    assert [event["step"] for event in second if event["event"] == "epoch"] == [3, 4]
    assert second[0] == {"event": "begun", "step": 2}
    assert rows(tmp_path / "second") == rows(tmp_path / "whole")
    assert second[-1]["score"] == whole[-1]["score"]
    assert not (tmp_path / "whole" / "metrics.json").exists(), "no trial looks at the test examples"


def test_what_was_trained_to_the_end_is_continued_with_its_epochs(tmp_path):
    given = {"patience": 1, "monitor": "val_accuracy", "learning_rate": 1e-7}
    first = events(tmp_path / "first", **given)
    assert first[-1]["epochs"] == 2, "it stopped by itself"
    second = events(tmp_path / "second", earlier=str(tmp_path / "first"), **given)
    assert second[-1]["epochs"] == 2 and second[-1]["score"] == first[-1]["score"]
    assert Run(tmp_path / "second").history == Run(tmp_path / "first").history != []


@pytest.mark.slow
def test_phases_are_paused_and_continued_wherever_they_stand(tmp_path):
    """A pause may lie within a phase or between two; what is kept of the last phase is what is
    judged.
    """
    given = {
        "name": "transfer",
        "limit": 64,
        "freeze": "last_block",
        "head_epochs": 2,
        "fine_tuning_rate": 0.3,
    }
    given |= {"patience": 3, "epochs": 5}
    whole, earlier = events(tmp_path / "whole", **given), None
    assert whole[-1]["event"] == "done" and whole[-1]["epochs"] == 5, whole[-1]
    for until, from_ in ((1, 0), (2, 1), (3, 2), (4, 3), (None, 4)):
        found = events(tmp_path / f"{until}", until=until, earlier=earlier, **given)
        begun = [event["step"] for event in found if event["event"] == "begun"]
        assert begun[0] == from_ and found[-1]["epochs"] == (until or 5), (until, found)
        assert [event["step"] for event in found if event["event"] == "epoch"] == [from_ + 1]
        earlier = str(tmp_path / f"{until}")
    for ended in ("stopped", "stopped", "done"):  # As a trial is that is ended early, or by Ctrl-C.
        again = events(tmp_path / "stopped", stops=(1, 3), **given)
        assert again[-1]["event"] == ended
    assert [event["step"] for event in again if event["event"] == "epoch"] == [4, 5]
    assert rows(tmp_path / "None") == rows(tmp_path / "stopped") == rows(tmp_path / "whole")
    assert found[-1]["score"] == whole[-1]["score"]
    history = Run(tmp_path / "whole").history
    best, kept = (min(part, key=lambda row: row["val_loss"]) for part in (history, history[2:]))
    assert best["epoch"] <= 2 and whole[-1]["score"] == kept["val_accuracy"] != best["val_accuracy"]


def test_folds_are_judged_one_by_one(tmp_path):
    found = events(tmp_path, folds=3, epochs=2)
    done = found[-1]
    assert done["event"] == "done" and len(done["scores"]) == 3 and done["epochs"] == 6
    assert done["score"] == pytest.approx(sum(done["scores"]) / 3)
    assert [event["step"] for event in found if event["event"] == "epoch"] == [1, 2, 3, 4, 5, 6]


def test_a_probe_refuses_an_objective_that_is_never_logged(tmp_path):
    assert (
        "did you mean 'val_accuracy'"
        in events(tmp_path, kind="probe", objective="val_acuracy")[-1]["reason"]
    )
    found = events(tmp_path, kind="probe", objective=None)[-1]
    assert (found["objective"], found["maximize"], found["train"]) == ("val_accuracy", True, 96)
    assert events(tmp_path, kind="probe", objective="val_loss")[-1]["maximize"] is False


@pytest.mark.parametrize(
    "given",
    [{"folds": 2}, *(pytest.param(given, marks=pytest.mark.slow) for given in ({}, {"swa": 2}))],
)
def test_a_metric_that_keras_does_not_compute_can_be_the_objective(tmp_path, given):
    probed = events(tmp_path / "probe", kind="probe", objective="val_macro_f1", **given)[-1]
    assert (probed["objective"], probed["maximize"]) == ("val_macro_f1", True)
    found = events(tmp_path / "trial", objective="val_macro_f1", **given)
    assert found[-1]["event"] == "done" and 0 < found[-1]["score"] <= 1
    logged = [event["metrics"]["val_macro_f1"] for event in found if event["event"] == "epoch"]
    assert len(logged) == 4 * given.get("folds", 1)
    if not given:
        history = Run(tmp_path / "trial").history
        assert [row["val_macro_f1"] for row in history] == logged
        assert found[-1]["score"] in logged


def test_a_metric_that_nothing_computes_is_refused_with_those_that_there_are(tmp_path):
    reason = events(tmp_path, kind="probe", objective="psnr")[-1]["reason"]
    assert "unknown objective 'psnr'; choose from: " in reason
    assert "val_macro_f1" in reason and "val_loss" in reason
    near = events(tmp_path, kind="probe", objective="val_macro_f")[-1]["reason"]
    assert "did you mean 'val_macro_f1'" in near


def test_an_objective_that_the_epochs_lack_ends_the_search(tmp_path):
    last = events(tmp_path, objective="val_f1")[-1]
    assert (
        last["event"] == "failed"
        and last["objective"]
        and "unknown objective 'val_f1'" in last["reason"]
    )


@pytest.mark.parametrize(
    ("mishap", "says"),
    [
        ("nan", "the loss became nan"),
        ("memory", "out of memory: no more"),
        ("crash", "RuntimeError: the page has"),
    ],
)
def test_a_mishap_is_told_with_its_reason(tmp_path, mishap, says):
    found = []
    with suppress(RuntimeError, MemoryError):  # Its traceback goes to the trial's log.
        execute(
            spec(tmp_path, mishap=mishap),
            lambda event, **values: found.append({"event": event, **values}),
        )
    assert (
        found[-1]["event"] == "failed"
        and says in found[-1]["reason"]
        and "\n" not in found[-1]["reason"]
    )


def test_the_score_is_that_of_the_weights_that_are_kept():
    recipe = registry.load(PAGE)
    history = [
        {"val_loss": loss, "val_accuracy": accuracy}
        for loss, accuracy in ((0.5, 0.7), (0.3, 0.8), (0.4, 0.9))
    ]
    last = api.resolve(PAGE, recipe, keep="last")
    assert score(history, "val_accuracy", last) == 0.9
    watched = api.resolve(PAGE, recipe, patience=3)
    assert score(history, "val_accuracy", watched) == 0.8
    watched = api.resolve(PAGE, recipe, patience=3, monitor="val_accuracy")
    assert score(history, "val_loss", watched) == 0.4
