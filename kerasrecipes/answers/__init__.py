"""Answers of `predict`: a class for each kind, which says, shows and writes itself."""
