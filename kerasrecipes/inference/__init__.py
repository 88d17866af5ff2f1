"""Answers from a finished run: predict and evaluate."""
