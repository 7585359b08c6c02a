"""Step 8: compare maps with the truth. Arrays in, figures out; nothing here reads a file."""
