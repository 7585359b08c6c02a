"""An inspection to pictures, records and rows. Values in, values out; never touches the disk."""
