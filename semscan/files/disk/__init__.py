"""Files on disk: written in one piece, locked, replaced as whole folders."""
