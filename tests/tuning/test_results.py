"""What a search leaves, and what is read of it."""

import tomllib

import pytest

from kerasrecipes import registry
from kerasrecipes.runs.config import resolve
from kerasrecipes.tuning.results import best_toml, write_hparams
from tests.tuning.samples import PAGE, refused, state


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ('{"plan": ', "is not JSON"),
        ("\x80", "is not JSON"),
        ("[1]", "is not the state of a search: it lacks plan, phase"),
        (state(plan=None), "is not the state of a search: it lacks plan"),
        (state(records=None, oracle=None), "it lacks records, oracle"),
        (state(plan={"recipe": "page"}), "has no plan of a search"),
        (state(plan="page"), "has no plan of a search"),
    ],
)
def test_a_damaged_search_is_told_of(capsys, tmp_path, text, says):
    (tmp_path / "search.json").write_bytes(text.encode("latin-1"))
    assert says in refused(capsys, "tune", PAGE, "--resume", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["search.json"]


def test_the_configuration_keeps_what_is_none(tuning):
    """The page's patience is 10; a winner without patience must not get it back."""
    tuning.winner["settings"]["patience"] = None
    document = tomllib.loads(best_toml(tuning))
    assert document["training"]["patience"] == document["training"]["clip_norm"] == "none"
    assert document["training"]["seed"] == tuning.winner["seed"]
    resolved = resolve("mlp", registry.load("mlp"), config=document)
    assert resolved.training.patience is None and resolved.data == "wine"


def test_tensorboard_gets_settings_and_curves_of_each_trial(tuning):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert write_hparams(tuning)
    folders = sorted((tuning.folder / "hparams").iterdir())
    assert len(folders) == 21, "a folder for each trial that has a score"
    events = EventAccumulator(str(folders[0])).Reload()
    assert (
        "hparams" in events.summary_metadata["_hparams_/session_start_info"].plugin_data.plugin_name
    )
    assert len(events.Tensors("val_accuracy")) == 4 and len(events.Tensors("score")) == 1
