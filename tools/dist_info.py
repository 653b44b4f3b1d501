"""Write the metadata of an installed tensorlab (version, entry points) into a folder, installing nothing.

python tools/dist_info.py FOLDER; then PYTHONPATH=FOLDER:.:backends python ... finds the backends.
"""

import shutil
import sys
import tomllib
from pathlib import Path

root = Path(__file__).resolve().parent.parent
project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
name, version = project["name"], project["version"]
groups = {"console_scripts": project["scripts"], **project["entry-points"]}

folder = Path(sys.argv[1])
for old in folder.glob(f"{name}-*.dist-info"):
    shutil.rmtree(old)
info = folder / f"{name}-{version}.dist-info"
info.mkdir(parents=True)
(info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
with open(info / "entry_points.txt", "w") as file:
    for group, entries in groups.items():
        print(f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()), "", sep="\n", file=file)
