"""What kind of defect a region is."""
