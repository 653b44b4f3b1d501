"""``python -m tensorlab info``."""

import re
import subprocess
import sys

import pytest

import tensorlab as tl
from tensorlab.__main__ import main
from tensorlab.info import report


def test_report():
    text = report()
    assert f"tensorlab {tl.__version__}" in text
    assert f"active backend: {tl.active_backend().name}" in text
    for name, why_not in tl.available_backends().items():
        assert f"  {name}: {why_not or 'usable'}" in text
    assert "BLAS: " in text
    assert "devices: cpu" in text
    assert "GiB" in text


def test_command(capsys):
    main(["info"])
    printed, expected = (re.sub(r"available [\d.]+", "available", text) for text in (capsys.readouterr().out, report()))
    assert printed == expected + "\n"
    with pytest.raises(SystemExit):
        main(["nothing"])


def test_a_missing_backend_is_reported():
    run = subprocess.run(
        [sys.executable, "-m", "tensorlab", "info"],
        env={"TENSORLAB_BACKEND": "nowhere", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "active backend: none (TENSORLAB_BACKEND=nowhere): there is no backend 'nowhere'" in run.stdout
    assert "numpy: usable" in run.stdout
