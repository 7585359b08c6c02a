"""KLARF files of other tools: read with the place of each field, and written back with some fields changed."""
