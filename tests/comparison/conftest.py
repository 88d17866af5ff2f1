import pytest

from kerasrecipes.reports import run_report


@pytest.fixture
def without_reports(monkeypatch):
    """Draw no report, which takes longer than the training of a few rows."""
    monkeypatch.setattr(run_report, "write", lambda *given: None)
