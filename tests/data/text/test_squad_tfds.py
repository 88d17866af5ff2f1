"""SQuAD of TensorFlow Datasets."""

from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text import squad_tfds
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def record(title, answers=("Oslo",), starts=(16,)):
    return {
        "title": title.encode(),
        "context": b"Ann was born in Oslo.",
        "question": b"Where?",
        "answers": {"text": [a.encode() for a in answers], "answer_start": np.array(starts)},
    }


def test_its_records_are_questions(monkeypatch):
    rows = {
        "train": [record(f"t{n}") for n in range(4)] + [record("lost", ("Rome",), (0,))],
        "validation": [record("v0", (), ()), record("v1")],
    }
    features = dict.fromkeys(("title", "context", "question", "answers"))
    info = SimpleNamespace(features=features, splits=rows)
    source = text.tfds_questions("squad/v2.0")
    monkeypatch.setattr(
        squad_tfds.TfdsQuestions, "builder", lambda self: SimpleNamespace(info=info, name="squad")
    )
    monkeypatch.setattr(squad_tfds, "Records", lambda builder, split: iter(rows[split]))
    made = source.load(Request())
    assert len(made.train) == 4 and len(made.validation) == len(made.test) == 1
    assert made.train.rows[0].answers == ("Oslo",) and made.train.rows[0].starts == (16,)
    info.features = {"image": None}
    with pytest.raises(UserError, match="squad is not a set of questions; its features are image"):
        source.load(Request())


def test_a_set_that_cannot_be_had_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("kerasrecipes.data.tfds.online", lambda: False)
    with pytest.raises(UserError, match="is not available"):
        text.tfds_questions("squad/v1.1").load(Request())
