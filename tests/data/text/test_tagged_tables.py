"""Words with tags in tables: whatever the form, the same sentences."""

import csv
import json

import numpy as np
import pytest

from kerasrecipes.data import text
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

BOTH = {"text": "tokens", "target": "tokens"}
MARKS = [",", '"', ".", "null", "#", "two words"]


def sentences(random, *, spaces):
    """Thirty sentences with words that are hard on readers of tables."""
    words = [*(MARKS if spaces else MARKS[:-1]), "saw", "Zoë", "the", "U.S."]
    found = []
    for length in random.integers(1, 9, 30):
        row = [str(word) for word in random.choice(words, length)]
        found.append((row, [f"T{words.index(word) % 3}" for word in row]))
    return found


def write_words(path, rows, *, every, names):
    """A word in each row; `every` row names its sentence, or only the first of each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        mark = "\t" if path.suffix == ".tsv" else ","
        writer = csv.writer(file, delimiter=mark)
        writer.writerow(names)
        for number, (words, tags) in enumerate(rows, 1):
            for place, (word, tag) in enumerate(zip(words, tags, strict=True)):
                first = f"Sentence: {number}" if every or not place else ""
                writer.writerow([first, word, "x", tag])


def everything(splits):
    parts = (splits.train, splits.validation, splits.test)
    return sorted(
        (list(words), list(tags))
        for part in parts
        for words, tags in zip(part.words, part.tags, strict=True)
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_word_in_each_row(tmp_path, seed):
    random = np.random.default_rng(seed)
    rows = sentences(random, spaces=True)
    usual = seed % 2 == 0
    names = ["Sentence #", "Word", "POS", "Tag"] if usual else ["nr", "wort", "x", "art"]
    path = tmp_path / ("words.csv" if seed % 4 < 2 else "words.tsv")
    write_words(path, rows, every=seed % 3 == 0, names=names)
    column = {} if usual else {"sentence": "nr", "text": "wort"}
    options = {"column": column, **({} if usual else {"target": "art"})}
    source = text.tagged_table()
    assert source.accepts(str(path))
    splits = source.load(Request(path=str(path), options=options))
    assert everything(splits) == sorted((words, tags) for words, tags in rows)
    assert splits.info.columns == dict(
        zip(("sentence", "text", "target"), (names[0], names[1], names[3]), strict=True)
    )
    judged = source.load(Request(path=str(path), trained_info=splits.info))
    assert everything(judged) == everything(splits)


@pytest.mark.parametrize("form", ["spaces", "json", "python", "lines"])
def test_a_sentence_in_each_row(tmp_path, form):
    rows = sentences(np.random.default_rng(5), spaces=form != "spaces")
    write = {"spaces": " ".join, "json": json.dumps, "python": str, "lines": list}[form]
    path = tmp_path / ("rows.jsonl" if form == "lines" else "rows.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        if form == "lines":
            file.writelines(json.dumps({"tokens": w, "ner_tags": t}) + "\n" for w, t in rows)
        else:
            writer = csv.writer(file)
            writer.writerow(["tokens", "ner_tags"])
            writer.writerows([write(words), write(tags)] for words, tags in rows)
    splits = text.tagged_table().load(Request(path=str(path)))
    assert everything(splits) == sorted((words, tags) for words, tags in rows)


def test_files_of_a_folder_are_its_splits(tmp_path):
    rows = sentences(np.random.default_rng(1), spaces=True)
    for name, some in (("train", rows[:20]), ("dev", rows[20:25]), ("test", rows[25:])):
        names = ["sentence", "word", "pos", "tag"]
        write_words(tmp_path / f"{name}.csv", some, every=True, names=names)
    source = text.tagged_table()
    assert source.accepts(str(tmp_path))
    splits = source.load(Request(path=str(tmp_path)))
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [20, 5, 5]
    assert splits.info.columns["sentence"] == "sentence"


def test_columns_of_conll_are_no_table(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text("saw\tV\nit\tN\n\nsaw\tV\n")
    assert not text.tagged_table().accepts(str(path))


@pytest.mark.parametrize(
    "lines, options, reason",
    [
        ("word,tag\nsaw,V\nit,N", {}, "--column sentence=COLUMN"),
        ("tokens,tags\nI saw it,N V\nsaw it,V N", {}, "row 1: 3 words and 2 tags"),
        ("tokens,tags\nI saw,N V\nsaw it,V N", {"target": "tgs"}, "did you mean 'tags'"),
        ("tokens\nI saw\nsaw it", {}, "one with words and one with their tags"),
        ("tokens,tags\nI saw,N V", {"column": BOTH}, "both the column 'tokens'"),
        ("word,tag\n", {}, "header only"),
    ],
)
def test_tables_that_do_not_do_are_refused(tmp_path, lines, options, reason):
    path = tmp_path / "words.csv"
    path.write_text(lines)
    with pytest.raises(UserError, match=reason):
        text.tagged_table().load(Request(path=str(path), options=options))
