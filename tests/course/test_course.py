"""The course: that its folders agree with its lists, and what running lessons leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tensorlab as tl

pytest.importorskip("matplotlib")

from examples.course.catalogue import Chapter, Lesson, chapters, first_and_rest, lessons
from examples.course.page import write_page
from examples.course.report import Report, shown

ROOT = Path(__file__).parents[2]


def run(*arguments):
    """Run the command line of the examples; return the finished process."""
    command = [sys.executable, "-m", "examples", *map(str, arguments)]
    # A new process knows no backend of the suite.
    environment = {**os.environ, "TENSORLAB_BACKEND": "numpy", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")


def test_lists_name_every_module():
    for chapter in chapters():
        modules = {path.stem for path in (ROOT / "examples" / chapter.folder).glob("[!_]*.py")}
        assert {lesson.name for lesson in chapter.lessons} == modules
        assert chapter.title
        assert chapter.text


def test_names_are_unique():
    assert len(lessons()) == sum(len(chapter.lessons) for chapter in chapters())


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_lessons_are_of_one_page_and_say_what_they_show(lesson):
    assert len(lesson.source.read_text(encoding="utf-8").splitlines()) <= 120
    assert lesson.title
    assert callable(lesson.module.lesson)


def test_first_and_rest():
    assert first_and_rest("One\nline.\n\nA text.\n\nMore.\n") == ("One line", "A text.\n\nMore.")
    assert first_and_rest("One line.") == ("One line", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1,234,567"), (0.123456, "0.1235"), (True, "True"), ("text", "text"), (1e-9, "1e-09")],
)
def test_shown(value, text):
    assert shown(value) == text


def test_shown_reads_tensors():
    assert shown(tl.asarray(0.25)) == "0.25"
    assert shown(tl.asarray(1200)) == "1,200"


def test_report_keeps_what_is_shown(tmp_path, capsys):
    report = Report(tmp_path, "name")
    report.value("accuracy", 0.98765)
    report.table(["a", "b"], [(1, 2.5), (3, 4.0)], title="pairs")
    report.claim("one is less than two", tl.asarray(1) < 2)
    report.axes().plot([0, 1], [0, 1], label="line")
    left, right = report.axes(columns=2)
    left.imshow([[0, 1]])
    right.plot([1, 2])
    assert report.finish(seconds=1.5)
    record = json.loads((tmp_path / "name.json").read_text(encoding="utf-8"))
    assert record == {
        "seconds": 1.5,
        "values": [["accuracy", "0.9877"]],
        "claims": [["one is less than two", True]],
        "tables": [{"title": "pairs", "header": ["a", "b"], "rows": [["1", "2.5"], ["3", "4"]]}],
        "pictures": ["name.png", "name_2.png"],
    }
    assert all((tmp_path / name).stat().st_size > 1000 for name in record["pictures"])
    assert "✓ one is less than two" in capsys.readouterr().out


def test_a_claim_that_fails_fails_the_lesson(tmp_path):
    report = Report(tmp_path, "name")
    report.claim("true", True)
    report.claim("false", False)
    assert not report.finish()


def test_page(tmp_path):
    shown, unrun = Lesson("ch01_learning_machines", "perceptron"), Lesson("ch01_learning_machines", "never_run")
    unrun.__dict__["module"] = type(sys)("never_run", "A title with <angles>.")
    report = Report(tmp_path / shown.chapter, shown.name)
    report.claim("a < b", True)
    report.claim("b < a", False)
    report.finish(seconds=2, long=False, backend="numpy")
    chapter = Chapter(shown.chapter, "1. Title", "First paragraph.\n\nSecond.", (shown, unrun))
    page = write_page([chapter], tmp_path).read_text(encoding="utf-8")
    assert "1 lessons were run with the numpy backend; 1 of 2 claims hold." in page
    assert "<li>✓ a &lt; b</li>" in page
    assert '<li class="fails">✗ b &lt; a</li>' in page
    assert "<p>Second.</p>" in page
    assert "A title with &lt;angles&gt;" in page
    assert page.count("It has not been run.") == 1


def test_command_line_lists_lessons():
    done = run()
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in lessons())


def test_command_line_refuses_unknown_names():
    done = run("perceptrom")
    assert done.returncode == 2
    assert "no lesson is named perceptrom" in done.stderr


def test_command_line_runs_a_lesson(tmp_path):
    done = run("perceptron", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ch01_learning_machines" / "perceptron.png").exists()
    record = json.loads((tmp_path / "ch01_learning_machines" / "perceptron.json").read_text(encoding="utf-8"))
    assert all(holds for _, holds in record["claims"])
