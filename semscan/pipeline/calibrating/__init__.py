"""What `semscan calibrate` sets the threshold of: a trained network, or a method without training."""
