"""Join tile maps into one full-size map, and calibrate its scores."""
