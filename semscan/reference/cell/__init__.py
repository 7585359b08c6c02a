"""Cell to cell: a periodic image compared with its own repeats."""
