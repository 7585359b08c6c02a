"""Folders of results: names, records, maps, reports."""
