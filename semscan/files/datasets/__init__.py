"""Folders of training and test images: their layout, masks and labelled defects."""
