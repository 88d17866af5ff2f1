"""The recipe `sentiment` learns what counting words cannot: its network is over 95 % on the
generated reviews.
"""

import pytest

from kerasrecipes import api, registry
from kerasrecipes.inference.text_classification import classify


@pytest.mark.slow
def test_the_network_reads_negation_and_contrast():
    run = api.run("sentiment", observers=())
    assert run.metrics["test"]["accuracy"] > 0.95
    meant = {
        "movie was not good": "negative",
        "not bad at all": "positive",
        "good until the end": "negative",
        "The plot was dull, but the acting was superb.": "positive",
        "The acting was superb, but the plot was dull.": "negative",
    }
    assert {answer["input"]: answer["label"] for answer in classify(run, list(meant))} == meant


@pytest.mark.parametrize(
    ("encoding", "padding"), [("one_hot", "unmasked"), ("bag_of_words", "fixed")]
)
def test_every_encoding_and_padding_trains_and_answers(encoding, padding):
    given = {"encoding": encoding, "padding": padding, "cell": "gru", "diagnose": False}
    run = api.run("sentiment", observers=(), limit=64, epochs=1, **given)
    assert classify(run, ["good " * 300])[0]["label"] in ("negative", "positive")


def test_a_table_of_three_classes_is_learned_and_judged_elsewhere(tmp_path):
    from kerasrecipes.inference.evaluation import evaluate

    rows = [
        f"the film was {word} {n},{word}" for n in range(40) for word in ("good", "bad", "dull")
    ]
    (tmp_path / "a.csv").write_text("comment,mood\n" + "\n".join(rows))
    (tmp_path / "b.csv").write_text(
        "comment,mood,id\n" + "\n".join(f"{row},1" for row in rows[:30])
    )
    options = {"text": "comment", "target": "mood"}
    (tmp_path / "vectors.txt").write_text("good 1 0 0 0\nbad 0 1 0 0\ndull 0 0 1 0\n")
    given = {"epochs": 4, "batch_size": 8, "units": 16, "vectors": str(tmp_path / "vectors.txt")}
    run = api.run("sentiment", str(tmp_path / "a.csv"), options=options, observers=(), **given)
    assert any("have a vector of 4 numbers" in note for note in run.metrics["notes"])
    assert run.info.classes == ("bad", "dull", "good") and run.metrics["main_metric"] == "accuracy"
    result = evaluate(run, str(tmp_path / "b.csv"))
    assert result["examples"] == 30 and result["accuracy"] > 0.9


def test_its_sources_take_tables_and_folders_of_texts(tmp_path):
    from kerasrecipes.runs.data_sources import find_source

    recipe = registry.load("sentiment")
    (tmp_path / "a.csv").write_text("text,label\n")
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "1.txt").write_text("good")
    assert find_source(str(tmp_path / "a.csv"), recipe).name == "table"
    assert find_source(str(tmp_path), recipe).name == "folder"
