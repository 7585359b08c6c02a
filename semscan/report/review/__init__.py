"""The page of `semscan review`: its files, and the records as it gets them."""

from semscan.report.review.entries import ImageEntry, ListEntry, image_entry, list_entries
from semscan.report.review.files import Asset, asset

__all__ = ["Asset", "ImageEntry", "ListEntry", "asset", "image_entry", "list_entries"]
