"""Metrics that Keras lacks."""
