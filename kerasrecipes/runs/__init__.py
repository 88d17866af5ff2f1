"""Configurations and run folders."""
