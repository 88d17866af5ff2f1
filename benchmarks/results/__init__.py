"""Results of real runs, kept as they were written, and the table that is made of them."""
