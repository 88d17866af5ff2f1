"""The documentation: a page for every recipe, links that lead somewhere, commands that exist."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from kerasrecipes import registry
from kerasrecipes.cli import VERBS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
WRITTEN = sorted([*DOCS.glob("*.md"), *DOCS.glob("guides/*.md"), *DOCS.glob("migrating/*.md")])
_TREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_COMMAND = re.compile(r"kerasrecipes ([a-z]+(?: [^`\n|#]*)?)")


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_recipe_and_every_builder_has_a_page(generate, tmp_path):
    (tmp_path / "pictures").symlink_to(DOCS / "pictures")
    generate.pages(tmp_path)
    found = {path.stem for path in (tmp_path / "recipes").glob("*.md")} - {"index"}
    assert found == set(registry.names())
    models = {path.stem for path in (ROOT / "kerasrecipes" / "models").glob("[a-z]*.py")}
    assert {path.stem for path in (tmp_path / "models").glob("*.md")} - {"index"} == models
    listed = (tmp_path / "recipes" / "index.md").read_text()
    assert all(f"[{name}]({name}.md)" in listed for name in registry.names())
    for path in tmp_path.rglob("*.md"):
        for link in _LINK.findall(path.read_text()):
            assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_results_of_a_recipe_are_those_of_the_readme(generate):
    rows = generate.results("lenet")
    assert len(rows) >= 2 and all("run lenet" in row for row in rows)
    assert all("%" in row for row in generate.results("landmarks")), "not the row of pictures"
    assert not generate.results("len")


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    text = path.read_text()
    for link in _LINK.findall(text):
        assert (path.parent / link).exists(), link
    for tree in _TREE.findall(text):
        for name in filter(None, (line.strip() for line in tree.splitlines())):
            # Pages of recipes and builders are made when the site is built.
            made = name in ("recipes/index", "models/index")
            assert name.startswith(":") or made or (path.parent / f"{name}.md").exists(), name


def test_every_page_is_in_a_list():
    trees = [tree for path in WRITTEN for tree in _TREE.findall(path.read_text())]
    listed = {name for tree in trees for name in tree.split()}
    for path in WRITTEN:
        name = str(path.relative_to(DOCS).with_suffix(""))
        assert name == "index" or name in listed, f"{name} is in no toctree"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_commands_name_verbs_flags_and_recipes_that_there_are(path):
    verbs = {verb.__name__.rpartition(".")[2] for verb in VERBS}
    known = {*registry.names(), "NAME"}
    for command in _COMMAND.findall(path.read_text()):
        verb, *words = shlex.split(command)
        if verb not in verbs:
            assert not words, f"there is no verb {verb}"
            continue
        if verb in ("run", "tune", "predict", "evaluate", "diagnose", "export") and words:
            name = words[0]
            assert name in known or name.startswith(("--", "zoo/", "./")), name
