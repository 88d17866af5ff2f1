"""Small worlds for agents, many episodes of which are played side by side."""
