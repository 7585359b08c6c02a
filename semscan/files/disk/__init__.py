"""How files are written and locked: in one piece, or not at all."""
