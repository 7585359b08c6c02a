"""Step 1: what is on disk becomes values, and results go back to disk in one piece."""
