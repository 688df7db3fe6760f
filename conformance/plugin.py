"""The joint between pytest, the suite and the results file."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ..reports import html
from ..reports.results import ResultsError, read
from ..reports.summary import summary
from ..reports.visible import visible
from . import options
from .frameworks.registry import broken, claims, deviations, extrapolation, frameworks
from .laws import LAWS
from .noticed import SUITE, is_within
from .programs.known import known_programs
from .programs.phase import ProgramsPhase
from .progress_line import ProgressLine
from .promises import EntryPoint
from .run.plan import PROFILES
from .run.record import Record
from .run.run import Run
from .run.subjects import SubjectError, installed
from .run.tally import Tally
from .upgrade.comparisons import Comparisons

#: The exit code of a run whose results could not be written, to a full disk say. It is pytest's own for internal errors.
NOT_WRITTEN = 3
_RUN = pytest.StashKey[Run]()
_PROGRAMS = pytest.StashKey[ProgramsPhase]()
_COMPARISONS = pytest.StashKey[Comparisons]()
_RECORD = pytest.StashKey[Record]()
_ENVIRONMENT = pytest.StashKey[tuple[dict[str, str], dict[str, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


@pytest.hookimpl(tryfirst=True)  # Before Hypothesis reads its seed.
def pytest_configure(config: pytest.Config) -> None:
    plan = options.plan(config.option)
    config.stash[_RUN] = Run(plan)
    config.stash[_PROGRAMS] = ProgramsPhase(config.stash[_RUN])
    config.stash[_COMPARISONS] = Comparisons(config.stash[_RUN])
    if not any(map(_covers_suite, config.args)):
        return
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(plan.seed)
    if hasattr(config, "workerinput"):  # Of pytest-xdist: what is missing is known already.
        config.stash[_ENVIRONMENT] = {}, config.workerinput["missing"]
        return
    chosen = {entry.framework for entry in options.selected(config.option, plan.only)}
    asked = options.frameworks(config.option)
    environment, missing = installed(asked, plan.subjects)
    if not config.option.collectonly:
        if plan.only is None:
            options.check_writable(config.option)
        for name, reason in config.stash[_RUN].start([name for name in asked if name in chosen - missing.keys()]).items():
            missing[name] = reason
            environment.pop(name, None)
    wanted = chosen or set(asked)  # Programs are of no one framework.
    if wanted <= missing.keys():
        raise pytest.UsageError(f"nothing to test: {'; '.join(missing[name] for name in asked if name in wanted)}")
    here = tuple(name for name in asked if name not in missing)
    missing |= {name: reason for name, reason in broken().items() if name not in missing}
    config.stash[_ENVIRONMENT] = environment, missing
    if config.option.collectonly or plan.only is not None:
        return
    examples = PROFILES[plan.profile].usual.examples if plan.examples is None else plan.examples
    try:
        before, lacking = installed(here, dict.fromkeys(here, plan.against)) if plan.against else ({}, {})
        if plan.against and len(lacking) == len(here):
            raise pytest.UsageError(f"nothing to compare with: {'; '.join(dict.fromkeys(lacking.values()))}")
        extrapolated = _extrapolated(environment)
        record = Record(options.results_path(config.option), plan, examples, environment, missing, before, extrapolated)
    except ResultsError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_RECORD] = record
    config.pluginmanager.register(_Recorder(record, config.option.report), "conformance-recorder")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which frameworks are missing."""
    node.workerinput["missing"] = _reasons(node.config)


def _covers_suite(argument: str) -> bool:
    if is_within(argument, "benchmarks"):  # They keep no results.
        return False
    return is_within(argument) or Path(argument.partition("::")[0]).resolve() in SUITE.parents


def pytest_report_header(config: pytest.Config) -> list[str]:
    if _ENVIRONMENT not in config.stash or hasattr(config, "workerinput"):
        return []
    environment, missing = config.stash[_ENVIRONMENT]
    plan = config.stash[_RUN].plan
    releases = ", ".join(f"{name} {release}" for name, release in environment.items())
    profile = f"profile {plan.profile} ({PROFILES[plan.profile].text})"
    lines = [f"conformance: {releases}; device {', '.join(plan.devices)}, {profile}, seed {plan.seed}"]
    if plan.only is not None:
        found = options.found_with(config.option)
        others = ", ".join(f"{name} {found[name]}" for name, here in environment.items() if found.get(name, here) != here)
        lines += [f"conformance: note: this was found with {others}"] if others else []
    lines += [f"conformance: extrapolated: {reason}" for reason in _extrapolated(environment).values()]
    return lines + [f"conformance: not run: {reason}" for reason in missing.values()]


def _extrapolated(environment: dict[str, str]) -> dict[str, str]:
    """Framework to the reason why what is promised of it is extrapolated."""
    reasons = {name: extrapolation(name, environment) for name in environment if name in frameworks()}
    return {name: reason for name, reason in reasons.items() if reason}


def _reasons(config: pytest.Config) -> dict[str, str]:
    """Framework to the reason why it is not here."""
    return config.stash.get(_ENVIRONMENT, ({}, {}))[1]


def _selected(config: pytest.Config) -> list[EntryPoint]:
    """The entry points that are tried, of frameworks that are here."""
    chosen = options.selected(config.option, config.stash[_RUN].plan.only)
    return [entry for entry in chosen if entry.framework not in _reasons(config)]


