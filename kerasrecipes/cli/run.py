"""What `run`, `resume`, `launch` and `diagnose` show."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.cli.flags import PROGRAM
from kerasrecipes.cli.output import Hosts, chosen_strategy, out, quiet_start
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.metrics.names import printed

if TYPE_CHECKING:
    from kerasrecipes.runs.run import Run
    from kerasrecipes.training.job import Job

GRADCHECK_EXAMPLES = 8


def run(name: str, *, dry: bool, gradcheck: bool = False, hosts: Hosts = None, **said: Any) -> None:
    """Train and tell."""
    registry.find(name)
    with quiet_start():
        from kerasrecipes.runs.config import resolve
        from kerasrecipes.training.job import Job

        recipe = registry.load(name)
        config = resolve(name, recipe, **said)
        job = Job(recipe, config, strategy=chosen_strategy(config.strategy, hosts))
    job.load()
    _tell_plan(job)
    if gradcheck:
        _check_gradients(job)
    if dry:
        out.print(f"\n{config.to_toml()}", markup=False)
        out.print("nothing was trained; leave out --dry-run to train")
        return
    _train(job)


def launch(processes: int, words: Sequence[str]) -> int:
    """Run a command in several processes that form a cluster."""
    from kerasrecipes.cli.launch import launch as start

    return start(
        processes,
        [sys.executable, "-m", PROGRAM, *words],
        write=lambda line: print(line, flush=True),
    )


def resume(
    name: str | None, which: str | None, *, strategy: str | None = None, hosts: Hosts = None
) -> None:
    """Go on with an interrupted run and tell."""
    from kerasrecipes.runs import run as runs

    found = _interrupted(runs, name, which)
    if found.finished:
        raise UserError(f"the run {found.path} is finished; there is nothing to resume")
    with quiet_start():
        from kerasrecipes.training.job import Job

        job = Job(
            found.recipe,
            found.config,
            found,
            chosen_strategy(strategy or found.config.strategy, hosts),
        )
    job.load()
    out.print(f"resuming {found.path}")
    _tell_plan(job)
    _train(job)


def _interrupted(runs: Any, name: str | None, which: str | None) -> Run:
    for folder in (which, name):
        if folder and (Path(folder) / "config.toml").is_file():
            return runs.Run(folder)
    wanted = which or name
    if which and (name or "/" in which):
        raise UserError(f"'{which}' is no run folder")
    return runs.unfinished(Path(wanted).stem if wanted else None)


def _tell_plan(job: Job) -> None:
    from kerasrecipes.training import device_defaults

    splits, trainer = job.splits, job.trainer
    counts = " / ".join(
        f"{len(getattr(splits, part)):,} {part}" for part in ("train", "validation", "test")
    )
    parts = [counts]
    if splits.info.classes:
        parts.append(f"{len(splits.info.classes)} classes")
    parts.append(f"{trainer.inner.count_params():,} parameters")
    parts.append(f"{job.strategy.description}, {device_defaults.precision(job.config.training)}")
    out.print(f"[bold]{Path(job.config.recipe).stem}[/] on {job.config.data}: {', '.join(parts)}")
    for note in splits.notes:
        out.print(f"  note: {note}", markup=False)


def _check_gradients(job: Job) -> None:
    """Compare automatic with numeric gradients on a few training examples."""
    from kerasrecipes.diagnosis.gradient_check import gradcheck

    x, y = job.splits.train.take(range(min(GRADCHECK_EXAMPLES, len(job.splits.train))))[:2]
    found = gradcheck(job.trainer.inner, x, y, job.trainer.inner.loss)
    if not found.passed:
        raise UserError(str(found))
    out.print(str(found), markup=False)


def _train(job: Job) -> None:
    from kerasrecipes.reports.conclusion import conclude
    from kerasrecipes.training.progress import Progress

    progress = Progress(out)
    try:
        finished = job.start(conclude, [progress])
    except Interrupted as error:
        raise Interrupted(f"{error}; go on with: {PROGRAM} run --resume {job.run.path}") from None
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; go on with: {PROGRAM} run --resume {job.run.path}") from None
    except UserError as error:
        known = job.run is None or str(job.run.path) in str(error)
        raise UserError(str(error) if known else f"{error} (run folder: {job.run.path})") from None
    finally:
        progress.close()
    _tell_end(job, finished)


def _tell_end(job: Job, finished: Run) -> None:
    metrics = finished.metrics
    figures = ", ".join(
        f"{name} [bold]{printed(name, value)}[/]" for name, value in metrics["test"].items()
    )
    out.print(f"\ntest: {figures}, trained in {metrics['seconds']:.0f} s")
    out.print(f"run     {finished.path}", markup=False)
    out.print(f"report  {finished.path / 'report.html'}", markup=False)
    _tell_findings(finished, finished.metrics.get("findings", ()))
    example = job.recipe.example or "INPUT"
    name = job.config.recipe if not registry.is_path(job.config.recipe) else finished.path
    out.print(f"next    {PROGRAM} predict {name} {example}", markup=False)


def _tell_findings(run: Run, findings: Sequence[Mapping[str, Any]]) -> None:
    """Say what the diagnosis found, and the command that tries its first remedy."""
    from kerasrecipes.reports.run_report import remedy_command

    for finding in findings:
        out.print(f"\n[bold]{finding['kind'].replace('_', ' ')}[/] ", end="")
        out.print(finding["sentence"], markup=False)
        for remedy in finding["remedies"][:2]:
            out.print(f"  try   {remedy_command(run, remedy)}", markup=False)
        if not finding["remedies"]:
            for advice in finding["advice"][:2]:
                out.print(f"  try   {advice}", markup=False)
    if findings:
        out.print()


def diagnose(which: str, *, as_json: bool) -> None:
    """Repeat the diagnosis of a run."""
    from kerasrecipes.reports import formatting as words
    from kerasrecipes.runs import run as runs

    with quiet_start():
        found = runs.find(which)
        findings = [finding.to_dict() for finding in found.findings]
    if as_json:
        print(json.dumps(findings, indent=2))
        return
    told = words.counted(len(findings), "finding") if findings else "nothing to mend"
    out.print(f"{found.path}: {told}", markup=False)
    _tell_findings(found, findings)
