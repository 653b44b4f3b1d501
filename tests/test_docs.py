"""Every Python block of the README and the other documents runs alone, as pasted, in a process of its own."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]

BLOCK = re.compile(
    r"^(?P<skip>[ ]*<!-- not run: .*? -->\s*)?^[ ]*```python[^\n]*\n(?P<code>.*?)^[ ]*```[ ]*$",
    re.MULTILINE | re.DOTALL,
)


def blocks(text):
    """Return the blocks that are to run: the line on which each one's code begins, and the code."""
    return [
        (text.count("\n", 0, block.start("code")) + 1, textwrap.dedent(block["code"]))
        for block in BLOCK.finditer(text)
        if not block["skip"]
    ]


def documented_blocks():
    return [
        pytest.param(line, code, id=f"{document.relative_to(ROOT)}:{line}")
        for document in DOCUMENTS
        for line, code in blocks(document.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("line", "code"), documented_blocks())
def test_block_runs_as_pasted(line, code, tmp_path):
    program = tmp_path / "pasted.py"
    program.write_text("\n" * (line - 1) + code, encoding="utf-8")  # tracebacks show the document's line numbers
    env = {name: value for name, value in os.environ.items() if name != "TENSORLAB_BACKEND"}
    # array-api-strict warns where sets hold its data types beside NumPy's.
    warnings = ("-W", "error", "-W", "ignore:You are comparing a array_api_strict dtype:UserWarning")
    done = subprocess.run(
        [sys.executable, *warnings, str(program)], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_document_has_blocks(document):
    assert blocks((ROOT / document).read_text(encoding="utf-8"))


def test_blocks_are_found():
    text = (
        "text\n```python\na = 1\n```\n<!-- not run: no GPU -->\n```python\nb = 2\n```\n"
        "- item\n  ```python\n  c = 3\n  ```\n```sh\nd\n```\n"
    )
    assert blocks(text) == [(3, "a = 1\n"), (11, "c = 3\n")]


def test_generated_parts_are_up_to_date():
    """The table of ops, and the links to lines of code."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
