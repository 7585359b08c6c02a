"""Dies of a lot: images of one place on many dies, and the image in their middle."""
