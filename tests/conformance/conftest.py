"""Modules that the public test suite imports are not collected: importing one chooses a backend."""

collect_ignore = ["strict_namespace.py", "traced_namespace.py"]
