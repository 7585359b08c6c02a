"""``python -m semscan``."""

from semscan.cli.main import main

if __name__ == "__main__":
    main()
