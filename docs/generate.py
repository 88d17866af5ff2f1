"""Pages of the documentation that are made of the code: a page per recipe, and the reference."""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import kerasrecipes
from benchmarks.results import records
from kerasrecipes import registry, settings
from kerasrecipes.recipe import Recipe
from kerasrecipes.tuning import search_space

ROOT = Path(kerasrecipes.__file__).resolve().parent.parent

# A link, or code that is no role of reStructuredText; both may be wrapped.
_MARK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)|(?<![`:])`([^`]+)`(?!`)")


def pages(docs: Path) -> None:
    """Write the pages of recipes and the reference of builders, in place of earlier ones.

    Args:
        docs: the folder of the documentation.
    """
    for name in ("recipes", "models"):
        shutil.rmtree(docs / name, ignore_errors=True)
        (docs / name).mkdir()
    topics: dict[str, list[registry.Entry]] = {}
    for entry in registry.entries():
        topics.setdefault(entry.topic, []).append(entry)
        (docs / "recipes" / f"{entry.name}.md").write_text(recipe_page(entry.name), "utf-8")
    (docs / "recipes" / "index.md").write_text(_index(topics), encoding="utf-8")
    modules = sorted(path.stem for path in (ROOT / "kerasrecipes" / "models").glob("[a-z]*.py"))
    for module in modules:
        (docs / "models" / f"{module}.md").write_text(
            _autodoc(f"kerasrecipes.models.{module}", module), encoding="utf-8"
        )
    listed = "\n".join(modules)
    (docs / "models" / "index.md").write_text(
        "# Builders\n\nPure functions from numbers to uncompiled `keras.Model` objects.\n\n"
        f"```{{toctree}}\n{listed}\n```\n",
        encoding="utf-8",
    )


def recipe_page(name: str) -> str:
    """Return the page of a recipe: its docstring, results, data, settings and search space.

    Args:
        name: of the recipe.
    """
    recipe = registry.load(name)
    told = inspect.cleandoc(registry.load_page(registry.find(name)).__doc__ or "")
    first, _, rest = told.partition("\n\n")
    parts = [f"# {name}", " ".join(first.split()), _linked(rest), "## Results", _results(name)]
    if (ROOT / "docs" / "pictures" / f"{name}.png").is_file():
        parts += [f"![A figure of the report](../pictures/{name}.png)"]
    parts += ["## Data", _data(recipe), "## Settings", _settings(recipe)]
    parts += [
        "Beside these there are the flags of every training, such as `--epochs` and "
        f"`--learning-rate`: `kerasrecipes show {name}` lists them with this page's defaults."
    ]
    if space := search_space.described(recipe):
        rows = "\n".join(f"| `{one}` | {_cell(values)} |" for one, values in space)
        parts += [
            "## Search space",
            f"What `kerasrecipes tune {name}` searches over, unless `--search` says otherwise.",
            f"| setting | values |\n|---|---|\n{rows}",
        ]
    return "\n\n".join(parts) + "\n"


def results(name: str) -> list[str]:
    """Return the rows of the README's table of results that are of a recipe.

    Args:
        name: of the recipe.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    # The table of results has three columns.
    row = re.compile(rf"\| `kerasrecipes run {re.escape(name)}[ `][^|]*\|[^|]*\|[^|]*\|")
    return [line for line in text.splitlines() if row.fullmatch(line)]


def _results(name: str) -> str:
    """Return what the recipe's kept run reached, and the results on other data."""
    rows = [
        f"| `kerasrecipes run {name}` | {one.result}{one.beside} | {one.seconds} of training |"
        for one in [records.of(name)]
        if one is not None
    ]
    # Of the page's own defaults once.
    bare = f"| `kerasrecipes run {name}` |"
    more = [row for row in results(name) if not (rows and row.startswith(bare))]
    return "\n".join(["| command | result on the test split | time |\n|---|---|---|", *rows, *more])


def _linked(text: str) -> str:
    """Return a docstring, which is plain text but for its code, with links to the papers."""
    return re.sub(r"(?<![(<])https?://[^\s,;)]+[^\s,;).]", r"<\g<0>>", text)


def _data(recipe: Recipe) -> str:
    rows = [f"| `{name}` | {_cell(source.summary)} |" for name, source in recipe.data.items()]
    return "| `--data` | what it is |\n|---|---|\n" + "\n".join(rows)


def _settings(recipe: Recipe) -> str:
    known = settings.of_functions(recipe.functions)
    if not known:
        return "It has none of its own."
    rows = [
        # With spaces, at which long lists of values break.
        f"| `{one.name}` | {_cell(one.kind.replace('|', ' | '))} "
        f"| `{_cell(str(one.default))}` | {_cell(one.help)} |"
        for one in known
    ]
    return "| `name=value` | type | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _index(topics: dict[str, list[registry.Entry]]) -> str:
    parts = ["# Recipes", "A page of Python each, which trains, resumes, tunes and reports."]
    for topic, entries in topics.items():
        rows = "\n".join(
            f"| [{one.name}]({one.name}.md) | {_cell(one.summary)} | {_reached(one.name)} |"
            for one in entries
        )
        parts += [f"## {topic}", f"| recipe | | test split |\n|---|---|---|\n{rows}"]
    names = "\n".join(one.name for entries in topics.values() for one in entries)
    parts += [f"```{{toctree}}\n:hidden:\n\n{names}\n```"]
    return "\n\n".join(parts) + "\n"


def _reached(name: str) -> str:
    one = records.of(name)
    return one.result if one else ""


def _autodoc(module: str, title: str) -> str:
    return f"# {title}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n"


def as_restructured(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Turn the code, blocks and links of docstrings, which are Markdown, into reStructuredText."""
    text, found, end = "\n".join(lines), [], 0
    for mark in _MARK.finditer(text):
        # Stars outside of code are no emphasis.
        found += [text[end : mark.start()].replace("**", r"\*\*"), _restructured(mark)]
        end = mark.end()
    lines[:] = _with_blocks("".join([*found, text[end:].replace("**", r"\*\*")]).split("\n"))


def _restructured(mark: re.Match[str]) -> str:
    name, address, code = mark.groups()
    if code is not None:
        return f"``{' '.join(code.split())}``"
    return f"`{' '.join(name.replace('`', '').split())} <{address}>`__"


def _with_blocks(lines: list[str]) -> list[str]:
    """Mark indented paragraphs after plain ones as code."""
    found: list[str] = []
    plain = False
    for number, line in enumerate(lines):
        begins = line.startswith("    ") and number > 0 and not lines[number - 1].strip()
        if begins and plain:
            found += ["::", ""]
            plain = False
        elif line.strip() and not line.startswith(" "):
            plain = not line.startswith((":", ".. "))
        found.append(line)
    return found
