"""The verb `diagnose`, and how findings are printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import console, line, quiet_start

if TYPE_CHECKING:
    from kerasrecipes.runs.run import Run


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "diagnose", execute, "saved_models/lenet/2026-11-22-153012")
    flags.add_run(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(arguments: argparse.Namespace) -> None:
    """Say what went wrong in a training, how one can tell, and what to try."""
    from kerasrecipes import api
    from kerasrecipes.reports.formatting import counted

    # A diagnosis takes the run's configuration, whose recipe's page imports Keras.
    with quiet_start():
        run = flags.found_run(arguments)
        findings = [finding.to_dict() for finding in api.diagnose(run)]
    if arguments.json:
        print(json.dumps(findings, indent=2))
        return
    found = counted(len(findings), "finding") if findings else "nothing to mend"
    line(f"{run.path}: {found}")
    print_findings(run, findings)


def print_findings(run: Run, findings: Sequence[Mapping[str, Any]]) -> None:
    """Print findings, and for each the commands that try its first remedies.

    Args:
        run: the run that was diagnosed.
        findings: as `Finding.to_dict` gives them.
    """
    from kerasrecipes.reports.run_report import remedy_command

    for finding in findings:
        console().print(f"\n{finding['kind'].replace('_', ' ')} ", style="bold", end="")
        line(finding["sentence"])
        commands = [remedy_command(run, remedy) for remedy in finding["remedies"]]
        # Advice in words serves where no setting is a remedy.
        for what in (commands or finding["advice"])[:2]:
            line(f"  try   {what}")
    if findings:
        line()
