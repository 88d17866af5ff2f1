"""Tries the installed package from outside of its source: `.ci/release` runs this.

    python -P .ci/installed.py SOURCE

Every file of the source's packages is installed as it is; the command line says the version that
stands first in the changelog, which has nothing unreleased above it; a recipe trains and a model of
the zoo answers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import files, version
from pathlib import Path

# Folders of the source, and where they are installed.
HOMES = {
    "kerasrecipes": "kerasrecipes",
    "recipes": "kerasrecipes/recipes",
    "saved_models/zoo": "kerasrecipes/trained",
}
NEEDED = ("serve/page.html", "teach/teach.html", "reports/templates", "recipes/lenet.py", "trained")


def main() -> None:
    """Try everything."""
    source = Path(sys.argv[1])
    check_files(source)
    changes = (source / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changes, re.M)[0]
    above = changes.partition(f"## [{released}]")[0]
    assert "### " not in above, f"the changelog has entries above {released}, in no version"
    said = kerasrecipes("--version").split()[-1]
    assert said == version("kerasrecipes") == released, f"{said} is not {released}"
    listed = kerasrecipes("list")
    missing = [page.stem for page in recipes(source) if f"  {page.stem} " not in listed]
    assert not missing, f"not listed: {missing}"
    kerasrecipes("run", "softmax", "--epochs", "1")
    (report,) = Path(os.environ["KERASRECIPES_HOME"]).glob("softmax/*/report.html")
    assert "</html>" in report.read_text()
    draw("seven.png")
    (digit,) = json.loads(kerasrecipes("predict", "zoo/lenet", "seven.png", "--json"))
    assert digit["label"] == "7", digit
    (review,) = json.loads(kerasrecipes("predict", "zoo/sentiment", "a fine film", "--json"))
    assert review["probability"] > 0.5, review
    print(f"kerasrecipes {said}: trains softmax, and the zoo reads {digit['label']}")


def check_files(source: Path) -> None:
    """Compare what is installed with the source, byte for byte."""
    found = {str(path): path.locate() for path in files("kerasrecipes") or ()}
    expected = {}
    for folder, home in HOMES.items():
        for path in sorted((source / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                expected[f"{home}/{path.relative_to(source / folder).as_posix()}"] = path
    for part in NEEDED:
        assert any(name.startswith(f"kerasrecipes/{part}") for name in expected), part
    more = {
        name
        for name in set(found) - set(expected)
        if "dist-info" not in name and "__pycache__" not in name and not name.startswith("..")
    }
    assert not more, f"{len(more)} files are in no package: {sorted(more)[:5]}"
    missing = sorted(set(expected) - set(found))
    assert not missing, f"{len(missing)} files are not installed: {missing[:5]}"
    changed = [
        name for name, path in expected.items() if path.read_bytes() != found[name].read_bytes()
    ]
    assert not changed, f"installed otherwise than they are: {changed[:5]}"
    assert not str(found["kerasrecipes/__init__.py"]).startswith(str(source)), "not installed"
    print(f"{len(expected)} files are installed as they are in the source")


def recipes(source: Path) -> list[Path]:
    """The pages of recipes."""
    return sorted((source / "recipes").glob("[a-z]*.py"))


def kerasrecipes(*words: str) -> str:
    """Run a command, and return what it prints."""
    program = Path(sys.executable).with_name("kerasrecipes")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kerasrecipes {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def draw(path: str) -> None:
    """Draw a seven."""
    from PIL import Image, ImageDraw  # only the environment that is tried has it

    image = Image.new("L", (112, 112), 255)
    ImageDraw.Draw(image).line([(30, 30), (82, 30), (50, 90)], 0, 10)
    image.save(path)


if __name__ == "__main__":
    main()
