"""A finished inspection, shown to a reviewer by a server on this machine. The only part that knows Flask."""
