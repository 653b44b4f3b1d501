"""The chapters of the course and their lessons, as they stand in the folders beside this one.

A chapter is a package whose docstring begins with its title, and whose LESSONS names its modules in their order. A
lesson is a module of one system: its docstring begins with what it shows, and its function ``lesson(report, long)``
shows it.
"""

import importlib
import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

EXAMPLES = Path(__file__).parents[1]


def first_and_rest(docstring):
    """Return the first paragraph of a docstring as one line without its full stop, and the other paragraphs."""
    first, _, rest = inspect.cleandoc(docstring).partition("\n\n")
    return " ".join(first.split()).removesuffix("."), rest.strip()


@dataclass(frozen=True)
class Lesson:
    """One lesson: a module `name` in the folder `chapter`."""

    chapter: str
    name: str

    @property
    def source(self):
        """The path of the module."""
        return EXAMPLES / self.chapter / f"{self.name}.py"

    @cached_property
    def module(self):
        """The module, imported when it is first asked for."""
        return importlib.import_module(f"examples.{self.chapter}.{self.name}")

    @property
    def title(self):
        """What the lesson shows, in a sentence."""
        return first_and_rest(self.module.__doc__)[0]

    @property
    def text(self):
        """The paragraphs below the title."""
        return first_and_rest(self.module.__doc__)[1]


@dataclass(frozen=True)
class Chapter:
    """One chapter: its folder, title, introduction and lessons."""

    folder: str
    title: str
    text: str
    lessons: tuple[Lesson, ...]


def chapters():
    """Return the chapters in their order."""
    folders = sorted(path.name for path in EXAMPLES.glob("ch[0-9][0-9]_*") if path.is_dir())
    return [_chapter(folder) for folder in folders]


def _chapter(folder):
    package = importlib.import_module(f"examples.{folder}")
    lessons = tuple(Lesson(folder, name) for name in package.LESSONS)
    return Chapter(folder, *first_and_rest(package.__doc__), lessons)


def lessons():
    """Return all lessons in their order, by name."""
    return {lesson.name: lesson for chapter in chapters() for lesson in chapter.lessons}
