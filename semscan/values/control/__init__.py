"""Control charts: the values that go from the figures of inspections to the page."""
