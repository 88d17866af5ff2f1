"""Tables: sources, and columns as numbers."""
