"""The command that measures critical dimensions."""
