"""Tuning: a search for settings that is one command, runs in parallel, and loses nothing when it is
stopped.
"""
