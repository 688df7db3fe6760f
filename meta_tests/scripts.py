"""Runs scripts in children of one process that has imported their framework, and tells how each ended.

    python -m meta_tests.scripts FRAMEWORK < scripts.json > endings.json

A script is run as far as the line that makes its result, `r`, which is then looked at by address; then the rest of it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
import warnings
from typing import Any

from tensor_conformance.conformance.run.subjects import adapters
from tensor_conformance.conformance.subject.observation import fingerprint
from tensor_conformance.conformance.subject.side import Side

#: Seconds that one script may take.
LIMIT = 6.0


def parts(script: str) -> tuple[str, str]:
    """A script up to its result, and the rest of it."""
    lines = script.splitlines(keepends=True)
    made = next((number for number, line in enumerate(lines, 1) if line.startswith("r = ")), len(lines))
    return "".join(lines[:made]), "".join(lines[made:])


def seen(side: Side, scope: dict[str, Any]) -> dict[str, Any]:
    """What a result is, as an observation has it."""
    if "r" not in scope:
        return {}
    handle = side.describe(scope["r"])
    data = handle.read()
    data = None if data is None else fingerprint(data, handle.dtype).hex()
    return {"type": handle.type, "dtype": handle.dtype, "shape": list(handle.shape), "data": data}


def ending(side: Side, script: str) -> dict[str, Any]:
    """How a script ends, in a child of this process."""
    there, here = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(there)
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        warnings.simplefilter("ignore")
        scope: dict[str, Any] = {"__name__": "__main__"}
        told: dict[str, Any] = {"outcome": "ok"}
        try:
            before, rest = parts(script)
            exec(compile(before, "<script>", "exec"), scope)
            told |= seen(side, scope)
            os.write(here, json.dumps(told).encode() + b"\n")
            exec(compile(rest, "<script>", "exec"), scope)
        except BaseException as error:
            line = traceback.extract_tb(error.__traceback__)[-1].lineno
            told = {"outcome": "raised", "error": type(error).__name__, "message": f"{error} (line {line})"[:300]}
        os.write(here, json.dumps(told).encode() + b"\n")
        os._exit(0)
    os.close(here)
    text = b""
    while select.select([there], [], [], LIMIT)[0]:
        chunk = os.read(there, 1 << 16)
        if not chunk:
            break
        text += chunk
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(there)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return {"outcome": "hung" if name == "SIGKILL" else "crashed", "error": name}
    return json.loads(text.splitlines()[-1])  # type: ignore[no-any-return]


def main(framework: str) -> None:
    """Run what standard input lists: name to script."""
    side = Side(adapters((framework,)))
    side.prepare("torch.compile fake")
    scripts = json.load(sys.stdin)
    os.chdir(os.environ.get("TMPDIR", "/tmp"))
    json.dump({name: ending(side, script) for name, script in scripts.items()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
