"""Comparisons of runs and of settings."""
