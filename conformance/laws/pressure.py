"""Pressure: the same answer whenever, however often, from whatever thread, in whatever form; judged by such facts, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...strategies.dtypes import EXTENDED
from ...strategies.spec import Spec
from ..promises import Clause, Owed
from ..subject.observation import Observation
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_COPY = "https://data-apis.org/array-api/latest/design_topics/copies_views_and_mutation.html"
_THREADS = "https://docs.python.org/3/glossary.html#term-thread-safe"
_PURITY = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_WARN_ONCE = "https://docs.pytorch.org/docs/stable/generated/torch.set_warn_always.html"

_ASK = "print(convert($source))"


@law(
    LAWS,
    "pressure",
    _COPY,
    pressure="overwrite",
    shown=("r = convert($source)", "$owner[:] = ~$owner  # at once", "print(r)"),
    topic="aliasing",
    needs=True,
)
def _independence(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A copy MUST keep the old values of a source that is overwritten the moment the call returns."""
    clause = owed["aliasing"]
    if seen.fact("shares") == "all" or clause is None or clause.value == "shares":
        return None
    return Breach("the old values", "values written after the call") if seen.fact("later") == "changed" else True


@law(
    LAWS,
    "pressure",
    _THREADS,
    pressure="crowd",
    shown=("print({*ThreadPool(8).map(lambda _: repr(convert($source)), range(200))})",),
)
def _threads(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """Conversions from several threads at once MUST each give what one alone gives."""
    return _same(owed, seen.fact("alone"), "what one thread gets")


@law(
    LAWS,
    "pressure",
    _PURITY,
    pressure="again",
    shown=("for _ in range(9):", "    with contextlib.suppress(Exception): convert(object())", f"    {_ASK}"),
)
def _repetition(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The same question MUST get the same answer every time, also after a refusal."""
    return _same(owed, seen.fact("again"), "the answer of the first call")


@law(
    LAWS,
    "pressure",
    _PURITY,
    pressure="again",
    shown=("before = $state", f"with contextlib.suppress(Exception): {_ASK}", "print($state == before)"),
    topic="leaves",
)
def _traces(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A conversion MUST leave its process as it was: settings, environment, random numbers."""
    clause, left = owed["leaves"], seen.fact("left")
    if not left or (clause is not None and left in clause.value):
        return True
    return Breach("the process as it was", f"{left}: changed")


@law(LAWS, "pressure", _PURITY, pressure="first", shown=(_ASK, _ASK))
def _first_call(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The first call of a process MUST answer as later ones do."""
    return _same(owed, seen.fact("first"), "the answer of later calls")


@law(LAWS, "pressure", _WARN_ONCE, pressure="first", shown=(_ASK,), topic="warns", needs=True)
def _first_warning(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A promised warning MUST come in the first call of a process at least, whatever the process does with repeats."""
    clause = owed["warns"]
    if clause is None or not clause.value:
        return None
    return True if clause.value in seen.fact("warned") else Breach(clause.value, "no such warning")


@law(LAWS, "pressure", _PURITY, pressure="settings", shown=(_ASK, "$setting", _ASK))
def _settings(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A setting that is none of a conversion's business MUST NOT change its answer."""
    return _all_same(owed, "settings", seen.facts, "the usual answer")


@law(LAWS, "pressure", _PURITY, pressure="contexts", shown=(_ASK, "source = $source", "print($context)"))
def _contexts(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """Inside code that is traced, mapped or vectorised a conversion MUST give what it gives outside, if in other memory."""
    facts = [(name, "" if _is_of_the_code(difference) else difference) for name, difference in seen.facts]
    return _all_same(owed, "contexts", facts, "the usual answer")


def _is_of_the_code(difference: str) -> bool:
    """Whether it lies in what the code around may decide: which memory it returns, and with what words it hands on a refusal."""
    return difference.startswith("shares ") or _is_another_refusal(difference)


def _is_another_refusal(difference: str) -> bool:
    return difference.startswith("outcome raises") and "not raises" in difference


@law(LAWS, "pressure", _PURITY, pressure="forms", shown=(_ASK, "$form"), direction="in")
def _agreement(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """One value in whatever form (0-d, scalar, list, object with a protocol) MUST give one dtype and one value."""
    facts = [(form, difference) for form, difference in seen.facts if not _is_promised_apart(owed, spec, form)]
    return _all_same(owed, "agreement", facts, "what the ndarray gives")


def _is_promised_apart(owed: Owed, spec: Spec, form: str) -> bool:
    """Whether the promise itself treats this form in another way than an ndarray, or the form cannot say what it holds."""
    values = "bits" if owed["values"] is None else owed["values"].value
    if values in ("unspecified", "uninitialised") or (form == "nested list" and values not in ("bits", "astype")):
        return True
    if form == "nested list" and owed["shape"] is not None:
        return True
    if form in ("array_interface", "buffer") and spec.dtype in EXTENDED:
        return True  # These protocols know no dtypes but NumPy's own.
    other = owed.in_container("list" if form == "nested list" else form)
    return any(_value(owed[topic]) != _value(other[topic]) for topic in ("type", "dtype", "values", "shape"))


def _may_refuse(owed: Owed) -> bool:
    clause = owed["refuses"]
    return clause is not None and bool(clause.value.types)


def _value(clause: Clause | None) -> Any:
    # Two clauses may owe the same, by the same words.
    return None if clause is None else clause.value


def _same(owed: Owed, difference: str, expected: str) -> Answer:
    clause = owed["aliasing"]
    if difference.startswith("shares ") and (clause is None or clause.value == "may share"):
        return True
    if difference.startswith("data ") and owed["values"] is not None and owed["values"].value == "uninitialised":
        return True
    return Breach(expected, difference) if difference else True


def _all_same(owed: Owed, topic: str, facts: Iterable[tuple[str, Any]], expected: str) -> Answer:
    clause = owed[topic]
    excepted = () if clause is None else clause.value
    judged = []
    for name, difference in facts:
        promised = owed[f"under {name}"]
        if promised is not None:
            refused = _may_refuse(owed) and (difference == "" or _is_another_refusal(difference))
            if difference != promised.value != "anything" and not refused:
                return Breach(promised.value, f"{name}: {difference or 'the usual answer'}", promised.topic)
        elif difference is not None and name not in excepted:
            judged.append((name, difference))
    answers = [(name, _same(owed, difference, expected)) for name, difference in judged]
    broken = next(((name, answer) for name, answer in answers if isinstance(answer, Breach)), None)
    if broken is not None:
        return Breach(expected, f"{broken[0]}: {broken[1].observed}")
    return True if judged else None
