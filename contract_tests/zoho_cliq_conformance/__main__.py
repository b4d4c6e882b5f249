"""`python -m zoho_cliq_conformance`."""

import sys

from .cli import main

sys.exit(main())
