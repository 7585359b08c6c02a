"""Synthetic defects painted into good patches during training, and augmentation."""
