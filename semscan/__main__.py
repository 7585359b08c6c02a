"""``python -m semscan``."""

from semscan.cli.main import program

if __name__ == "__main__":
    program()
