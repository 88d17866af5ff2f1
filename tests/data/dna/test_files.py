"""Sequences with classes in the forms that people have, whole and with parts that are wrong."""

from collections import Counter

import numpy as np
import pytest

from kerasrecipes.data.dna.files import FastaSource, SequenceTable, records
from kerasrecipes.data.dna.similar import groups
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request


def sequences(count=40, seed=0):
    random = np.random.default_rng(seed)
    return [
        ("".join(random.choice(list("ACGT"), 50)), ("promoter", "other")[number % 2])
        for number in range(count)
    ]


def uci(folder, rows):
    lines = [f"{label},  NAME-{n},   {text}" for n, (text, label) in enumerate(rows)]
    return written(folder / "set.data", lines)


def csv(folder, rows):
    return written(folder / "set.csv", ["sequence,label", *(f"{t},{label}" for t, label in rows)])


def by_header(folder, rows):
    lines = [f">seq{n} {label}\n{t[:20]}\n{t[20:]}" for n, (t, label) in enumerate(rows)]
    return written(folder / "set.fa", lines)


def named_class(folder, rows):
    lines = [f">seq{n}|x1 class={label} more\n{t.lower()}" for n, (t, label) in enumerate(rows)]
    return written(folder / "set.fasta", lines)


def by_file(folder, rows):
    for wanted in ("promoter", "other"):
        lines = [f">{n}\n{text}" for n, (text, label) in enumerate(rows) if label == wanted]
        written(folder / f"{wanted}.fa", lines)
    return folder


def by_split(folder, rows):
    for split, part in (("train", rows[:30]), ("test", rows[30:])):
        (folder / split).mkdir()
        by_file(folder / split, part)
    return folder


def written(path, lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def load(path, **request):
    source = next(s for s in (FastaSource(), SequenceTable()) if s.accepts(str(path)))
    splits = source.load(Request(path=str(path), **request))
    return splits, [splits.train, splits.validation, splits.test]


@pytest.mark.parametrize("form", [uci, csv, by_header, named_class, by_file, by_split])
def test_every_form_is_read(form, tmp_path):
    rows = sequences()
    splits, parts = load(form(tmp_path, rows))
    found = [
        (text, splits.info.classes[y])
        for part in parts
        for text, y in zip(part.x, part.y, strict=True)
    ]
    assert Counter(found) == Counter(rows) and all(map(len, parts))
    if form is by_split:
        assert Counter(splits.test.x) == Counter(text for text, _ in rows[30:])


@pytest.mark.parametrize("seed", range(3))
def test_near_duplicates_are_on_one_side(seed, tmp_path):
    rows = sequences(30, seed)
    rows += [(text[3:] + "ACG", label) for text, label in rows for _ in range(2)]
    splits, parts = load(csv(tmp_path, rows), seed=seed)
    group = dict(zip([t for t, _ in rows], groups([t for t, _ in rows]), strict=True))
    sides = [{group[text] for text in part.x} for part in parts]
    assert all(sides) and not sides[0] & sides[1] and not sides[0] & sides[2]
    assert any("resemble others" in note for note in splits.notes)


def test_all_of_one_kind_are_divided_all_the_same(tmp_path):
    text = sequences(1)[0][0]
    rows = [(text[:n] + "A" + text[n + 1 :], "ab"[n % 2]) for n in range(len(text))]
    splits, parts = load(csv(tmp_path, rows))
    assert all(map(len, parts)) and any("nearly the same" in note for note in splits.notes)


def test_unknown_letters_are_left_out_and_named(tmp_path):
    rows = sequences()
    splits, parts = load(csv(tmp_path, [*rows, ("ACGTX" * 10, "other"), ("MELVISLIFE", "other")]))
    assert sum(map(len, parts)) == len(rows)
    assert any("left out 2 sequences with unknown letters" in note for note in splits.notes)


BAD = {
    "protein": (">a x\nMELVISLIFEQ\n>b y\nMELVIS\n", "no letter of DNA"),
    "no classes": (">a\nACGT\n>b\nACGTA\n", "0 labelled texts"),
    "one class": ("".join(f">{n} x\nACGTACGT{'A' * n}\n" for n in range(20)), "only the class"),
    "no header": ("ACGTACGT\n>a x\nACGT\n", "expected a FASTA file"),
    "empty": ("", "0 labelled texts"),
}


@pytest.mark.parametrize(("content", "error"), BAD.values(), ids=BAD)
def test_what_cannot_be_learned_from_is_refused(content, error, tmp_path):
    path = tmp_path / "bad.fa"
    path.write_text(content)
    with pytest.raises(UserError, match=error):
        FastaSource().load(Request(path=str(path)))


def test_what_is_no_sequence_is_not_accepted(tmp_path):
    for name, content in (("a.txt", "to be,or not\nto be,that"), ("b.fa.txt", ">a\nACGT")):
        path = written(tmp_path / name, [content])
        assert not FastaSource().accepts(str(path)) and not SequenceTable().accepts(str(path))
    with pytest.raises(UserError, match="there is no file or folder"):
        FastaSource().load(Request(path=str(tmp_path / "none.fa")))
    with pytest.raises(UserError, match="holds no FASTA files"):
        FastaSource().load(Request(path=str(tmp_path)))


def test_a_trained_model_judges_all_of_a_file(tmp_path):
    splits, _ = load(
        by_header(tmp_path, sequences()), trained_info=Info(classes=("other", "promoter"))
    )
    assert len(splits.test) == 40 and splits.info.classes == ("other", "promoter")


def test_a_header_may_stand_alone():
    assert list(records(b"; comment\n>a b\n\n>c\nAC\nGT")) == [("a b", ""), ("c", "ACGT")]
