"""Sequences, files and long sequences are answered, odd ones in a line; baselines read letters."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes.data.dna.preprocessor import DnaPreprocessor
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.synthetic.enhancer_windows import MOTIFS, turned, written
from kerasrecipes.errors import UserError
from kerasrecipes.inference.dna import baseline, classify
from kerasrecipes.info import Info
from kerasrecipes.models.sequence_classifier import sequence_classifier
from kerasrecipes.recipe import Evaluation


@pytest.fixture(scope="module")
def run():
    keras.utils.set_random_seed(0)
    info = Info(
        classes=("a", "b"),
        task="binary",
        preprocessor=DnaPreprocessor(length=20),
        sequence_length=20,
    )
    return SimpleNamespace(model=sequence_classifier(20, 2, filters=4, units=4), info=info)


def test_sequences_and_files_are_answered(run, tmp_path):
    (tmp_path / "some.fa").write_text(">one x\nACGTACGTAC\n>two y\nAXGT\n>three\n" + "ACGTT" * 20)
    answers = classify(run, ["acgt", str(tmp_path / "some.fa"), b">bytes\nACGU\n"], explain=True)
    kinds = [(answer.input, answer.kind) for answer in answers]
    assert kinds == [
        ("acgt", "label"),
        ("one", "label"),
        ("two", "error"),
        ("three", "table"),
        ("bytes", "label"),
    ]
    assert "4 letters" in answers[0].notes[0] and len(answers[0].explanation.spans) == 4
    rows = answers[3].columns
    assert rows["start"][0] == 1 and rows["end"][-1] == 100
    assert all(
        a <= at <= b
        for a, at, b in zip(*(rows[n] for n in ("start", "most_probable_at", "end")), strict=True)
    )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("ACGTX", "no letter of DNA"),
        ("", "no sequence"),
        ("--", "no letters"),
        ("no.fa", "no file"),
    ],
)
def test_what_is_no_sequence_is_refused(run, given, error):
    with pytest.raises(UserError, match=error):
        classify(run, [given])


def test_unclear_letters_are_noted(run):
    assert "100% of its letters" in classify(run, ["N" * 20])[0].notes[0]


@pytest.mark.parametrize("kind", ["places", "words"])
def test_the_better_of_two_baselines_is_taken(kind):
    random = np.random.default_rng(0)
    windows = np.array([1, 2, 4, 8], np.uint8)[random.integers(4, size=(300, 30))]
    labels = (np.arange(300) % 2)[:, None].astype(np.float32)
    for row, label in zip(windows, labels[:, 0], strict=True):
        at = 10 if kind == "places" else random.integers(22)
        # In one place a single letter tells, anywhere only a word of several.
        row[at : at + 8] = row[at : at + 8] if kind == "places" else (1, 8, 8, 1, 4, 2, 2, 1)
        row[at] = 4 if label else 1
    part = Arrays(windows, labels)
    evaluation = Evaluation(
        recipe="dna",
        model=None,
        info=Info(classes=("a", "b"), task="binary"),
        examples=part.select(np.arange(200, 300)),
        labels=labels[200:],
        outputs=None,
        metrics={},
        train=part.select(np.arange(150)),
        validation=part.select(np.arange(150, 200)),
    )
    found = baseline(evaluation)
    assert kind in found.name and found.outputs.shape == (100, 1)
    assert ((found.outputs > 0.5) == labels[200:]).mean() > 0.8


def test_generated_windows_are_what_their_class_says():
    rows = list(written(40, 0))
    assert [label for _, label in rows[:2]] == ["enhancer", "other"] and rows == list(
        written(40, 0)
    )
    # Where no letter of the motifs was changed, they are found in order on one strand.
    strands = [[text, turned(text)] for text, label in rows if label == "enhancer"]
    places = [[text.find(m) for m in MOTIFS] for pair in strands for text in pair]
    whole = [(a, b) for a, b in places if min(a, b) >= 0]
    assert whole and all(a < b for a, b in whole)
