"""Step 2: bring an image as its file holds it to grey levels 0 to 1, and cut it into tiles for the network."""
