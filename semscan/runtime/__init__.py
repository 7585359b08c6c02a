"""An exported network in a light runtime: tiles to raw scores, no TensorFlow."""
