"""`python -m zoho_cliq.cli` is the command `zoho-cliq`."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
