"""Lines that say their label, in the forms that circulate."""

import random

import pytest

from kerasrecipes.data.text.classification import TextTableSource
from kerasrecipes.data.text.labelled_lines import FORMS, LabelledLines, form_of
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

WRITERS = {
    "__label__LABEL TEXT": "__label__{label} {text}",
    "LABEL:sub TEXT": "{label}:sub {text}",
    "LABEL tab TEXT": "{label}\t{text}",
    "NUMBER TEXT": "{label} {text}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("suffix", [".txt", ".label", ""])
def test_every_line_gives_its_text_and_label(form, encoding, suffix, tmp_path):
    draw = random.Random(form + encoding + suffix)
    labels = ["-1", "4"] if form.startswith("NUMBER") else ["DESC", "HUM"]
    rows = [(f'Größe {n}: où, "{draw.random()}', draw.choice(labels)) for n in range(90)]
    lines = [WRITERS[form].format(label=label, text=text) for text, label in rows]
    path = tmp_path / f"texts{suffix}"
    path.write_bytes(("\r\n".join(lines) + "\n").encode(encoding))
    if encoding != "utf-16":  # whose first bytes are no lines yet
        assert form_of(path) == form and list(LabelledLines(str(path))) == rows
        splits = TextTableSource().load(Request(path=str(path)))
        assert sorted(splits.info.classes) == labels
        assert sum(len(getattr(splits, part)) for part in ("train", "validation", "test")) == 90


def test_lines_without_a_label_are_left_out_and_said(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("__label__a one\n__label__b two\n" * 2000 + "nothing here\n\n")
    lines = LabelledLines(str(path))
    assert len(list(lines)) == 4000
    assert lines.notes[1:] == ["left out 1 line without a label or without a text"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a sentence\nand another\nand more\n",
        "a house\tein Haus\na dog\tein Hund\nx\ty\n",
    ],
)
def test_other_texts_are_not_taken_for_labelled_ones(text, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(text)
    assert form_of(path) is None
    with pytest.raises(UserError, match="expected lines such as __label__"):
        LabelledLines(str(path))
