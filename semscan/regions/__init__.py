"""A map to the list of its hot regions."""
