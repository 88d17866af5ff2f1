"""Serialisable layers that builders share."""
