"""What microscopes write into their files: nm per pixel, data bar, conditions."""
