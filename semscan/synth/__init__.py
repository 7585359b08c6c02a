"""Makes images and defects: SEM image formation, planted defects with their masks, painted training defects."""
