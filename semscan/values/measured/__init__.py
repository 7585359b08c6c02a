"""Critical dimensions: the values that go from measuring to records, tables and pictures."""
