"""What the defects of one wafer say together: density, repeaters, scratches, clusters."""
