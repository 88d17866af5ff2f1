"""`python -m kerasrecipes` is the command line."""

import sys

from kerasrecipes.cli import main

if __name__ == "__main__":
    sys.exit(main())
