"""The class of a region: which defect it is, or a nuisance."""
