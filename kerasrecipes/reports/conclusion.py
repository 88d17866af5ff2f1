"""The end of a run: evaluation, figures, report and, last, `metrics.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasrecipes.errors import noted
from kerasrecipes.inference.evaluation import scored
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import run_report
from kerasrecipes.runs.run import as_json
from kerasrecipes.training.job import Job


def conclude(job: Job, seconds: float) -> None:
    """Evaluate a trained job, draw its figures and write its report.

    `metrics.json` is written last and makes the run a finished one.

    Args:
        job: trained and saved.
        seconds: how long its training took.
    """
    metrics = _metrics(job, seconds)
    notes = [*job.splits.notes, *job.trainer.notes]
    outputs = features = None
    # Answers such as translations are decoded once, by the chief below.
    if not job.recipe.answers:
        with noted(notes, "computing the outputs for figures"):
            outputs = job.trainer.predict(job.splits.test)
    with noted(notes, "computing the features for figures"):
        features = job.trainer.features(job.splits.test)
    # All that workers do together is done; from here on the chief computes alone.
    with job.strategy.saving() as here:
        if here:
            assert job.run is not None
            with noted(notes, "the evaluation"):
                _report(job, metrics, _evaluation(job, metrics, outputs, features), notes)
            # Last of all, for it makes the run a finished one.
            job.run.write_json("metrics.json", {**metrics, "notes": notes})


def _metrics(job: Job, seconds: float) -> dict[str, Any]:
    trainer, splits = job.trainer, job.splits
    rows = trainer.history.rows
    return {
        "test": trainer.evaluate(splits.test),
        "validation": trainer.evaluate(splits.validation),
        "main_metric": trainer.main_metric,
        "best": trainer.task.best,
        "epochs": len(rows),
        "seconds": round(sum(row["seconds"] for row in rows), 2),
        "seconds_in_all": round(seconds, 2),
        "parameters": trainer.inner.count_params(),
        "examples": {name: len(getattr(splits, name)) for name in ("train", "validation", "test")},
    }


def _evaluation(job: Job, metrics: dict[str, Any], outputs: Any, features: Any) -> Evaluation:
    assert job.run is not None
    # A model that is spread over several devices computes on all of them or not at all.
    model = job.trainer.inner if job.strategy.num_replicas == 1 else job.run.load_model()
    info, examples, answers = job.splits.info, job.splits.test, job.recipe.answers
    return Evaluation(
        recipe=Path(job.config.recipe).stem,
        model=model,
        info=info,
        examples=examples,
        labels=job.trainer.labels(examples),
        outputs=answers(model, info, examples) if answers else outputs,
        metrics=metrics["test"],
        history=job.trainer.history.rows,
        settings=job.config.values,
        features=features,
    )


def _report(job: Job, metrics: dict[str, Any], evaluation: Evaluation, notes: list[str]) -> None:
    """Add scores and findings to the metrics, and write the report."""
    run, diagnosis = job.run, job.trainer.diagnosis
    assert run is not None
    with noted(notes, "scoring the answers"):
        found = scored(job.recipe, evaluation)
        as_json(found)  # what cannot be written must not be in the way of all else
        metrics |= found
    if diagnosis is not None:
        with noted(notes, "the diagnosis"):
            run.write_json("diagnosis.json", diagnosis.record)
            metrics["findings"] = [finding.to_dict() for finding in diagnosis.findings]
    run_report.write(run, job.recipe, evaluation, metrics, notes)
