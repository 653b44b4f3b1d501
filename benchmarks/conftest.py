"""Extensions of pytest for benchmarks: an option, the report at the end, and files with the results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tensorlab as tl

from . import machine, report
from .report import Row

ROWS = pytest.StashKey[list[Row]]()
EXPECTED = pytest.StashKey[int]()
ROOFLINE_FILE = "test_roofline.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--roofline", action="store_true", help="measure every op alone, against the machine's roofline")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []
    config.option.benchmark_quiet = True  # its table shows times of blocks of calls; ours replaces it
    try:
        tl.active_backend()
    except tl.BackendUnavailable as error:
        raise pytest.UsageError(f"TENSORLAB_BACKEND={os.environ['TENSORLAB_BACKEND']}: {error}") from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.name.startswith("test_"):
        return (collection_path.name == ROOFLINE_FILE) is not config.option.roofline or None
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[EXPECTED] = len(items)


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """The results so far, to which a benchmark appends its own."""
    yield request.config.stash[ROWS]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash[ROWS]
    if not rows:
        return
    terminalreporter.section("benchmarks")
    lines = report.table(rows)
    if not config.option.roofline:
        lines += ["", *report.target_lines(rows)]
    lines += ["", *report.in_words(rows), ""]
    if len(rows) == config.stash[EXPECTED] and not config.option.benchmark_disable:
        name = machine.slug() + ("-roofline" if config.option.roofline else "")
        lines += [f"Written: {os.path.relpath(file)}" for file in report.save(rows, name)]
    else:
        lines.append("Not all benchmarks ran, so the files of the last complete run are unchanged.")
    terminalreporter.write("\n".join(lines) + "\n")
