"""Texts: sources, tokenizers, and texts as token ids."""
