"""The documentation: a page for every recipe, links that lead somewhere, commands that exist."""

import argparse
import functools
import importlib
import importlib.util
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import kerasrecipes
from kerasrecipes import registry, settings
from kerasrecipes.cli import VERBS
from kerasrecipes.errors import UserError
from kerasrecipes.training_settings import Training

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
WRITTEN = sorted([*DOCS.glob("*.md"), *DOCS.glob("guides/*.md"), *DOCS.glob("migrating/*.md")])
_TREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_COMMAND = re.compile(r"(?<!from )kerasrecipes ([a-z]+(?: [^`\n|#]*)?)")


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


def test_the_page_of_a_recipe_has_what_there_is_to_know(generate):
    page = generate.recipe_page("mlp")
    for heading in ("Results", "Data", "Settings", "Search space"):
        assert f"\n## {heading}\n" in page
    assert "| `kerasrecipes run mlp` | accuracy" in page and "(../pictures/mlp.png)" in page
    assert "| `dropout_rate` | float |" in page
    # What has commas of its own is told apart.
    assert "| `hidden_layers` | 32; 128; 64,64;" in page
    assert "<https://arxiv.org/abs/1406.2661>;" in generate.recipe_page("gan")


@pytest.mark.parametrize("name", registry.names())
def test_every_recipe_has_a_result_on_its_page(generate, name):
    rows = generate._results(name).splitlines()[2:]
    assert rows and all(row.startswith(f"| `kerasrecipes run {name}") for row in rows)


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


@functools.cache
def names_of(recipe):
    """The settings, the trainer's and those of `predict` of a recipe."""
    page = registry.load(recipe)
    functions = [*page.functions, *([page.predict] if page.predict else [])]
    known = [*settings.of_functions(functions), *settings.of_dataclass(Training)]
    return {one.name for one in known}


def refused(command):
    """Say what the command line would refuse: a verb, a recipe, a flag or a setting."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    verbs = parser.add_subparsers()
    for verb in VERBS:
        verb.add(verbs)
    words = shlex.split(command)
    if "--help" in words:
        words.remove("--help")  # which would print and exit
    if words[0] not in verbs.choices:
        return f"there is no verb {words[0]}" if len(words) > 1 else None
    if len(words) == 1:
        return None  # named in a sentence
    try:
        arguments, rest = parser.parse_known_args(words)
    except (argparse.ArgumentError, UserError) as error:
        return str(error)
    given = next((word for word in words[1:] if not word.startswith("-")), "lenet")
    named = words[0] in ("run", "tune", "predict", "evaluate", "diagnose", "export", "serve")
    placeholder = given.startswith(("NAME", "RUN", "zoo/", "./"))
    if named and given not in registry.names() and not placeholder:
        return f"there is no recipe {given}"
    known = names_of(given if given in registry.names() else "lenet")
    for word in [*rest, *getattr(arguments, "settings", [])]:
        name = word.lstrip("-").partition("=")[0].replace("-", "_")
        if (word.startswith("-") or "=" in word) and name not in known:
            return f"{command}: there is no {word}"
    return None


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=lambda path: path.stem)
def test_commands_name_verbs_flags_and_recipes_that_there_are(path):
    for command in _COMMAND.findall(path.read_text()):
        assert refused(command.strip()) is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("rum lenet", "no verb rum"),
        ("run lonet", "no recipe lonet"),
        ("run lenet --epoch 5", None),  # argparse takes beginnings of flags that are clear
        ("run lenet --eopchs 5", "no --eopchs"),
        ("run lenet aktivation=relu", "no aktivation=relu"),
        ("evaluate lenet --fold-number 5", "no --fold-number"),
    ],
)
def test_a_wrong_command_of_a_page_is_found(command, said):
    found = refused(command)
    assert found is None if said is None else said in found


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=lambda path: path.stem)
def test_python_of_the_pages_names_what_there_is(path):
    text = path.read_text()
    for name in re.findall(r"\bkerasrecipes\.(\w+)\(", text):
        assert callable(getattr(kerasrecipes, name)), name
    for module, name in re.findall(r"\bfrom (kerasrecipes[\w.]*) import (\w+)", text):
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


@pytest.mark.parametrize("path", sorted(DOCS.glob("migrating/*.md")), ids=lambda path: path.stem)
def test_a_migrating_guide_has_ten_steps(path):
    rows = re.findall(r"^\| (?!---)[^|]+\|[^|]+\|$", path.read_text(), re.M)
    assert len(rows) - 1 == 10  # and the head


class Page(HTMLParser):
    """The addresses that a page leads to, and the places in it that others may lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.places.add(given.get("id"))
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def broken_links(site):
    """Follow every link within a site; of others look only whether they can be one."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            said = urlsplit(link)
            if said.scheme in ("http", "https"):
                found = "." in said.netloc and " " not in link
            elif said.scheme:
                found = said.scheme in ("data", "mailto")
            else:
                there = (path.parent / unquote(said.path)).resolve() if said.path else path
                place = unquote(said.fragment)
                found = there.is_file()
                found &= not place or there not in pages or place in pages[there].places
            if not found:
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    return len(pages), broken


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "one.html").write_text(
        '<a href="two.html#there"></a><a href="two.html#gone"></a><img src="lost.png">'
        '<a href="https://example.org/x"></a><a href="https://nowhere"></a><a href="#"></a>'
    )
    (tmp_path / "two.html").write_text('<p id="there">')
    number, broken = broken_links(tmp_path)
    assert number == 2
    assert [line.split()[1] for line in broken] == ["two.html#gone", "lost.png", "https://nowhere"]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_all_its_links_lead_somewhere(tmp_path):
    pytest.importorskip("sphinx", reason="needs the extra [docs]")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = {path.stem for path in (site / "recipes").glob("*.html")} - {"index"}
    assert found == set(registry.names())
    written = {path.relative_to(DOCS).with_suffix(".html") for path in WRITTEN}
    assert all((site / path).is_file() for path in written)
    number, broken = broken_links(site)
    assert not broken, "\n".join(broken)
    # With the builders' pages, three lists, the index of names and the search.
    assert number > len(found) + len(written)
