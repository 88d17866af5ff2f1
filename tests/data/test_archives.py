"""Archives are unpacked below a folder of their own, or refused in one line."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from kerasrecipes.answers.kinds import Text
from kerasrecipes.data import archives
from kerasrecipes.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def test_the_one_file_of_data_is_found(tmp_path):
    path = zipped(
        tmp_path / "fra-eng.zip", {"_about.txt": "x", "in/fra.txt": "a\tb", "__MACOSX/q": ""}
    )
    found = archives.unpacked(path)
    assert found.endswith("fra.txt") and Path(found).read_text() == "a\tb"
    assert archives.unpacked(path) == found


def test_several_files_are_a_folder(tmp_path):
    found = archives.unpacked(zipped(tmp_path / "a.zip", {"d/train.csv": "1", "d/test.csv": "2"}))
    assert sorted(os.listdir(found)) == ["test.csv", "train.csv"]


def test_tar_and_gzip(tmp_path):
    content = tmp_path / "rows.csv"
    content.write_text("a,b")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(content, "rows.csv")
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert archives.unpacked(str(tmp_path / "a.tar.gz")).endswith("rows.csv")
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"a,b"))
    assert Path(archives.unpacked(str(tmp_path / "rows.csv.gz"))).read_text() == "a,b"


@pytest.mark.parametrize(
    "name", ["../out.csv", "/out.csv", "a/../../out.csv", "..\\out.csv", "C:x"]
)
def test_nothing_is_written_outside(tmp_path, cache, name):
    with pytest.raises(UserError, match="leads out of its folder"):
        archives.unpacked(zipped(tmp_path / "a.zip", {"rows.csv": "1", name: "x"}))
    assert not list(tmp_path.rglob("*out.csv")) and not list((cache / "unpacked").iterdir())


def test_a_bomb_is_stopped_while_it_grows(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(archives, "_ALWAYS", 2**21)
    path = zipped(tmp_path / "a.zip", {"rows.csv": bytes(2**22)})
    with pytest.raises(UserError, match="grows to more than 2 MB"):
        archives.unpacked(path)
    assert not list((cache / "unpacked").iterdir())


@pytest.mark.parametrize("name", ["a.zip", "a.gz", "a.tar", "a.xz", "a.bz2", "a.tgz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", bytes(range(100, 200))])
def test_what_is_none_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="cannot unpack") as caught:
        archives.unpacked(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_truncated_archives_are_refused_or_read(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", "a,b\n" * 1000)
    content = whole.getvalue()
    for cut in range(0, len(content), 7):
        (tmp_path / f"{cut}.zip").write_bytes(content[:cut])
        with pytest.raises(UserError):
            archives.unpacked(str(tmp_path / f"{cut}.zip"))


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b")
    assert archives.unpacked(str(tmp_path / "rows.csv")) is None
    os.mkfifo(tmp_path / "pipe.zip")
    assert archives.unpacked(str(tmp_path / "pipe.zip")) is None


def test_inputs_in_archives_keep_the_name_that_was_given(tmp_path, cache):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with gzip.open(tmp_path / "rows.csv.gz", "wt") as file:
        file.write("a,b\n1,2\n")
    given = [
        str(tmp_path / "rows.csv.gz"),
        str(tmp_path / "rows.csv"),
        b"a",
        "a text.gz",
        "x" * 5000,
    ]
    found, archived = archives.inputs_of(given)
    assert found[1:] == given[1:] and Path(found[0]).read_text() == "a,b\n1,2\n"
    answers = [Text(text="t", input=name) for name in (f"{found[0]}:1", "other", None)]
    names = [answer.input for answer in archives.renamed(answers, archived, run="r")]
    assert names == [f"{given[0]}:1", "other", None]
