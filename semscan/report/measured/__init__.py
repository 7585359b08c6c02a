"""Critical dimensions in words, in tables and as a picture."""