def _missing(config: pytest.Config) -> list[str]:
    """The frameworks that were asked for and are not here."""
    return [name for name in _reasons(config) if name in options.frameworks(config.option)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if SUITE not in metafunc.definition.path.parents:
        return
    run, only = metafunc.config.stash[_RUN], metafunc.config.stash[_RUN].plan.only
    if "law" in metafunc.fixturenames:
        entries = [entry for entry in _selected(metafunc.config) if not run.absence(entry)]
        judged = [(entry, law) for entry in entries for law in LAWS.values() if law.applies_to(entry)]
        metafunc.parametrize(("entry", "law"), judged, ids=[f"{entry.name}-{law.family}-{law.id}" for entry, law in judged])
    elif "missing_framework" in metafunc.fixturenames:
        metafunc.parametrize("missing_framework", _missing(metafunc.config) if only is None else [])
    elif "elsewhere" in metafunc.fixturenames:
        entries = [entry for entry in _selected(metafunc.config) if run.absence(entry)]
        metafunc.parametrize("elsewhere", entries, ids=[entry.name for entry in entries])
    elif "compared" in metafunc.fixturenames:
        against = metafunc.config.stash[_RUN].plan.against
        entries = _selected(metafunc.config) if against and only is None else []
        metafunc.parametrize("compared", entries, ids=[f"{entry.name}-upgrade" for entry in entries])
    elif "combination" in metafunc.fixturenames:
        metafunc.parametrize("combination", options.programs(metafunc.config.option, metafunc.config.stash[_RUN].plan))
    elif "known_program" in metafunc.fixturenames:
        together = options.programs(metafunc.config.option, metafunc.config.stash[_RUN].plan) if only is None else []
        known = [program for program in known_programs() if "+".join(program.frameworks) in together]
        metafunc.parametrize("known_program", known, ids=[program.id for program in known])
    elif "deviation" in metafunc.fixturenames:
        names = {entry.name for entry in options.selected(metafunc.config.option, only)} if only is None else set()
        listed = [deviation for deviation in deviations() if deviation.shown_by in names]
        metafunc.parametrize("deviation", listed, ids=[deviation.id for deviation in listed])
    elif "claim" in metafunc.fixturenames:
        option = metafunc.config.option
        asked = () if option.entry_point or only is not None or "cpu" not in run.plan.devices else options.frameworks(option)
        said = [claim for claim in claims() if claim.framework in asked]
        metafunc.parametrize("claim", said, ids=[f"{claim.framework}: {claim.says}" for claim in said])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # What the laws ask comes first: other tests look at what came of it, and would wait for the last of it.
    items.sort(key=lambda item: not (is_within(str(item.path)) and item.path.name == "test_laws.py"))
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
            if "test_laws.py::" not in nodeid:
                return nodeid
            return nodeid.partition("[")[2].rsplit("-", 2)[0]

    return ByEntryPoint(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    run = session.config.stash[_RUN]
    ahead = _RECORD in session.config.stash and not session.config.option.in_process
    if ahead and getattr(session.config.option, "dist", "no") == "no":
        calls: list[dict[str, Any]] = [
            item.callspec.params for item in session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        ]
        entries = dict.fromkeys(call["entry"] for call in calls if "entry" in call)
        combinations = [call["combination"] for call in calls if "combination" in call]
        run.expect(entries)
        if session.config.option.verbose > -2 and session.config.pluginmanager.has_plugin("terminalreporter"):
            run.watcher = ProgressLine(session.config, run.progress)
        session.config.stash[_PROGRAMS].expect(combinations, options.named(session.config.option))


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The run that the item is part of."""
    return request.config.stash[_RUN]


@pytest.fixture
def programs(request: pytest.FixtureRequest) -> ProgramsPhase:
    """The programs of the run."""
    return request.config.stash[_PROGRAMS]


@pytest.fixture
def comparisons(request: pytest.FixtureRequest) -> Comparisons:
    """The comparisons of the run."""
    return request.config.stash[_COMPARISONS]


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


@pytest.fixture
def missing_reason(request: pytest.FixtureRequest, missing_framework: str) -> str:
    """Why the framework is not here."""
    return _reasons(request.config)[missing_framework]


@pytest.fixture
def missing_entries(request: pytest.FixtureRequest, missing_framework: str) -> list[EntryPoint]:
    """The entry points that are not run for that."""
    chosen = options.selected(request.config.option, None)
    return [entry for entry in chosen if entry.framework == missing_framework]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
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
        self._failure = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        try:
            self._record.take(getattr(report, "conformance_rows", []))
        except ResultsError as error:
            pytest.exit(str(error), NOT_WRITTEN)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_keyboard_interrupt(self, excinfo: Any) -> Generator[None, Any, Any]:
        # Where pytest parses the interrupted lines while a thread works, old Pythons give up, and then do without the lines:
        # https://github.com/python/cpython/issues/106905
        try:
            return (yield)
        except SystemError:
            reporter: Any = self._session.config.pluginmanager.get_plugin("terminalreporter")
            reporter._keyboardinterrupt_memo = excinfo.getrepr(style="value")
            return None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        stopped = str(session.shouldfail or session.shouldstop or "")
        if exitstatus == NOT_WRITTEN:
            return
        try:
            self._record.close(None if interrupted else stopped)
        except ResultsError as error:
            self._failure, session.exitstatus = str(error), NOT_WRITTEN
            return
        if exitstatus == pytest.ExitCode.OK and (self._record.findings or not self._record.asked):
            # A finding whose test -k left out, or nothing asked at all: that is no success.
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._failure or not terminalreporter.no_summary:
            terminalreporter.section("conformance")
        if self._failure:
            terminalreporter.write_line(self._failure, red=True)
        if not terminalreporter.no_summary:
            terminalreporter.write_line(visible(summary(read(self._record.path))))
            terminalreporter.write_line(f"results: {self._record.path}")
        if self._report is not None:
            try:
                terminalreporter.write_line(f"report: {html.write([self._record.path], self._report)}")
            except ResultsError as error:
                terminalreporter.write_line(f"no report: {error}", red=True)
                self._session.exitstatus = NOT_WRITTEN
