"""Names that nobody would give, as files, folders, columns, settings and words of a command."""

from __future__ import annotations

import random

KINDS: dict[str, tuple[str, ...]] = {
    "long": ("x" * 256, "x" * 5000, "a/" * 2500, "Ä" * 200, "../" * 1500 + "x"),
    "lines": ("a\nb", "a\r\nb", "\n", "\tx", "a\u2028b", "a\vb"),
    "controls": ("\x1b]0;x\x07", "\x1b[31mred", "\x7f", "\x9b2J", "\u202egnp.x", "\b\b"),
    "places": ("..", ".", "../x", "./..", "~", "~nobody", "x/../..", "x//y", ".hidden"),
    "brackets": ("a[/b]", "[bold]", "[/]", "[link=file:///x]a", "[a-z]", "{x}", "(", "**", "?"),
    "digits": ("²", "½", "٣", "1²", "-0", "1_000", "1e999", "nan", "9" * 400, "0x10", "inf"),
    "scripts": ("漢字", "🦊", "e\u0301", "Größe", "\ufeffa", "\udcff", "\u200b"),
    "shell": ("$(id)", "`id`", ";ls", "a b", " ", "'", '"', "\\", "|", "&", "!", "%s", "#"),
    "flags": ("-", "--", "-x", "--x=y", "=", "a=", "=b", "a=b=c", ",", ":", "@"),
    "markup": ("<script>alert(1)</script>", "&amp;", "<b>", "]]>", "--><img src=x>"),
}


def hostile_name(draw: random.Random) -> tuple[str, str]:
    """Draw a kind of names, and one of it, perhaps joined with another.

    Args:
        draw: from which they are drawn.

    Returns:
        The kind and the name.
    """
    kind = draw.choice(list(KINDS))
    name = draw.choice(KINDS[kind])
    if draw.random() < 0.4:
        other = draw.choice(KINDS[draw.choice(list(KINDS))])
        name = draw.choice((f"{name}{other}", f"{other}{name}", f"{name}.{other}"))
    return kind, name
