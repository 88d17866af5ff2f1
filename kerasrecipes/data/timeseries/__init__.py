"""Time series: where they come from, and the steps that their times make."""
