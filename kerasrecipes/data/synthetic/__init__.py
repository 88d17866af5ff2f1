"""Embedded data that is made by rule."""
