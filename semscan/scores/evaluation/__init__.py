"""All figures of a test set: of its images, of the pixels and defects in them, and of the types of defects."""
