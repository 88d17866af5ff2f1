"""The end of a run: evaluation, figures, report and, last, `metrics.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasrecipes.data.examples import labels_at_hand
from kerasrecipes.errors import noted
from kerasrecipes.metrics.baselines import headline
from kerasrecipes.metrics.names import label, maximizes, printed
from kerasrecipes.metrics.units import unit_of
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import model_card, run_report
from kerasrecipes.runs.run import as_json
from kerasrecipes.training import film, scores
from kerasrecipes.training.job import Job

BEHIND = 0.02  # of a share: a difference that is more than chance on a few hundred examples


def conclude(job: Job, seconds: float) -> None:
    """Evaluate a trained job, draw its figures and write its report.

    `metrics.json` is written last and makes the run a finished one.

    Args:
        job: trained and saved.
        seconds: how long its training took.
    """
    metrics = _metrics(job, seconds)
    notes = [*job.splits.notes, *job.trainer.notes]
    # Answers such as translations are decoded once, by the chief below, and of test examples alone.
    parts = () if job.recipe.answers else ("test", "validation")
    splits = {name: getattr(job.splits, name) for name in parts}
    outputs: dict[str, Any] = {}
    features = None
    with noted(notes, "computing the outputs for metrics and figures"):
        outputs = {name: job.trainer.predict(part) for name, part in splits.items() if len(part)}
    with noted(notes, "computing the features for figures"):
        features = job.trainer.features(job.splits.test)
    # All that workers do together is done; from here on the chief computes alone.
    with job.strategy.saving() as here:
        if here:
            assert job.run is not None
            with noted(notes, "the evaluation"):
                evaluation = _evaluation(job, "test", metrics, outputs.get("test"), features)
                evaluations = {"test": evaluation}
                if "validation" in outputs:
                    evaluations["validation"] = _evaluation(
                        job, "validation", metrics, outputs["validation"], model=evaluation.model
                    )
                _report(job, metrics, evaluations, notes)
            # Last of all, for it makes the run a finished one.
            job.run.write_json("metrics.json", {**metrics, "notes": notes})


def _metrics(job: Job, seconds: float) -> dict[str, Any]:
    trainer, splits = job.trainer, job.splits
    rows = trainer.rows
    return {
        "test": trainer.evaluate(splits.test),
        "validation": trainer.evaluate(splits.validation),
        "main_metric": trainer.main_metric,
        "best": trainer.best(trainer.main_metric),
        "epochs": len(rows),
        "seconds": round(sum(row["seconds"] for row in rows), 2),
        "seconds_in_all": round(seconds, 2),
        "parameters": trainer.inner.count_params(),
        "examples": {name: len(getattr(splits, name)) for name in ("train", "validation", "test")},
        **({"kept": trainer.kept.to_dict()} if trainer.kept else {}),
        **({"profile": trainer.profile} if trainer.profile else {}),
    }


def _evaluation(
    job: Job,
    split: str,
    metrics: dict[str, Any],
    outputs: Any,
    features: Any = None,
    model: Any = None,
) -> Evaluation:
    assert job.run is not None
    if model is None:
        # A model that is spread over several devices computes on all of them or not at all.
        alone = job.strategy.num_replicas == 1
        model = job.trainer.inner if alone else job.run.load_model()
    info, examples = job.splits.info, getattr(job.splits, split)
    answers = job.recipe.answers if len(examples) else None
    return Evaluation(
        recipe=Path(job.config.recipe).stem,
        model=model,
        info=info,
        examples=examples,
        labels=job.trainer.labels(examples),
        outputs=answers(model, info, examples) if answers else outputs,
        metrics=metrics[split],
        history=job.trainer.rows,
        settings=job.config.values,
        features=features,
        environment=job.splits.environment,
        train=job.splits.train,
        validation=job.splits.validation,
        film=film.read(job.run),
        split=split,
        state=job.trainer.kept_state,
    )


def _judged(
    job: Job, metrics: dict[str, Any], evaluations: dict[str, Evaluation]
) -> dict[str, Any]:
    """Return what the outputs tell: all metrics, the baseline's, and which is the headline."""
    recipe, task, info = job.recipe, job.trainer.objective.measured_task, job.splits.info
    found = {name: scores.scores_of(recipe, task, one) for name, one in evaluations.items()}
    judged: dict[str, Any] = {name: one.metrics for name, one in found.items()}
    judged |= found["test"].as_dict()
    labels, weight = labels_at_hand(job.splits.train)
    baseline = scores.baseline_of(recipe, task, evaluations["test"], labels, weight)
    if baseline is not None:
        own = baseline.as_dict()
        for name, one in evaluations.items():
            # Where answers differ, those of a split have to be asked for.
            same = name == "test" or baseline.answer is not None
            its = baseline if same else scores.baseline_of(recipe, task, one, labels, weight)
            own[name] = scores.judged(its, recipe, task, one) if its else {}
        judged["baseline"] = own
    name = headline(
        task,
        labels,
        len(info.classes or ()),
        judged["test"],
        metrics["main_metric"],
        drawn=job.config.limit is not None,
    )
    judged |= {"main_metric": name, "best": "max" if maximizes(name, metrics["best"]) else "min"}
    if unit := unit_of(task, info):
        judged["unit"] = unit
    return judged


def _behind(metrics: dict[str, Any]) -> list[str]:
    """Say that the model stays behind its baseline, and what to try, where the baseline knows."""
    baseline, name = metrics.get("baseline", {}), metrics["main_metric"]
    own, its = metrics["test"].get(name), baseline.get("test", {}).get(name)
    if not baseline.get("advice") or own is None or its is None or its - own <= BEHIND:
        return []
    return [
        f"the model's {label(name)} of {printed(name, own)} is below that of {baseline['name']}, "
        f"{printed(name, its)}; try {baseline['advice']}"
    ]


def _report(
    job: Job, metrics: dict[str, Any], evaluations: dict[str, Evaluation], notes: list[str]
) -> None:
    """Add scores and findings to the metrics, and write the report."""
    run, diagnosis = job.run, job.trainer.diagnosis
    assert run is not None
    with noted(notes, "scoring the answers"):
        found = _judged(job, metrics, evaluations)
        as_json(found)  # what cannot be written must not be in the way of all else
        metrics |= found
    headline = job.trainer.objective.headline
    # It may be one that only the recipe's own scores have.
    if headline is not None and headline in metrics["test"]:
        metrics |= {"main_metric": headline, "best": job.trainer.best(headline)}
    notes += _behind(metrics)
    if diagnosis is not None:
        with noted(notes, "the diagnosis"):
            run.write_json("diagnosis.json", diagnosis.record)
            metrics["findings"] = [finding.to_dict() for finding in diagnosis.findings]
    run_report.write(run, job.recipe, evaluations["test"], metrics, notes)
    with noted(notes, "the model card"):
        model_card.write(run, metrics, notes, job.trainer.objective.measured_task)
