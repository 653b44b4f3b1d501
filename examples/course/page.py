"""The page of the course: every lesson with its claims, values and pictures."""

import html
import json
import os
from string import Template

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A course in deep learning with tensorlab</title>
<style>
:root { color-scheme: light dark; --ink: #222; --faint: #6b6b6b; --line: #ddd; --card: #fff;
  --page: #f6f6f4; --link: #1f5fa8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --faint: #a5a5a5; --line: #3a3a3a; --card: #222; --page: #181818; --link: #8ab8f0; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: auto; padding: 1rem; }
h1 { line-height: 1.2; } h2 { margin: 3rem 0 0.5rem; } h3 { margin: 0 0 0.5rem; font-size: 1.1rem; }
a { color: var(--link); } nav a { margin-right: 1rem; white-space: nowrap; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0; }
article:target { outline: 2px solid var(--link); }
ul.claims { list-style: none; padding: 0; } .claims .fails { color: #c62f1d; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
dt { color: var(--faint); } .faint { color: var(--faint); font-size: 0.9rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 0.5rem 0;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); } th, td { padding: 0.1rem 0.8rem 0.1rem 0; text-align: right; }
th { font-weight: 600; border-bottom: 1px solid var(--line); } th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; margin-top: 0.5rem; }
code { font-size: 0.9em; }
</style>
<main>
<h1>A course in deep learning with tensorlab</h1>
<p>$summary</p>
<nav>$contents</nav>
$chapters
</main>
</html>
""")


def write_page(chapters, folder):
    """Write ``index.html`` into the folder in which the records of the lessons are; return its path."""
    records = {lesson: _record(lesson, folder) for chapter in chapters for lesson in chapter.lessons}
    page = PAGE.substitute(
        summary=_summary([record for record in records.values() if record]),
        contents="\n".join(f'<a href="#{c.folder}">{_text(c.title)}</a>' for c in chapters),
        chapters="\n".join(_chapter(chapter, records, folder) for chapter in chapters),
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _record(lesson, folder):
    path = folder / lesson.chapter / f"{lesson.name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _summary(records):
    claims = [holds for record in records for _, holds in record["claims"]]
    backends = " and ".join(sorted({record["backend"] for record in records})) or "no"
    return f"{len(records)} lessons were run with the {backends} backend; {sum(claims)} of {len(claims)} claims hold."


def _chapter(chapter, records, folder):
    lessons = "\n".join(_lesson(lesson, records[lesson], folder) for lesson in chapter.lessons)
    return f'<h2 id="{chapter.folder}">{_text(chapter.title)}</h2>\n{_paragraphs(chapter.text)}\n{lessons}'


def _lesson(lesson, record, folder):
    source = os.path.relpath(lesson.source, folder)
    parts = [f'<article id="{lesson.name}">', f"<h3>{_text(lesson.title)}</h3>", _paragraphs(lesson.text)]
    parts += _shown(lesson, record) if record else ["<p>It has not been run.</p>"]
    time = f" · {record['seconds']:.0f} s" if record else ""
    command = f"python -m examples {lesson.name}{' --long' if record and record['long'] else ''}"
    parts += [f'<p class="faint"><code>{command}</code> · <a href="{source}">source</a>{time}</p>', "</article>"]
    return "\n".join(parts)


def _shown(lesson, record):
    if record["claims"]:
        yield f'<ul class="claims">{"".join(_claim(*claim) for claim in record["claims"])}</ul>'
    if record["values"]:
        pairs = (f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in record["values"])
        yield f"<dl>{''.join(pairs)}</dl>"
    for table in record["tables"]:
        yield _table(**table)
    for picture in record["pictures"]:
        yield f'<img src="{lesson.chapter}/{picture}" alt="{_text(lesson.title)}" loading="lazy">'


def _claim(statement, holds):
    return f"<li>✓ {_text(statement)}</li>" if holds else f'<li class="fails">✗ {_text(statement)}</li>'


def _table(title, header, rows):
    head = "".join(f"<th>{_text(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    caption = f"<caption>{_text(title)}</caption>" if title else ""
    return f"<table>{caption}<tr>{head}</tr>{body}</table>"


def _paragraphs(text):
    return "\n".join(f"<p>{_text(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part)


def _text(text):
    return html.escape(str(text))
