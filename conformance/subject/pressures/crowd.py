"""Several threads convert at once."""

from __future__ import annotations

import sys
import threading

from .conversion import Conversion, Facts, sight

_THREADS, _TURNS = 4, 5


def crowd(conversion: Conversion) -> Facts:
    """Convert from several threads at once, some sources shared by all and some not.

    alone  how the first answer that is not the answer of a single thread differs; "" when all are the same
    """
    shared = conversion.build()
    alone = sight(conversion, shared)
    differences: list[str] = []
    start = threading.Barrier(_THREADS)

    def work() -> None:
        own = conversion.build()
        start.wait()
        for turn in range(_TURNS):
            difference = alone.difference(sight(conversion, (own, shared)[turn % 2]))
            if difference:
                differences.append(difference)
        own.close()

    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(pause)
    shared.close()
    return (("alone", min(differences, default="")),)
