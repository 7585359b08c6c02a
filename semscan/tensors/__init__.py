"""Good patches to training batches. TensorFlow."""
