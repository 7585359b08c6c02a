"""The test images of an evaluation, inspected in this process, in others or on a cluster."""
