"""`python -m zoho_cliq` is the command `zoho-cliq`, also out of a zip file."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
