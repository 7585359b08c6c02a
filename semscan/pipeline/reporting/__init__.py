"""Reports of finished inspections, one writer for each format."""
