"""Pages are found, listed without a framework, and loaded."""

import subprocess
import sys

import pytest

from kerasrecipes import registry
from kerasrecipes.errors import UserError

HEAVY = ("tensorflow", "keras", "jax", "numpy", "matplotlib", "rich")


@pytest.mark.parametrize(
    "words", [["list"], ["--help"], ["run", "--help"], ["list", "nothing-like-it"]]
)
def test_listing_and_help_load_nothing_heavy(words):
    program = (
        "import sys, contextlib, io\n"
        "from kerasrecipes.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), "
        "contextlib.redirect_stderr(io.StringIO()):\n"
        f"    with contextlib.suppress(SystemExit): main({words!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_every_page_has_a_name_a_summary_and_a_topic():
    for entry in registry.entries():
        assert entry.summary and len(entry.summary) < 120, entry
        assert entry.topic != "Other", entry


def test_a_pattern_selects_by_name_summary_and_topic():
    assert [entry.name for entry in registry.entries("LeNet-5")] == ["lenet"]
    assert "lenet" in [entry.name for entry in registry.entries("images")]


@pytest.mark.parametrize("name", ["lenett", "_private", "../setup"])
def test_an_unknown_recipe_is_refused(name):
    with pytest.raises(UserError):
        registry.find(name)


def test_a_page_of_ones_own_is_loaded_by_path(tmp_path):
    page = tmp_path / "mine.py"
    page.write_text(registry.find("lenet").read_text())
    assert registry.load(str(page)).topic == "Images"


@pytest.mark.parametrize(
    ("text", "line"), [("x = 1", "must define 'recipe"), ("def (", "not Python")]
)
def test_a_page_without_a_recipe_is_refused(tmp_path, text, line):
    page = tmp_path / "mine.py"
    page.write_text(text)
    with pytest.raises(UserError, match=line):
        registry.load(str(page))


def test_a_page_that_ends_the_program_is_a_mistake(tmp_path):
    page = tmp_path / "page.py"
    page.write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(UserError, match="ends the program"):
        registry.load(str(page))
