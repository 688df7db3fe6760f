"""`python -m reports VERB`, in a checkout: the command line."""

from __future__ import annotations

import sys

from tensor_conformance.conformance.cli import main

if __name__ == "__main__":
    sys.exit(main())
