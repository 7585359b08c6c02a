"""Paint synthetic defects into good patches during training, and augment patches."""
