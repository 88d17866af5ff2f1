"""What `python -m benchmarks` writes into its page."""

import importlib.util

import pytest

from benchmarks import sections

SECTION = sections.Section("speed", "Speed", ("speed", "--rounds", "2"))
TABLE = "| what | s |\n|---|---|\n| this | 1 |"


def test_every_section_is_a_module_with_a_name_of_its_own():
    for name, section in sections.SECTIONS.items():
        assert name == section.name
        assert importlib.util.find_spec(f"benchmarks.{section.words[0]}"), name


@pytest.mark.parametrize("text", ["# Results\n", "# Results\n\n## Other\n\nwords\n"])
def test_a_section_gets_a_heading_once_and_then_new_tables_only(text):
    once = sections.placed(text, SECTION, f"loading\n{TABLE}\ndone\n")
    assert once.startswith(text.rstrip()) and once.count("## Speed") == 1
    assert (
        TABLE in once
        and "loading" not in once
        and "`python -m benchmarks.speed --rounds 2`" in once
    )
    below = once + "\nWhat people wrote below it.\n"
    twice = sections.placed(below, SECTION, TABLE.replace("| 1 |", r"| \1 |"))
    assert r"| \1 |" in twice and "| 1 |" not in twice
    assert twice.count("## Speed") == 1 and twice.endswith("What people wrote below it.\n")


def test_what_has_no_table_stands_as_it_was_printed():
    assert "```\nfast: 3 s\n```" in sections.placed("", SECTION, "fast: 3 s\n")
