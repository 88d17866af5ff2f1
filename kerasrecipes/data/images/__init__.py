"""Images: sources, and how they are brought to one shape."""
