"""CONTRIBUTING is followed to the letter: its files are written and its commands run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
FOLDERS = ("kerasrecipes", "recipes", "tests")
FILES = ("setup.cfg", "pyproject.toml", "README.md")

# Files that exist already and that a new task may change.
SHARED = {"setup.cfg", "kerasrecipes/metrics/names.py"}

FENCE = r"```(?P<kind>python|ini|console)\n(?P<body>.*?)```"
STEP = re.compile(
    rf"(?:^`(?P<new>[\w/.]+)`:\n\n|^At the end of `(?P<end>[\w/.]+)`:\n\n"
    rf"|^In `(?P<file>[\w/.]+)`, below `(?P<line>[^\n]+)`:\n\n)?{FENCE}",
    re.M | re.S,
)

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


@pytest.fixture
def tree(tmp_path):
    """A copy of the source tree."""
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def steps(heading: str) -> list[dict[str, str]]:
    """Return the fenced blocks of a section with what is said before each."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [match.groupdict() for match in STEP.finditer(section)]


def follow(heading: str, tree: Path) -> set[str]:
    """Write the files of a section and run its commands; return the files that existed before."""
    changed = set()
    for step in steps(heading):
        if step["kind"] == "console":
            for command in step["body"].strip().splitlines():
                run(command, tree)
            continue
        file = tree / (step["new"] or step["end"] or step["file"])
        if step["new"]:
            assert not file.exists(), f"{file} exists already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step["body"])
            continue
        changed.add(str(file.relative_to(tree)))
        text = file.read_text()
        if step["end"]:
            file.write_text(text + step["body"])
        else:
            assert text.count(step["line"] + "\n") == 1, f"{file} has no line {step['line']!r}"
            file.write_text(text.replace(step["line"] + "\n", f"{step['line']}\n{step['body']}"))
    return changed


def run(command: str, tree: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "python", command
    done = subprocess.run([sys.executable, *words[1:]], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.contract
@pytest.mark.by_hand  # it runs the tests of three additions, in processes of their own
def test_a_recipe_a_source_and_a_task_are_added_as_the_page_says(tree):
    follow("Your first recipe in twenty minutes", tree)
    changed = follow("A new source of data", tree)
    assert changed == {"kerasrecipes/data/synthetic/__init__.py", "recipes/two_layers.py"}
    changed = follow("A new task in a new kind of data", tree)
    assert changed <= SHARED, f"a new task changes {changed - SHARED}"


def test_every_path_that_the_page_names_exists_or_is_made_by_it():
    text = PAGE.read_text()
    made = {match["new"] for match in STEP.finditer(text)}
    for path in re.findall(r"`((?:kerasrecipes|recipes|tests|benchmarks)/[\w/.]+)`", text):
        placeholder = re.search("[A-Z]{4}", path)  # such as TASK.py, of a checklist
        assert placeholder or (ROOT / path).exists() or path in made, path
