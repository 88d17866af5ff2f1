"""The trainer that all recipes share."""
