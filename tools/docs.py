"""Keep what is generated true: the table of ops, links to lines of code, and the types of tensors' methods.

`python tools/docs.py` rewrites them; `python tools/docs.py --check` only says whether they are up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tensor_methods import stub

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[`(?P<name>\w+)`\]\((?P<path>[^)#]+\.py)#L\d+\)")


def line_of(path: Path, name: str) -> int:
    """Return the line that defines a function or a class."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(rf"\s*(def|class) {name}\b|{name}\b.* = ", line):
            return number
    raise SystemExit(f"{path} defines no {name}")


def with_true_links(page: Path) -> str:
    """Return a page with its links to definitions pointing at their lines."""

    def link(match: re.Match[str]) -> str:
        target = (page.parent / match["path"]).resolve()
        return f"[`{match['name']}`]({match['path']}#L{line_of(target, match['name'])})"

    return LINK.sub(link, page.read_text())


def op_table() -> str:
    """Return the page that lists every op record."""
    import tensorlab as tl
    import tensorlab.fft
    import tensorlab.linalg
    from tensorlab.autodiff import REGISTRY

    lines = [
        "# Ops",
        "",
        "Every op, from its record (`make docs` writes this page). *Gradients*: the operands that carry one; *kept*: "
        "what is saved for it.",
        "",
        "| op | operands | parameters | kind | result type | gradients | kept |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, op in sorted(REGISTRY.items()):
        shown = f"`tl.{name}`" if getattr(tl, name, None) is op.public else f"`{op.compute.__module__[10:]}.{name}`"
        operands = ", ".join(("*" if op.variadic else "") + x for x in op.operands)
        cells = (shown, operands, ", ".join(op.params), op.kind, op.dtype, ", ".join(op.vjp), ", ".join(op.saved_names))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    docs = ROOT / "docs"
    pages = {page: with_true_links(page) for page in docs.glob("*.md") if page.name != "ops.md"}
    pages[docs / "ops.md"] = op_table()
    pages[ROOT / "tensorlab" / "tensor_methods.pyi"] = stub()
    stale = [page for page, text in pages.items() if not page.exists() or page.read_text() != text]
    if "--check" in sys.argv and stale:
        raise SystemExit(f"out of date: {', '.join(page.name for page in stale)}; run `make docs`")
    for page in stale:
        page.write_text(pages[page])


if __name__ == "__main__":
    main()
