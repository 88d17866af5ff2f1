"""Losses that Keras lacks, a file per kind of label."""
