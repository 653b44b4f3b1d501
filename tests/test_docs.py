"""Every Python block of the README and the other documents runs, in order, in one namespace per file."""

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


def script(text):
    """Return the blocks that are to run as one program, each on the lines where it stands in the document."""
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        if not block["skip"]:
            first = text.count("\n", 0, block.start("code"))
            code = textwrap.dedent(block["code"]).splitlines()
            lines[first : first + len(code)] = code
    return "\n".join(lines)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks_run(document, tmp_path):
    """In a process of its own: a document may register a backend, or write files."""
    source = script(document.read_text(encoding="utf-8"))
    if not source.strip():
        pytest.skip("no Python blocks")
    program = tmp_path / f"{document.stem}.py"
    program.write_text(source, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "TENSORLAB_BACKEND"}
    # array-api-strict warns where sets hold its data types beside NumPy's.
    warnings = ("-W", "error", "-W", "ignore:You are comparing a array_api_strict dtype:UserWarning")
    done = subprocess.run(
        [sys.executable, *warnings, str(program)], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{document.name}, at the lines shown:\n{done.stderr}"


def test_the_readme_has_blocks():
    assert script(DOCUMENTS[0].read_text(encoding="utf-8")).count("import tensorlab") >= 1


def test_blocks_are_found():
    text = (
        "text\n```python\na = 1\n```\n<!-- not run: no GPU -->\n```python\nb = 2\n```\n"
        "- item\n  ```python\n  c = 3\n  ```\n```sh\nd\n```\n"
    )
    assert script(text).split() == ["a", "=", "1", "c", "=", "3"]
    assert script(text).splitlines()[2] == "a = 1"
    assert script(text).splitlines()[10] == "c = 3"


def test_generated_parts_are_up_to_date():
    """The table of ops, and the links to lines of code."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
