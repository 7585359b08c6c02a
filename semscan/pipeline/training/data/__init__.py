"""The images and examples that a training draws from."""
