"""Examples of the test split that are also in training are counted."""

import numpy as np
from PIL import Image

from kerasrecipes.data.duplicates import duplicates_note, notes_of, row_hashes
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.folders import Folder
from kerasrecipes.data.text.conll_files import ConllSource
from kerasrecipes.data.text.store import TextStore
from kerasrecipes.data.text.translation_files import ParallelSource
from kerasrecipes.recipe import Request


def rows(numbers, words, labels):
    x = {"n": np.array(numbers, float), "w": np.array(words, object)}
    return Arrays(x, {"y": np.array(labels, object)})


def test_rows_alike_in_all_columns_are_counted():
    train = rows([1, np.nan, 0.0], ["a", "b", None], ["x", "y", "x"])
    test = rows([1, np.nan, -0.0, 1], ["a", "b", None, "b"], ["x", "y", "y", "x"])
    notes = duplicates_note({"train": train, "validation": train.select([0]), "test": test})
    assert notes[0].startswith("1 row of 1 in validation (100 %)")
    assert notes[1].startswith("2 rows of 4 in test (50 %)")


def test_many_different_rows_have_different_hashes():
    numbers = np.random.default_rng(0).integers(0, 1000, (200_000, 2)).astype(float)
    whole = Arrays({"a": numbers[:, 0], "b": numbers[:, 1]}, numbers[:, 0])
    assert len(np.unique(row_hashes(whole))) == len(np.unique(numbers, axis=0))
    images = Arrays(numbers.reshape(-1, 4, 5), np.zeros(len(numbers) // 10))
    assert len(np.unique(row_hashes(images))) == len(images)


def test_texts():
    texts = {"train": ["a", "ß"], "validation": ["c"], "test": ["ß", "d"]}
    hashes = {name: TextStore.of(some).hashes() for name, some in texts.items()}
    assert notes_of(hashes, "text") == [
        "1 text of 2 in test (50 %) is also in train, and easy to get right"
    ]


def same_notes(splits):
    return [note for note in splits.notes if "also in train" in note]


def test_images_in_folders(tmp_path):
    draw = np.random.default_rng(0)
    for split, count in (("train", 6), ("validation", 3), ("test", 4)):
        for label in "ab":
            (tmp_path / split / label).mkdir(parents=True)
            for number in range(count):
                pixels = draw.integers(0, 255, (4, 4), np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / label / f"{number}.png")
    given = Request(path=str(tmp_path))
    assert same_notes(Folder().load(given)) == []
    for number in range(3):
        content = (tmp_path / "train" / "ab"[number % 2] / f"{number}.png").read_bytes()
        (tmp_path / "test" / "a" / f"copy-{number}.png").write_bytes(content)
    (note,) = same_notes(Folder().load(given))
    assert note.startswith("3 images of 11 in test (27 %) are also in train")


def test_pairs_of_sentences(tmp_path):
    for split, first in (("train", 0), ("valid", 40), ("test", 38)):
        for language, text in (("en", "a house {}"), ("de", "ein Haus {}")):
            lines = "".join(f"{text.format(n)}\n" for n in range(first, first + 40))
            lines = lines.upper() if split == "test" else lines
            (tmp_path / f"{split}.{language}").write_text(lines)
    options = {"source": "en", "target": "de"}
    splits = ParallelSource().load(Request(path=str(tmp_path), options=options))
    notes = same_notes(splits)
    assert [note.split(" (")[0] for note in notes] == ["2 sentences of 40 in test"]


def test_tagged_sentences(tmp_path):
    for split, first in (("train", 0), ("dev", 40), ("test", 38)):
        lines = "".join(f"house{n} N\nfalls V\n\n" for n in range(first, first + 40))
        (tmp_path / f"{split}.conll").write_text(lines)
    notes = same_notes(ConllSource().load(Request(path=str(tmp_path))))
    assert [note.split(" (")[0] for note in notes] == ["2 sentences of 40 in test"]
