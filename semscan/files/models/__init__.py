"""Model folders, checked before they are used."""
