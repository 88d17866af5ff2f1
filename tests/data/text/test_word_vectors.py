"""Pretrained vectors are read from GloVe's and fastText's files, and what is broken is told."""

import gzip
from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.data.text import word_vectors
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.training import assembly

WORDS = {"good": 4, "Film": 5, "nowhere": 6}
GLOVE = "the 0 0 0\ngood 1 -2.5 3e-1\n. . . 7 7 7\nfilm 4 5 6\n"


def written(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["glove.txt", "glove.txt.gz"])
@pytest.mark.parametrize("header", ["", "4 3\n"], ids=["GloVe", "fastText"])
def test_only_the_vocabulary_is_kept(tmp_path, name, header):
    found = word_vectors.read(written(tmp_path / name, header + GLOVE), WORDS, 7)
    assert found.vectors.shape == (7, 3)
    np.testing.assert_allclose(
        found.vectors[[0, 4, 5]], [[0, 0, 0], [1, -2.5, 0.3], [4, 5, 6]], rtol=1e-6
    )
    assert found.found.tolist() == [False] * 4 + [True, True, False]
    assert np.abs(found.vectors[6]).max() > 0
    assert "2 of 3 words (67%)" in found.note


def test_the_spelling_in_capitals_wins_where_the_file_has_it(tmp_path):
    found = word_vectors.read(written(tmp_path / "v.txt", "film 1 2\nFilm 3 4\n"), WORDS, 7)
    assert found.vectors[5].tolist() == [3, 4]


@pytest.mark.parametrize(
    "text, message",
    [
        ("good 1 2 3\nFilm 1 2\n", "line 2: expected a word and 3 numbers, received 3 parts"),
        ("good 1 2 3\nFilm 1 x 3\n", "line 2: expected finite numbers after the word"),
        ("good 1 2 3\nFilm 1 nan 3\n", "line 2: expected finite numbers after the word"),
        ("good\n", "line 1: expected a word and its numbers"),
        ("other 1 2\n", "none of the 3 words"),
        ("", "none of the 3 words"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        word_vectors.read(written(tmp_path / "v.txt", text), WORDS, 7)


def test_a_cut_archive_and_a_missing_file_are_told(tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(b"good 1 2\n" * 1000)[:30])
    for place in (path, tmp_path / "nowhere.txt"):
        with pytest.raises(UserError, match="cannot read"):
            word_vectors.read(place, WORDS, 7)


def test_they_begin_an_embedding_of_words_only(tmp_path):
    path = written(tmp_path / "v.txt", GLOVE)
    tokenizer = Tokenizer.fit(["good film"], kind="words")
    vectors = word_vectors.of_vocabulary(path, tokenizer).vectors
    assert vectors[int(tokenizer.encode(["good"])[0][0])].tolist() == [1, -2.5, np.float32(0.3)]
    with pytest.raises(UserError, match="tokenization=words"):
        word_vectors.of_vocabulary(path, Tokenizer.fit(["good film"], kind="characters"))


@pytest.mark.parametrize(
    ("name", "settings"), [("next_word", {"tokenization": "words"}), ("tagger", {})]
)
def test_a_page_begins_with_vectors_and_a_trained_model_needs_them_no_more(
    tmp_path, name, settings
):
    recipe, path = registry.load(name), tmp_path / "vectors.txt"
    plain = assembly.load_splits(recipe, api.resolve(name, recipe, **settings)).info.preprocessor
    tokenizer = plain.tokenizer
    words = [word for word in map(tokenizer.token, range(4, tokenizer.size)) if word.isalpha()][:5]
    path.write_text("".join(f"{word} {number}.5 0 1\n" for number, word in enumerate(words)))
    config = api.resolve(name, recipe, vectors=str(path), **settings)
    splits = assembly.load_splits(recipe, config)
    assert any("have a vector of 3 numbers" in note for note in splits.notes)
    table = assembly.build(recipe, splits.info, config).get_layer(
        "vectors" if name == "next_word" else "word_vectors"
    )
    assert 4.5 in np.asarray(table.weights[0])
    path.unlink()
    again = assembly.load_splits(recipe, config, splits.info)
    assert again.info.preprocessor == replace(plain, vectors=str(path))
    assert not any("vector" in note for note in again.notes)
