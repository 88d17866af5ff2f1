"""Teaching: a page on which whoever does not program trains a model with examples of their own."""
