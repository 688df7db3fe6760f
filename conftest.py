"""The joint between pytest, the suite and the results file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import options
from conformance.claims import CLAIMS
from conformance.deviations import deviations
from conformance.promises import EntryPoint
from conformance.record import Record
from conformance.run import PROFILES, Run
from conformance.stateful.known import KNOWN
from conformance.subjects import SubjectError, installed
from conformance.tally import Tally
from reports import html
from reports.results import ResultsError, read
from reports.summary import summary

_SUITE = Path(__file__).parent / "conformance"
_RUN = pytest.StashKey[Run]()
_RECORD = pytest.StashKey[Record]()
_ENVIRONMENT = pytest.StashKey[tuple[dict[str, str], dict[str, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


@pytest.hookimpl(tryfirst=True)  # Before Hypothesis reads its seed.
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "law(id): the law that a conformance test asserts")
    plan = options.plan(config.option)
    config.stash[_RUN] = Run(plan)
    if not any(map(_covers_suite, config.args)):
        return
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(plan.seed)
    if hasattr(config, "workerinput"):
        return
    options.selected(config.option, plan.only)
    environment, missing = installed(options.frameworks(config.option), plan.subjects)
    if len(missing) == len(options.frameworks(config.option)):
        raise pytest.UsageError(f"nothing to ask: {'; '.join(missing.values())}")
    config.stash[_ENVIRONMENT] = environment, missing
    if config.option.collectonly or plan.only is not None:
        return
    examples = PROFILES[plan.profile].most.examples if plan.examples is None else plan.examples
    try:
        before = installed(tuple(environment), dict.fromkeys(environment, plan.against))[0] if plan.against else {}
        record = Record(options.results_path(config.option), plan, examples, environment, missing, before)
    except ResultsError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_RECORD] = record
    config.pluginmanager.register(_Recorder(record, config.option.report), "conformance-recorder")


def _covers_suite(argument: str) -> bool:
    path = Path(argument.split("::")[0]).resolve()
    if path.is_relative_to(_SUITE / "benchmarks"):  # They keep no results.
        return False
    return path == _SUITE or _SUITE in path.parents or path in _SUITE.parents


def pytest_report_header(config: pytest.Config) -> list[str]:
    if _ENVIRONMENT not in config.stash:
        return []
    environment, missing = config.stash[_ENVIRONMENT]
    plan = config.stash[_RUN].plan
    releases = ", ".join(f"{name} {release}" for name, release in environment.items())
    profile = f"profile {plan.profile} ({PROFILES[plan.profile].text})"
    lines = [f"conformance: {releases}; device {', '.join(plan.devices)}, {profile}, seed {plan.seed}"]
    return lines + [f"conformance: not run: {reason}" for reason in missing.values()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _SUITE not in metafunc.definition.path.parents:
        return
    run, only = metafunc.config.stash[_RUN], metafunc.config.stash[_RUN].plan.only
    law = next((mark.args[0] for mark in metafunc.definition.iter_markers("law")), None)
    if law is not None:
        module = metafunc.module.__name__.rpartition("test_")[2]
        entries = [
            entry for entry in options.selected(metafunc.config.option, only) if entry.owes(law) and not run.absence(entry)
        ]
        metafunc.parametrize("entry", entries, ids=[f"{entry.name}-{module}" for entry in entries])
    elif "elsewhere" in metafunc.fixturenames:
        entries = [entry for entry in options.selected(metafunc.config.option, only) if run.absence(entry)]
        metafunc.parametrize("elsewhere", entries, ids=[entry.name for entry in entries])
    elif "compared" in metafunc.fixturenames:
        against = metafunc.config.stash[_RUN].plan.against
        entries = options.selected(metafunc.config.option, only) if against and only is None else []
        metafunc.parametrize("compared", entries, ids=[f"{entry.name}-upgrade" for entry in entries])
    elif "combination" in metafunc.fixturenames:
        metafunc.parametrize("combination", options.programs(metafunc.config.option, metafunc.config.stash[_RUN].plan))
    elif "known_program" in metafunc.fixturenames:
        together = options.programs(metafunc.config.option, metafunc.config.stash[_RUN].plan) if only is None else []
        known = [program for program in KNOWN if "+".join(program.frameworks) in together]
        metafunc.parametrize("known_program", known, ids=[program.id for program in known])
    elif "deviation" in metafunc.fixturenames:
        names = {entry.name for entry in options.selected(metafunc.config.option, only)} if only is None else set()
        listed = [deviation for deviation in deviations() if deviation.shown_by in names]
        metafunc.parametrize("deviation", listed, ids=[deviation.id for deviation in listed])
    elif "claim" in metafunc.fixturenames:
        option = metafunc.config.option
        asked = () if option.entry_point or only is not None or "cpu" not in run.plan.devices else options.frameworks(option)
        said = [claim for claim in CLAIMS if claim.framework in asked]
        metafunc.parametrize("claim", said, ids=[f"{claim.framework}: {claim.says}" for claim in said])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Tests for which nothing was selected: pytest would show each as skipped.
    empty = [item for item in items if item.name.endswith("[NOTSET]")]
    if empty:
        config.hook.pytest_deselected(items=empty)
        items[:] = [item for item in items if item not in empty]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Send all laws of an entry point to the worker that asked about it."""
    from xdist.scheduler import LoadScopeScheduling

    class ByEntryPoint(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            entry, _, module = nodeid.partition("[")[2].rpartition("-")
            return entry if nodeid.startswith("conformance/") and module else nodeid

    return ByEntryPoint(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    run = session.config.stash[_RUN]
    ahead = _RECORD in session.config.stash and not session.config.option.in_process
    if ahead and getattr(session.config.option, "dist", "no") == "no":
        calls = [
            item.callspec.params for item in session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        ]
        entries = dict.fromkeys(call["entry"] for call in calls if "entry" in call)
        combinations = [call["combination"] for call in calls if "combination" in call]
        run.expect(entries, combinations, options.named(session.config.option))


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The run that the item is part of."""
    return request.config.stash[_RUN]


@pytest.fixture
def tally(entry: EntryPoint, run: Run) -> Tally:
    """All that was seen of the entry point; the item is skipped, saying why, where its framework cannot be asked."""
    try:
        return run.tally(entry)
    except SubjectError as reason:
        run.not_run(entry, reason)
        pytest.skip(f"not run: {reason}")


@pytest.fixture
def program_entries(request: pytest.FixtureRequest) -> list[str] | None:
    """Names of the entry points that programs may use; None for all."""
    return options.named(request.config.option)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    report.conformance_rows = item.config.stash[_RUN].collect()  # Travels with the report, from an xdist worker too.
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        config.stash[_RUN].close()


class _Recorder:
    """Writes what the items' reports bring, in the process where they all arrive."""

    def __init__(self, record: Record, report: Path | None) -> None:
        self._record, self._report = record, report

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._record.take(getattr(report, "conformance_rows", []))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        stopped = str(session.shouldfail or session.shouldstop or "")
        self._record.close(None if interrupted else stopped)
        if exitstatus == pytest.ExitCode.OK and (self._record.findings or not self._record.asked):
            # A finding whose test -k left out, or nothing asked at all: that is no success.
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("conformance")
        terminalreporter.write_line(summary(read(self._record.path)))
        terminalreporter.write_line(f"results: {self._record.path}")
        if self._report is not None:
            try:
                terminalreporter.write_line(f"report: {html.write([self._record.path], self._report)}")
            except ResultsError as error:
                terminalreporter.write_line(f"no report: {error}", red=True)
