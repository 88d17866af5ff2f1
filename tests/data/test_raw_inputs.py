"""What is proposed to `predict` is of the user's own kind."""

import random
import shlex
from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.cli import run as verb
from kerasrecipes.data.captioning.captions import CaptionExamples
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.detection import BoxedFiles
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.raw_inputs import LONGEST, input_of
from kerasrecipes.data.text.tagging import TaggedExamples
from kerasrecipes.data.text.translation import TranslationExamples

WORDS = ("das", "der", "Regen", "l'eau", '"quoted"', "今天", "🙂", "$HOME", "a\nb", "x" * 90)


def test_texts_are_proposed_in_their_language_and_not_too_long():
    draw = random.Random(0)
    for _ in range(40):
        text = " ".join(draw.choices(WORDS, k=draw.randint(1, 30)))
        found = input_of(TranslationExamples([text], [("x",)]), "pairs.tsv")
        assert found and "\n" not in found and len(found) <= LONGEST
        assert " ".join(text.split()).startswith(found)


def test_files_of_images_are_proposed_and_tables_whole():
    images = ImageFiles(["a.png", "b c.png"], np.array([0, 1]), indices=np.array([1, 0]))
    assert input_of(images, "photos") == "b c.png"
    assert input_of(CaptionExamples(images, [("x",), ("y",)]), "captions.csv") == "b c.png"
    boxed = BoxedFiles(["a.png", "b c.png"], [np.zeros((0, 6))] * 2, indices=np.array([1]))
    assert input_of(boxed, "photos") == "b c.png"
    assert input_of(BoxedFiles([b"bytes"], [np.zeros((0, 6))]), "photos") is None
    rows = Arrays({"a": np.arange(3.0)}, np.arange(3))
    assert input_of(rows, "my rows.csv") == "my rows.csv"


def test_tagged_sentences_are_texts_and_arrays_are_their_file():
    assert input_of(TaggedExamples([["I", "see"]], [["P", "V"]]), "x.conllu") == "I see"
    assert input_of(Arrays(np.zeros((3, 8, 8, 1)), np.zeros(3)), "x.npz") == "x.npz"
    assert input_of(Arrays(np.zeros((0, 2)), np.zeros(0)), "x.npz") is None
    contents = ImageFiles([b"bytes"], np.array([0]))
    assert input_of(contents, "photos") is None


@pytest.mark.parametrize("text", [None, "it is", "a 'b' $HOME", "今天"])
def test_the_next_command_is_one_that_can_be_pasted(tmp_path, text):
    recipe = SimpleNamespace(example='"the bird" --num-beams 4 --explain', predict=print)
    config = SimpleNamespace(recipe="seq2seq")
    job = SimpleNamespace(recipe=recipe, config=config, splits=SimpleNamespace(example=text))
    run = SimpleNamespace(path=tmp_path / "my runs" / "1")
    program, name, *words = shlex.split(verb._next_command(job, run))
    assert (program, name) == ("kerasrecipes", "predict")
    # There is no run of that name, so the folder says which it is.
    assert words == [str(run.path), text or "the bird", "--num-beams", "4", "--explain"]
