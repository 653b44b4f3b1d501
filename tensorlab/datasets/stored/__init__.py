"""Data that come with the package; SOURCES.md beside this file says from where, and their licences."""

from pathlib import Path

FOLDER = Path(__file__).parent
