"""The suite's own tests, and what they need inside subjects: seeded faults, peers, a simulated device."""

from __future__ import annotations

import os
from pathlib import Path

_CHECKOUT = str(Path(__file__).parents[1])
# They are brought into subjects from here, whose own path has nothing of ours.
if _CHECKOUT not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_CHECKOUT, os.environ.get("PYTHONPATH", "")]))
