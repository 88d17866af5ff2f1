"""Sets of summaries of TensorFlow Datasets."""

from types import SimpleNamespace

import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text import summary_tfds
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def test_its_records_are_articles(monkeypatch):
    rows = [
        {"article": f"It rained {n}. He left.".encode(), "highlights": b"It  rained ."}
        for n in range(20)
    ]
    info = SimpleNamespace(features={"article": None, "highlights": None}, splits={"train": rows})
    monkeypatch.setattr(
        summary_tfds.TfdsSummaries, "builder", lambda self: SimpleNamespace(info=info, name="cnn")
    )
    monkeypatch.setattr(
        summary_tfds, "Records", lambda builder, split: [*rows, {**rows[0], "highlights": b""}]
    )
    source = text.tfds_summaries("cnn_dailymail")
    made = source.load(Request())
    assert [len(part) for part in (made.train, made.validation, made.test)] == [16, 2, 2]
    assert made.train.rows[0].summary == "It rained ." and len(made.train.rows[0].sentences) == 2
    info.features = {"image": None}
    with pytest.raises(UserError, match="cnn is not a set of summaries; its features are image"):
        source.load(Request())


def test_a_set_that_cannot_be_had_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("kerasrecipes.data.tfds.online", lambda: False)
    with pytest.raises(UserError, match="is not available"):
        text.tfds_summaries("xsum").load(Request())
