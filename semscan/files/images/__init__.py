"""Image files of all formats, read as grey levels."""
