"""The script of a difference shows it: on either side it prints something else, or ends otherwise."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from meta_tests.helpers import ROOT
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.conformance.upgrade.outcome import summarise
from tensor_conformance.conformance.upgrade.rows import row
from tensor_conformance.reports.changes import changes
from tensor_conformance.strategies.spec import ArraySpec

SPEC = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
WARNS = "__import__('warnings').warn({!r})"
#: A call before, and after, by the topic that differs; where that is a fact, an expression over `a`.
SIDES = {
    "ending": ("np.array(a)", "x = np.array(a)\nif x.ndim == 2: raise TypeError('no')\nx"),
    "crash": ("np.array(a)", "__import__('os').abort()"),
    "message": ("exec('raise TypeError(\"one\")')", "exec('raise TypeError(\"two\")')"),
    "type": ("np.array(a)", "np.array(a).view(np.matrix)"),
    "dtype": ("np.array(a)", "np.array(a).astype('float64')"),
    "shape": ("np.array(a)", "np.array(a)[None]"),
    "strides": ("np.array(a)", "np.array(a, order='F')"),
    "values": ("np.array(a)", "np.array(a) + 1"),
    "memory": ("np.asarray(a)", "np.array(a)"),
    "writable": ("np.array(a)", "x = np.array(a)\nx.flags.writeable = False\nx"),
    "flags": ("torch.tensor(a)", "torch.tensor(a, requires_grad=True)"),
    "warnings": ("np.array(a)", f"{WARNS.format('careful')}\nnp.array(a)"),
    "told": (f"{WARNS.format('one')}\nnp.array(a)", f"{WARNS.format('two')}\nnp.array(a)"),
    "source": ("np.array(a)", "a += 1\nnp.array(a)"),
    "static.shape": ("a.shape", "(1, *a.shape)"),
}
#: Runs scripts in children of one process, and tells what each wrote and how it ended.
RUNNER = """
import json, os, sys, tempfile, torch, numpy
told = {}
for name, script in json.load(sys.stdin).items():
    with tempfile.TemporaryFile("w+") as file:
        pid = os.fork()
        if not pid:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            try:
                exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
            except Exception as error:
                print(type(error).__name__, error)
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        file.seek(0)
        told[name] = [status, file.read()]
print(json.dumps(told))
"""


def entry(topic: str, side: int) -> EntryPoint:
    text = SIDES[topic][side]
    facts = ((topic, text),) if "." in topic else ()
    return EntryPoint("fake.call", "np.array(a)" if facts else text, "torch", "in", (), facts=facts)


@pytest.fixture(scope="module")
def shown() -> dict[str, list[list[object]]]:
    """By topic, how the script of a difference ends on either side."""
    isolated, scripts = Isolated(("torch",)), {}
    for topic in SIDES:
        outcomes = []
        for side in (0, 1):
            (seen,) = isolated.observe(entry(topic, side).question, "", [SPEC])
            outcomes.append(summarise(entry(topic, side), SPEC, seen))
        wanted = "ending" if topic == "crash" else topic
        found = {change.topic: change for change in changes(*outcomes)}
        assert wanted in found, outcomes
        for side in (0, 1):
            scripts[f"{topic} {side}"] = row(entry(topic, side), found[wanted], SPEC, *outcomes)["script"]
    isolated.close()
    command = [sys.executable, "-c", RUNNER]
    done = subprocess.run(command, input=json.dumps(scripts), capture_output=True, text=True, cwd=ROOT, check=True, timeout=120)
    told = json.loads(done.stdout)
    return {topic: [told[f"{topic} {side}"] for side in (0, 1)] for topic in SIDES}


@pytest.mark.parametrize("topic", SIDES)
def test_the_script_of_a_difference_shows_it(topic: str, shown: dict[str, list[list[object]]]) -> None:
    before, after = shown[topic]
    assert before != after, before
    assert topic in ("ending", "message", "crash") or "Error" not in str(before[1]), before
