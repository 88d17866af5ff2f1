"""The report: one HTML file that opens offline, needs no scripts and loads nothing from
elsewhere.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from kerasrecipes.reports import formatting

Pictures = Sequence[tuple[str, str, bytes]]

_SEVERITIES = {"high": "Serious", "medium": "Worth mending", "low": "Worth knowing"}
_MARKS = {"high": "▲", "medium": "◆", "low": "●"}
_OPEN_ROWS = 30
_SCALE = 0.6  # pixels of the page per pixel of a picture, for sharp screens
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<p class="kicker">{kicker}</p>
<h1>{title}</h1>
{subtitle}
</header>
{body}
</main>
</body>
</html>
"""


def report(
    *,
    title: str,
    subtitle: str,
    metrics: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, Any],
    figures: Pictures,
    layers: Sequence[Mapping[str, Any]] = (),
    notes: Sequence[str] = (),
    findings: Sequence[Mapping[str, Any]] | None = None,
    commands: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the report of a run.

    Args:
        title: the model's name.
        subtitle: a sentence about it, the data and the day.
        metrics: figures on the test split and others worth a tile, such as `parameters` and
            `seconds`; the main metric becomes the big number, nested mappings a list below.
        settings: section to name to value.
        environment: name to value; mappings become one line each.
        figures: `(name, caption, png)` of each.
        layers: for each a mapping with `name`, `type`, `output_shape`, `parameters` and perhaps
            `flops`.
        notes: sentences about the data and the run.
        findings: what the diagnosis saw, mappings with `sentence`, `severity` (`high`, `medium` or
            `low`) and perhaps `remedies`, which are typed, and `advice`, in words; `None` where
            none was sought.
        commands: what to do next, `(label, command)`.

    Returns:
        A whole HTML document. Everything given is escaped.
    """
    parts = [
        _result(metrics),
        _attention(findings, notes),
        section("Figures", map(picture, figures)),
        section("Model", [_layers(layers)] if layers else []),
        section("Settings", [_blocks(settings)] if any(settings.values()) else []),
        section("Environment", [_blocks({"": environment})] if environment else []),
        section("Go on from here", [_command(label, command) for label, command in commands]),
    ]
    return page(
        title=title,
        subtitle=subtitle,
        kicker="Report of a run",
        body="\n".join(filter(None, parts)),
    )


def page(*, title: str, subtitle: str, kicker: str, body: str) -> str:
    """Put a body into the frame that all reports share.

    Args:
        title: the heading, text.
        subtitle: a sentence below it, text; may be empty.
        kicker: a few words above it, text.
        body: HTML.

    Returns:
        A whole HTML document.
    """
    style = (
        resources.files("kerasrecipes.reports").joinpath("report.css").read_text(encoding="utf-8")
    )
    below = f'<p class="subtitle">{escape(subtitle)}</p>' if subtitle else ""
    return _PAGE.format(
        title=escape(title), kicker=escape(kicker), subtitle=below, style=style, body=body
    )


def picture(given: tuple[str, str, bytes]) -> str:
    """Write a figure with its caption.

    Args:
        given: `(name, caption, png)`.
    """
    name, caption, png = given
    width, height = (round(side * _SCALE) for side in struct.unpack(">II", png[16:24]))
    wide = ' class="wide"' if width > 640 else ""
    data = base64.b64encode(png).decode("ascii")
    size = f'width="{width}" height="{height}"'
    image = f'<img{wide} {size} alt="{escape(caption)}" src="data:image/png;base64,{data}">'
    return (
        f'<figure id="{escape(name)}">\n<div class="scroll">{image}</div>\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    best: Iterable = (),
) -> str:
    """Write a table.

    Args:
        columns: headings, text.
        rows: cells, text.
        numbers: the columns that hold numbers, which stand right.
        best: `(row, column)` of cells to stress.
    """
    right, stressed = set(numbers), set(best)

    def classes(row: int, column: int) -> str:
        names = [
            name
            for name, on in (("number", column in right), ("best", (row, column) in stressed))
            if on
        ]
        return f' class="{" ".join(names)}"' if names else ""

    head = "".join(
        f"<th{classes(-1, number)}>{escape(column)}</th>" for number, column in enumerate(columns)
    )
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{classes(r, c)}>{escape(cell)}</td>" for c, cell in enumerate(row))
        + "</tr>"
        for r, row in enumerate(rows)
    )
    return _scrolling(f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>")


def _scrolling(rows: str) -> str:
    return f'<div class="scroll"><table>\n{rows}\n</table></div>'


def section(heading: str, parts: Iterable[str]) -> str:
    """Write a section; nothing where it has no parts.

    Args:
        heading: text.
        parts: HTML.
    """
    body = "\n".join(parts)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{body}\n</section>" if body else ""


def _result(metrics: Mapping[str, Any]) -> str:
    scalars = {
        name: value
        for name, value in metrics.items()
        if not isinstance(value, (Mapping, list, tuple))
    }
    nested = {
        formatting.sentence(formatting.label(n)): value
        for n, value in metrics.items()
        if isinstance(value, Mapping)
    }
    numeric = [
        name
        for name, value in scalars.items()
        if isinstance(value, (int, float)) and "seconds" not in name
    ]
    first = formatting.main_metric(name for name in numeric if name not in ("parameters", "epochs"))
    tiles = [_tile(first, scalars.pop(first), "first")] if first else []
    tiles += [_tile(name, value) for name, value in scalars.items()]
    result = f'<section class="card result">\n{"".join(tiles)}</section>' if tiles else ""
    return "\n".join(
        filter(None, [result, section("More figures", [_blocks(nested)] if nested else [])])
    )


def _tile(name: str, value: Any, kind: str = "") -> str:
    label = f"{formatting.label(name)} on the test examples" if kind else formatting.label(name)
    return (
        f'<div class="{kind}"><div class="value">{escape(formatting.measured(name, value))}</div>'
        f'<div class="name">{escape(formatting.sentence(label))}</div></div>\n'
    )


def _attention(findings: Sequence[Mapping[str, Any]] | None, notes: Sequence[str]) -> str:
    parts = [_finding(finding) for finding in findings or ()]
    if findings is not None and not findings:
        parts.append("<p>The diagnosis watched the training and found nothing to mend.</p>")
    if notes:
        parts.append(
            f'<ul class="notes">{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ul>'
        )
    return section("What to look at", parts)


def _finding(finding: Mapping[str, Any]) -> str:
    severity = str(finding.get("severity"))
    gravity = severity if severity in _SEVERITIES else "low"
    remedies = list(finding.get("remedies") or ())
    commands = "".join(f"<pre>{escape(str(remedy))}</pre>" for remedy in remedies)
    what = (
        f'<p class="try">{"Try" if len(remedies) == 1 else "Try one of these"}:</p>{commands}'
        if remedies
        else ""
    )
    what += "".join(
        f'<p class="try">{escape(str(advice))}</p>' for advice in finding.get("advice") or ()
    )
    return (
        f'<div class="card finding {gravity}">\n'
        f'<p class="severity">{_MARKS[gravity]} {_SEVERITIES[gravity]}</p>\n'
        f'<p class="sentence">{escape(str(finding["sentence"]))}</p>\n{what}</div>'
    )


def _layers(layers: Sequence[Mapping[str, Any]]) -> str:
    sums = {
        name: sum(int(layer.get(name) or 0) for layer in layers) for name in ("flops", "parameters")
    }
    counted = sums["flops"] > 0
    rows = [_layer(layer, sums["parameters"], counted) for layer in layers]
    count = formatting.counted(len(layers), "layer")
    work = (
        ('<th class="number flops">Operations</th>', _flops(sums["flops"])) if counted else ("", "")
    )
    head = '<th>Layer</th><th class="type">Type</th><th>Output shape</th>' + work[0]
    head = f'<thead><tr>{head}<th class="number">Parameters</th></tr></thead>'
    foot = (
        f'<td>{count}</td><td class="type"></td><td></td>{work[1]}{_share(sums["parameters"], 0)}'
    )
    whole = _scrolling(
        "\n".join([head, "<tbody>", *rows, f"</tbody>\n<tfoot><tr>{foot}</tr></tfoot>"])
    )
    if len(layers) > _OPEN_ROWS:
        summary = f"{count}, {sums['parameters']:,} parameters: show them"
        whole = f"<details><summary>{summary}</summary>\n{whole}\n</details>"
    return f'<div class="card">\n{whole}\n</div>'


def _layer(layer: Mapping[str, Any], total: int, counted: bool) -> str:
    parameters = int(layer.get("parameters") or 0)
    cells = [
        f'<td class="mono">{escape(str(layer["name"]))}</td>',
        f'<td class="type">{escape(str(layer["type"]))}</td>',
        f'<td class="shape">{escape(_shape(layer.get("output_shape")))}</td>',
        _flops(layer.get("flops")) if counted else "",
        _share(parameters, 100 * parameters / total if total else 0),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _flops(count: int | None) -> str:
    return f'<td class="number flops">{"?" if count is None else formatting.quantity(count)}</td>'


def _share(parameters: int, percent: float) -> str:
    return f'<td class="number share" style="--part:{percent:.1f}%">{parameters:,}</td>'


def _shape(shape: Any) -> str:
    """Write a shape as `28 × 28 × 6`, its unknown batch left out and other unknown sizes as `?`."""
    if not isinstance(shape, (list, tuple)):
        return "" if shape is None else str(shape)
    if any(isinstance(part, (list, tuple)) for part in shape):
        return ", ".join(_shape(part) for part in shape)
    sizes = shape[1:] if len(shape) > 1 and shape[0] is None else shape
    return " × ".join("?" if size is None else str(size) for size in sizes)


def _blocks(sections: Mapping[str, Mapping[str, Any]]) -> str:
    blocks = []
    for name, values in sections.items():
        heading = f"<h3>{escape(formatting.sentence(str(name)))}</h3>" if name else ""
        rows = "".join(_row(str(key), value) for key, value in values.items())
        blocks.append(
            f'<div class="block">{heading}<dl class="columns">{rows}</dl></div>' if rows else ""
        )
    return f'<div class="card">\n{"".join(blocks)}\n</div>'


def _row(name: str, value: Any) -> str:
    none = ' class="none"' if value is None else ""
    return f"<div><dt>{escape(name)}</dt><dd{none}>{escape(formatting.plain(value))}</dd></div>"


def _command(label: str, command: str) -> str:
    return f'<div class="command"><p>{escape(label)}</p><pre>{escape(command)}</pre></div>'
