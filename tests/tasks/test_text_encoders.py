"""Classifiers of texts on a pretrained encoder: of a run of bert, or of a hub's folder."""

import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.data.text.encoder_texts import EncoderTextPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.text_classification import classify
from kerasrecipes.info import Info
from kerasrecipes.models import bert
from kerasrecipes.runs.run import Run
from kerasrecipes.tasks import text_encoders
from kerasrecipes.training.job import Job
from kerasrecipes.training.phases import PhasedTrainer
from kerasrecipes.training.trainer import Trainer
from kerasrecipes.training_settings import Training
from tests.models.test_hub_bert import CONFIG, NAMES, drawn, write

QUICK = {"limit": 60, "epochs": 3, "batch_size": 16, "diagnose": False, "keep": "last"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_CACHE", str(tmp_path / "cache"))
    text_encoders._KEPT.clear()


@pytest.fixture
def hub(tmp_path):
    """A small BERT in a hub's form, with random weights."""
    return write(tmp_path / "hub", drawn())


def job(weights, recipe="sentiment", **said):
    page = registry.load(recipe)
    said = {**QUICK, "encoder": "bert", "weights": str(weights), **said}
    keras.utils.clear_session()
    return Job(page, api.resolve(recipe, page, **said))


def of_encoder(model):
    return {path: array.copy() for path, array in bert.encoder_of(model).arrays.items()}


def changed(model, encoder):
    """Layers of the encoder whose weights are not the encoder's."""
    found = of_encoder(model)
    return {
        path.split("/")[0]
        for path, array in encoder.arrays.items()
        if np.abs(found[path] - array).max() > 0
    }


@pytest.mark.parametrize(
    ("said", "learned"),
    [
        ({}, set()),
        pytest.param(
            {"freeze": "last_block", "head_epochs": 1}, {"block_2"}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"freeze": "none", "head_epochs": 1, "recipe": "ratings"},
            {"embedding", "segments", "embedding_norm", "block_1", "block_2"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["frozen", "last block", "whole"],
)
def test_what_is_not_frozen_learns(hub, tmp_path, said, learned):
    begun = job(hub, **said)
    trainer = begun.load()
    assert isinstance(trainer, PhasedTrainer)
    run = Run.create("run", tmp_path)
    trainer.fit(run)
    encoder = text_encoders.encoder_of(begun.splits.info)
    assert changed(trainer.inner, encoder) == learned
    assert len(trainer.rows) == 3
    trainer.save(run)
    run.write_json("info.json", begun.splits.info.as_dict())
    assert isinstance(run.info.preprocessor, EncoderTextPreprocessor)
    # Whoever has the run needs the folder of the weights no more.
    (hub / "model.safetensors").unlink()
    if "recipe" not in said:
        (answer,) = classify(Run(run.path), ["the sea landing " * 9], explain=True)
        assert answer["label"] in run.info.classes and "were read" in answer["notes"][0]


def test_without_a_pretrained_encoder_there_are_no_phases():
    begun = job("none", encoder="cnn")
    assert type(begun.load()) is Trainer


def test_rates_fall_with_the_depth(hub):
    begun = job(hub, freeze="none", rate_decay=0.5)
    trainer = begun.load()
    said = {"freeze": "none", "head_epochs": 2, "rate_decay": 0.5, "fine_tuning_rate": 1e-4}
    head, rest = text_encoders.phases(trainer.inner, Training(epochs=5), begun.splits.info, **said)
    assert head.frozen_up_to == "pool" and not head.layer_rates and head.training.epochs == 2
    assert rest.training.epochs == 3 and rest.training.learning_rate == 1e-4
    assert (rest.layer_rates["block_2"], rest.layer_rates["block_1"]) == (1.0, 0.5)
    assert rest.layer_rates["embedding"] == rest.layer_rates["segments"] == 0.25


@pytest.mark.slow
def test_an_encoder_of_a_run_of_bert_is_taken_with_its_tokens(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    sizes = {"units": 16, "num_layers": 1, "num_heads": 2, "input_length": 20, "copies": 1}
    run = api.run("bert", limit=300, epochs=1, diagnose=False, **sizes)
    begun = job(run.path)
    trainer = begun.load()
    assert begun.splits.info.preprocessor.tokenizer == run.info.preprocessor.tokenizer
    assert begun.splits.info.preprocessor.max_length == 16
    assert not changed(trainer.inner, bert.encoder_of(run.model))


@pytest.mark.parametrize(
    ("weights", "said", "message"),
    [
        ("none", {}, "encoder=bert needs trained weights: give weights=FOLDER"),
        ("nowhere", {}, "neither a run of the recipe bert nor a hub's folder"),
        ("hub", {"encoder": "cnn"}, "only encoder=bert begins with trained weights"),
        ("hub", {"vectors": "glove.txt"}, "encoder=bert has its own"),
        ("hub", {"max_length": 2, "train_length": 2}, "max_length=2: must be at least 3"),
        ("hub", {"train_length": 2}, "train_length=2: must be at least 3 with encoder=bert"),
        ("~nobody-here/x", {}, "neither a run of the recipe bert nor a hub's folder"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_said_in_one_line(hub, weights, said, message):
    with pytest.raises(UserError, match=message) as caught:
        job(hub if weights == "hub" else weights, **said).load()
    assert "\n" not in str(caught.value)


def test_it_is_read_once_and_released_and_again_where_it_changed(hub, monkeypatch):
    readings = []
    read = text_encoders._read
    monkeypatch.setattr(
        text_encoders, "_read", lambda weights: readings.append(weights) or read(weights)
    )
    monkeypatch.chdir(hub.parent)
    make = text_encoders.preprocessor(encoder="bert", weights="hub")
    info = Info(preprocessor=make(9))
    first = text_encoders.encoder_of(info)
    assert len(readings) == 1 and not text_encoders._KEPT
    make(9)
    # Other weights in the same folder, then the same name in another working folder.
    changed_ = {name: 2 * array for name, array in drawn().items()}
    write(hub, changed_, kind="F16")
    other = text_encoders.encoder_of(info)
    assert len(readings) == 3
    assert all(np.abs(other.arrays[name] - one).max() > 0 for name, one in first.arrays.items())
    make(9)
    (hub.parent / "elsewhere").mkdir()
    write(hub.parent / "elsewhere" / "hub", drawn())
    monkeypatch.chdir(hub.parent / "elsewhere")
    again = text_encoders.encoder_of(info)
    assert all((again.arrays[name] == one).all() for name, one in first.arrays.items())


def test_an_encoder_of_few_positions_is_refused(tmp_path):
    tensors = drawn()
    name = "embeddings.position_embeddings.weight"
    tensors[name] = tensors[name][:7]
    folder = write(tmp_path / "a", tensors, config=CONFIG | {"max_position_embeddings": 7})
    with pytest.raises(UserError, match="has 7 positions, at least 8 are needed"):
        job(folder).load()


def test_weights_of_other_sizes_and_a_missing_tokenizer_are_refused(tmp_path):
    folder = write(tmp_path / "a", drawn(), config=CONFIG | {"intermediate_size": 16})
    with pytest.raises(UserError, match=r"intermediate.dense.weight is \(12, 8\), and by config"):
        job(folder).load()
    folder = write(tmp_path / "b", drawn(), names=NAMES)
    (folder / "vocab.txt").unlink()
    with pytest.raises(UserError, match=r"has no vocab.txt, the tokenizer"):
        job(folder).load()
