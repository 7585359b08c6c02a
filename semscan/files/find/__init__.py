"""Which images, maps and references the names on the command line mean."""
