"""Snapshots from what other tools have written: an importer takes a source and a target folder and returns a report."""

from reachsim.importers.awscli import import_awscli
from reachsim.importers.batfish import import_batfish
from reachsim.importers.cloudformation import import_cloudformation
from reachsim.importers.config import import_config
from reachsim.importers.terraform import import_terraform
from reachsim.importers.tree import Ignored, ImportReport

__all__ = [
    "Ignored",
    "ImportReport",
    "import_awscli",
    "import_batfish",
    "import_cloudformation",
    "import_config",
    "import_terraform",
]
