"""A second simulator of SEM images, for measuring only: a height map, and the electrons that leave it.

It shares no code with `semscan.synth.simulator`, which makes the images that semscan's networks are trained on. Its
signal follows from slopes and horizons, not from the distance to an edge. Train nothing on these images.
"""
