"""Step 8: maps and what is true become numbers. Arrays in, numbers out; nothing here reads a file."""
