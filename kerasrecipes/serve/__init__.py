"""Answers over HTTP, and one page to try a model in a browser."""
