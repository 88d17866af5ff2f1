"""Explanations become pictures and pages under names that no file has yet."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.interpret.explanation import (
    Alignment,
    HeatMap,
    RegionWeights,
    Span,
    WordImportance,
)
from kerasrecipes.reports import explain

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
HEAT_MAP = HeatMap(title="rex, 98.1 %", image=IMAGE, heat=np.eye(40, 60))
ALIGNMENT = Alignment(across=("the", "cat"), down=("le", "chat", "(end)"), weights=np.ones((3, 2)))
REGIONS = RegionWeights(
    title="a cat", image=IMAGE, words=("a", "cat"), weights=np.ones((2, 8, 8)) / 64
)
WORDS = WordImportance(
    label="good",
    probability=0.9,
    text="a <b>good</b> film",
    spans=(Span(begin=5, end=9, importance=2.0), Span(begin=14, end=18, importance=None)),
)


@pytest.mark.parametrize("explanation", [HEAT_MAP, ALIGNMENT, REGIONS], ids=lambda e: type(e))
def test_pictures_are_drawn_and_the_same_each_time(explanation):
    content = explain.picture(explanation)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == "PNG" and picture.width >= 800
    assert content == explain.picture(explanation)


def test_a_caption_without_words_is_its_image():
    empty = RegionWeights(title="", image=IMAGE, words=(), weights=np.zeros((0, 8, 8)))
    assert explain.picture(empty).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("explanation", "name", "file"),
    [
        (HEAT_MAP, "photos/rex.jpg", "rex.explained.png"),
        (HEAT_MAP, "-", "-.explained.png"),
        (HEAT_MAP, "", "image.explained.png"),
        (REGIONS, "photos/rex.jpg", "rex.explained.png"),
        (ALIGNMENT, "the cat , sees it all", "the-cat-sees.explained.png"),
        (ALIGNMENT, "?!", "translation.explained.png"),
        (WORDS, "a <b>good</b> film", "b-film.explained.html"),
        (WORDS, "reviews/one.txt", "one.explained.html"),
        (WORDS, "👍", "text.explained.html"),
    ],
)
def test_the_file_is_named_after_the_input(explanation, name, file, tmp_path):
    assert explain.write(explanation, tmp_path / "out", name) == tmp_path / "out" / file
    assert [path.name for path in (tmp_path / "out").iterdir()] == [file]


def test_nothing_is_overwritten(tmp_path):
    paths = [explain.write(HEAT_MAP, tmp_path, "rex.jpg") for _ in range(3)]
    assert [path.name for path in paths] == [
        "rex.explained.png",
        "rex.explained-2.png",
        "rex.explained-3.png",
    ]


def test_words_are_shaded_and_escaped(tmp_path):
    text = explain.write(WORDS, tmp_path, "x").read_text("utf-8")
    assert "<b>good" not in text and "&lt;b&gt;" in text
    assert 'title="+2.000">good</span>' in text and 'title="not read">film</span>' in text


def test_half_a_sign_is_written_as_a_question_mark(tmp_path):
    broken = WordImportance(label="good", probability=0.9, text="good \ud83d", spans=())
    assert "good ?" in Path(explain.write(broken, tmp_path, "x")).read_text("utf-8")
