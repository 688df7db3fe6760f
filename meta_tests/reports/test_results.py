"""Results are read back as they were written, and nothing else is taken for results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_tests.helpers import DEVIATION, ENTRY, FINDING, FOOTER, HEADER, NOT_RUN, ROWS, write_lines
from tensor_conformance.reports.results import SCHEMA_VERSION, Results, ResultsError, Row, Writer, read, schema

_PROPERTY = settings(max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def complaint(path: Path) -> str:
    """The one line in which reading the file is refused; it names the file."""
    with pytest.raises(ResultsError) as refusal:
        read(path)
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    return str(refusal.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def test_the_schema_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_knows_the_version_that_is_written() -> None:
    assert schema()["$defs"]["header"]["properties"]["schema"] == {"const": SCHEMA_VERSION}


def test_every_kind_of_row_says_what_it_is_for() -> None:
    kinds = {part["$ref"].rpartition("/")[2] for part in schema()["oneOf"]}
    assert kinds == {row["kind"] for row in ROWS}
    assert all(schema()["$defs"][kind]["description"] for kind in kinds)


def test_what_was_written_is_read_back(path: Path) -> None:
    writer = Writer(path)
    for row in ROWS:
        writer.write(row)
    writer.close()
    assert read(path) == Results(HEADER, ROWS[1:-1], FOOTER)


def test_rows_are_safe_as_soon_as_they_are_written(path: Path) -> None:
    writer = Writer(path)
    writer.write(HEADER)
    writer.write(ENTRY)
    assert read(path).rows == (ENTRY,)
    writer.close()


def test_a_writer_makes_the_folders_it_needs(tmp_path: Path) -> None:
    Writer(tmp_path / "a" / "b" / "results.jsonl").close()
    assert (tmp_path / "a" / "b" / "results.jsonl").exists()


def test_a_writer_that_cannot_write_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match=r"file.results\.jsonl"):
        Writer(tmp_path / "file" / "results.jsonl")


def test_a_file_with_a_footer_was_not_interrupted(path: Path) -> None:
    assert not read(write_lines(path, *ROWS)).interrupted


def test_a_file_without_a_footer_was_interrupted(path: Path) -> None:
    assert read(write_lines(path, HEADER, ENTRY)).interrupted


def test_rows_are_found_by_their_kind(path: Path) -> None:
    found = read(write_lines(path, HEADER, ENTRY, NOT_RUN, ENTRY, FOOTER))
    assert list(found.of("entry")) == [ENTRY, ENTRY]
    assert list(found.of("finding")) == []


def test_text_of_any_language_is_read_back(path: Path) -> None:
    row = NOT_RUN | {"reason": "größer als 2³¹ \u2028 \0 漢"}
    writer = Writer(path)
    for each in (HEADER, row, FOOTER):
        writer.write(each)
    writer.close()
    assert read(path).rows == (row,)


@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_a_cut_off_last_line_is_left_out(path: Path, cut: int) -> None:
    write_lines(path, HEADER, ENTRY, NOT_RUN)
    path.write_bytes(path.read_bytes()[:-1][:-cut])
    found = read(path)
    assert found.rows == (ENTRY,)
    assert found.interrupted


def test_a_line_cut_off_inside_a_letter_is_left_out(path: Path) -> None:
    write_lines(path, HEADER, ENTRY)
    path.write_bytes(path.read_bytes() + '{"kind":"not_run","reason":"é'.encode()[:-1])
    assert read(path).rows == (ENTRY,)


def test_a_complete_last_line_without_its_line_feed_counts(path: Path) -> None:
    write_lines(path, *ROWS)
    path.write_bytes(path.read_bytes()[:-1])
    assert not read(path).interrupted


def test_a_file_that_ends_within_its_header_is_no_results_file(path: Path) -> None:
    path.write_text(json.dumps(HEADER)[:-5])
    assert "no header" in complaint(path)


GARBAGE = ["not json", "", "{", '{"kind":', "[" * 100_000, "\0", '{"kind": NaN}', "1e999", "null", "[]", '"x"']


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:9]))
def test_garbage_in_the_middle_is_refused_by_its_line(path: Path, garbage: str) -> None:
    assert "line 3" in complaint(write_lines(path, HEADER, ENTRY, garbage, FOOTER))


def test_a_number_with_too_many_digits_is_refused_by_its_line(path: Path) -> None:
    assert "line 2" in complaint(write_lines(path, HEADER, "9" * 5000, FOOTER))


def test_a_second_header_is_refused_by_its_line(path: Path) -> None:
    assert "line 3: a second header" in complaint(write_lines(path, HEADER, ENTRY, HEADER, FOOTER))


def test_a_missing_header_is_refused(path: Path) -> None:
    assert "header" in complaint(write_lines(path, ENTRY, FOOTER))


def test_an_empty_file_is_refused(path: Path) -> None:
    assert "header" in complaint(write_lines(path))


def test_rows_after_the_footer_are_refused_by_their_line(path: Path) -> None:
    assert "line 3" in complaint(write_lines(path, HEADER, FOOTER, ENTRY))


def test_a_second_footer_is_refused_by_its_line(path: Path) -> None:
    assert "line 3" in complaint(write_lines(path, HEADER, FOOTER, FOOTER))


@pytest.mark.parametrize("content", [b"\x80\x81\xff", b"\x7fELF\2\1\1\0", bytes(1000), bytes(range(256)), b"\xff\xfe{\0}\0"])
def test_a_binary_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    complaint(path)


def test_bytes_that_are_no_text_are_refused_by_their_line(path: Path) -> None:
    write_lines(path, HEADER)
    path.write_bytes(path.read_bytes() + b"\xff\xff\n" + json.dumps(FOOTER).encode() + b"\n")
    assert "line 2" in complaint(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "directory" in complaint(tmp_path)


def test_a_missing_file_is_refused(path: Path) -> None:
    assert "No such file" in complaint(path)


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (ENTRY, {"kind": "rumour"}),
        (ENTRY, {"verdicts": {"conforms": "90"}}),
        (ENTRY, {"verdicts": {"conforms": -1}}),
        (ENTRY, {"verdicts": [90]}),
        (ENTRY, {"laws": {"values": 90}}),
        (ENTRY, {"matrix": {"dtype": {"float32": 1}}}),
        (ENTRY, {"direction": "sideways"}),
        (ENTRY, {"promise": [{"topic": "memory"}]}),
        (ENTRY, {"seconds": "fast"}),
        (ENTRY, {"seconds": None}),
        (ENTRY, {"more": 1}),
        (FINDING, {"id": "xyz"}),
        (FINDING, {"outcome": "fine"}),
        (FINDING, {"spec": "float32"}),
        (FINDING, {"count": 1.5}),
        (FINDING, {"script": None}),
        (DEVIATION, {"status": "maybe"}),
        (DEVIATION, {"laws": "values"}),
        (NOT_RUN, {"reason": 404}),
        (NOT_RUN, {"reason": "x" * 5000}),
        (FOOTER, {"stopped": False}),
    ],
    ids=lambda value: str(value)[:40] if len(value) == 1 else value["kind"],
)
def test_rows_that_do_not_fit_the_schema_are_refused_by_their_line(path: Path, row: Row, change: Row) -> None:
    assert "line 2" in complaint(write_lines(path, HEADER, row | change, FOOTER))


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row["kind"])
def test_every_field_of_a_row_is_required(path: Path, row: Row) -> None:
    for name in row:
        assert "line 2" in complaint(write_lines(path, HEADER, {key: value for key, value in row.items() if key != name}, FOOTER))


@pytest.mark.parametrize("change", [{"schema": 2}, {"seed": "0"}, {"phases": ["dream"]}, {"missing": ["torch"]}], ids=str)
def test_headers_that_do_not_fit_the_schema_are_refused_by_their_line(path: Path, change: Row) -> None:
    assert "line 1" in complaint(write_lines(path, HEADER | change, FOOTER))


def read_or_refused(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        found = read(path)
    except ResultsError as refusal:
        return str(path) in str(refusal) and "\n" not in str(refusal)
    return found.header["kind"] == "header"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results") / "results.jsonl"


@_PROPERTY
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(scratch: Path, content: bytes) -> None:
    assert read_or_refused(scratch, content)


_LINES = [json.dumps(row).encode() for row in ROWS]
_ANY_LINE = st.sampled_from(_LINES) | st.binary(max_size=40) | st.text(max_size=20).map(str.encode)


@_PROPERTY
@given(lines=st.lists(_ANY_LINE, max_size=8), data=st.data())
def test_any_lines_are_read_or_refused(scratch: Path, lines: list[bytes], data: Any) -> None:
    content = b"\n".join([_LINES[0], *lines])
    assert read_or_refused(scratch, content[: data.draw(st.integers(0, len(content)))])


@_PROPERTY
@given(cut=st.integers(0, sum(map(len, _LINES)) + len(_LINES)))
def test_a_file_cut_off_anywhere_shows_its_complete_lines(scratch: Path, cut: int) -> None:
    content = b"".join(line + b"\n" for line in _LINES)[:cut]
    complete = content.count(b"\n") + any(content.endswith(line) for line in _LINES)
    scratch.write_bytes(content)
    if complete:
        assert read(scratch) == Results(HEADER, ROWS[1 : min(complete, len(ROWS) - 1)], FOOTER if complete == len(ROWS) else None)
    else:
        complaint(scratch)
