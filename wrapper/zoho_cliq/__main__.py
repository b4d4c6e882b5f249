"""Run the command line as `python -m zoho_cliq`; works from a zip file too."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
