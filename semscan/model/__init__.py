"""The networks: attention layers, the two architectures, losses, fitting, saving, export. TensorFlow."""
