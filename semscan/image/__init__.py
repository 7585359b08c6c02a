"""Step 2: an image as its file holds it becomes grey 0 to 1, and tiles for the network."""
