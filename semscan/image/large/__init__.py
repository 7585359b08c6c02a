"""Large images of which windows are read: one pass over them, and what is done with each window."""
