"""Articles and summaries in the user's own files: two trees of text files, or a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kerasrecipes.data.files import read_text, text_files
from kerasrecipes.data.row_files import rows_of_roles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.data.text.summarization import Article, Articles
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
_USUAL = {
    "text": ("article", "text", "document", "body", "content", "source"),
    "target": ("summary", "highlights", "abstract", "target", "headline"),
}
# Words of the names of the two trees.
_ARTICLES, _SUMMARIES = (
    ("article", "document", "text", "source"),
    ("summary", "summaries", "highlight", "abstract"),
)


@dataclass(frozen=True)
class SummarySource(FileSource):
    """The user's own articles with summaries: two folders of texts of the same names, or tables."""

    summary: str = (
        "a folder with articles/ and summaries/, text files of the same names, or a CSV of both"
    )
    example: ClassVar[str] = "news/"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the articles; missing splits are drawn, and no article is in two of them.

        Raises:
            UserError: if a file has another form, or there are no articles with a summary.
        """
        path = self.path_of(request)
        notes: list[str] = []
        parts = {
            name: Articles(list(_complete(read(file, request.options, notes), notes)))
            for name, file in files_by_split(path).items()
        }
        if not any(map(len, parts.values())):
            raise UserError(f"there are no articles with a summary in '{path}'")
        if "train" not in parts and request.trained_info is None:
            raise UserError(f"'{path}' has no training articles: name a file or folder train")
        made, drawn = make_splits(
            parts, request, groups=lambda part: [row.group for row in part.rows]
        )
        return splits_of(made, Info(), [*notes, *drawn])

    def accepts(self, path: str) -> bool:
        """Whether `path` is a table, or a folder of one of the forms."""
        found = Path(path).expanduser()
        if found.is_dir():
            return bool(files_by_split(found))
        return found.is_file() and found.suffix.lower() in _TABLES


def files_by_split(path: Path) -> dict[str, Path]:
    """Return what `read` is to read for each split; what is alone is all training.

    Args:
        path: a file, or a folder with two trees, or with files or folders named by their splits.
    """
    if not path.is_dir() or _trees(path):
        return {"train": path}
    found: dict[str, Path] = {}
    for item in sorted(path.iterdir()):
        split = SPLIT_OF_WORD.get(item.stem.lower())
        if split and (_trees(item) if item.is_dir() else item.suffix.lower() in _TABLES):
            found.setdefault(split, item)
    return found


def read(
    path: Path, options: Mapping[str, Any] | None = None, notes: list[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """Yield each article and its summary.

    Args:
        path: a folder with two trees, or a table.
        options: the user's columns of a table by role; by default found by their names.
        notes: sentences for the user, which gain those on a table's rows.

    Raises:
        UserError: if it has another form.
    """
    trees = _trees(path)
    if trees is None:
        yield from rows_of_roles(path, _USUAL, options or {}, [] if notes is None else notes)
        return
    articles, summaries = trees
    for file in text_files(articles):
        other = summaries / Path(file).relative_to(articles)
        yield read_text(file), read_text(other) if other.is_file() else ""


def _trees(path: Path) -> tuple[Path, Path] | None:
    """Return the folders of articles and of summaries, by the words of their names."""
    if not path.is_dir():
        return None
    folders = [item for item in sorted(path.iterdir()) if item.is_dir()]
    found = [
        next((f for f in folders if any(word in f.name.lower() for word in words)), None)
        for words in (_ARTICLES, _SUMMARIES)
    ]
    return (found[0], found[1]) if found[0] and found[1] and found[0] != found[1] else None


def _complete(pairs: Iterator[tuple[str, ...]], notes: list[str]) -> Iterator[Article]:
    """Yield the articles that have sentences and a summary; note how many have not."""
    without = 0
    for text, summary in pairs:
        article = Article.of(text, summary)
        if article.sentences and article.summary:
            yield article
        else:
            without += 1
    if without:
        notes.append(f"left out {without:,} articles without a text or without a summary")
