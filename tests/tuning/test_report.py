"""The page of a search, drawn from made-up trials."""

import json
import random

import pytest

from kerasrecipes import api, registry
from kerasrecipes.tuning import figures, plan
from kerasrecipes.tuning import report as page
from kerasrecipes.tuning.results import Tuning, best_toml, write


def record(number, *, score, rate, status="completed", kind="search", reason=None, **more):
    """Make up a trial of four epochs."""
    curve = (
        {str(e): {"val_accuracy": score * e / 4, "val_loss": 1.0 / e} for e in range(1, 5)}
        if score
        else {}
    )
    activation = "tanh" if number % 2 else "relu"
    settings = {
        "learning_rate": rate,
        "activation": activation,
        "hidden_layers": [8] * (number % 3),
    }
    known = {
        "id": f"{number:04d}",
        "kind": kind,
        "status": status,
        "score": score,
        "reason": reason,
        "seed": number,
    }
    times = {"at": 2.0 * number, "began": 1e9 + number, "ended": 1e9 + number + 1, "seconds": 1.0}
    trained = {
        "settings": settings,
        "history": curve,
        "epochs": len(curve),
        "until": None,
        "earlier": None,
    }
    return {**known, **times, **trained, **more}


@pytest.fixture
def tuning(tmp_path):
    """A search in which the learning rate decides."""
    chance = random.Random(0)
    records = []
    for number in range(20):
        rate = 10 ** chance.uniform(-4, -1)
        score = round(0.95 - abs(rate - 0.01) * 4 + chance.uniform(-0.01, 0.01), 4)
        records.append(record(number, score=score, rate=rate))
    records.append(
        record(20, score=None, rate=0.5, status="failed", reason="the loss became <nan> at step 1")
    )
    records.append(
        record(21, score=0.3, rate=0.09, status="ended early", reason="behind the median")
    )
    best = max(records[:20], key=lambda one: one["score"])["score"]
    for number in range(3):
        for kind, score in (("winner", best - 0.02), ("defaults", 0.7)):
            records.append(record(len(records), score=score + 0.001 * number, rate=0.01, kind=kind))
    base = plan.document(api.resolve("mlp", registry.load("mlp"), data="wine"))
    given = {
        "recipe": "mlp",
        "method": "random",
        "objective": "val_accuracy",
        "maximize": True,
        "epochs": 4,
    }
    state = {"plan": plan.Plan(base=base, **given).to_dict(), "phase": "over", "seconds": 61.0}
    state |= {"oracle": {}, "trials": []}
    folder = tmp_path / "tuning-1"
    folder.mkdir()
    text = json.dumps({**state, "records": {one["id"]: one for one in records}})
    (folder / "search.json").write_text(text)
    return Tuning(folder)


def test_the_page_tells_what_was_found_and_how_far_chance_helped(tuning):
    write(tuning)
    text = tuning.report.read_text()
    assert text.count("<img") == 5 and "://" not in text and "<script" not in text
    assert "the best of 22\u00a0trials was flattered by 1.90 points" in text
    assert "tuning beat them" in text
    assert "the\u00a0loss\u00a0became\u00a0&lt;nan&gt;" in text, "everything is escaped"
    assert tuning.optimism == pytest.approx(0.019)


def test_defaults_that_are_as_good_are_told_of(tuning):
    for one in tuning.records("defaults"):
        one["score"] += 0.5
    assert any("did not beat them" in sentence for sentence in page.sentences(tuning))
    for one in tuning.records("defaults"):
        one["score"] = tuning.repeated("winner")[0]
    assert any("cannot be told from chance" in sentence for sentence in page.sentences(tuning))


def test_a_search_that_kept_the_pages_defaults_says_so(tuning):
    assert not tuning.kept_defaults
    defaults = tuning.defaults
    same = {
        "learning_rate": defaults["learning_rate"],
        "hidden_layers": list(defaults["hidden_layers"]),
    }
    tuning.winner["settings"] = same  # as the search's file has it
    assert tuning.kept_defaults and any(
        "no other trial did better" in sentence for sentence in page.sentences(tuning)
    )


def test_the_setting_that_decides_is_found(tuning):
    shares, explained = figures.importance(tuning.records("search"))
    assert next(iter(shares)) == "learning_rate" and shares["learning_rate"] > 0.6
    assert sum(shares.values()) == pytest.approx(1) and 0 < explained <= 1


def test_settings_that_decide_nothing_are_not_ranked(tuning):
    chance = random.Random(1)
    records = [{**one, "score": chance.random()} for one in tuning.records("search")]
    found = figures.importance(records)
    assert found is None or found[1] < 0.3
    assert figures.importance(records[:5]) is None


@pytest.mark.parametrize(
    "values",
    [[0.1, 0.2], [1e-4, 1.0], ["a", "b"], [None, 0.1], [[8], [8, 8]], [3, 3], [True, False]],
)
def test_every_kind_of_setting_has_a_scale(values):
    scale = figures.Scale("setting", values)
    assert all(0 <= scale.place(value) <= 1 for value in values)
    assert all(text and 0 <= place <= 1 for place, text in scale.marks)


def test_figures_with_next_to_nothing_to_draw(tuning):
    one = tuning.records("search")[:1]
    assert figures.parallel(one, "val_accuracy", True) is None
    assert figures.over_time(one, "val_accuracy", True) is not None
    assert figures.best_curves([], "val_accuracy", True) is None


def test_the_configuration_keeps_what_is_none(tuning):
    """The page's patience is 10; a winner without patience must not get it back."""
    import tomllib

    tuning.winner["settings"]["patience"] = None
    document = tomllib.loads(best_toml(tuning))
    assert document["training"]["patience"] == document["training"]["clip_norm"] == "none"
    assert document["training"]["seed"] == tuning.winner["seed"]
    resolved = api.resolve("mlp", registry.load("mlp"), config=document)
    assert resolved.training.patience is None and resolved.data == "wine"


def test_tensorboard_gets_settings_and_curves_of_each_trial(tuning):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from kerasrecipes.tuning.results import write_hparams

    assert write_hparams(tuning)
    folders = sorted((tuning.folder / "hparams").iterdir())
    assert len(folders) == 21, "a folder for each trial that has a score"
    events = EventAccumulator(str(folders[0])).Reload()
    assert (
        "hparams" in events.summary_metadata["_hparams_/session_start_info"].plugin_data.plugin_name
    )
    assert len(events.Tensors("val_accuracy")) == 4 and len(events.Tensors("score")) == 1
