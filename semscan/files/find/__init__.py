"""Images, maps and references that the names on the command line mean."""
