"""Snapshots from what other tools have written: an importer takes a source and a target folder and returns a report."""

from reachsim.importers.batfish import import_batfish
from reachsim.importers.tree import Ignored, ImportReport

__all__ = ["Ignored", "ImportReport", "import_batfish"]
