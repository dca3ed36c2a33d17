"""AWS as it would be: resources that a plan or a template declares, turned into the records that AWS would print.

`resource` is what an importer hands over: one declared resource under Terraform's type name, with Terraform's attribute
names, its references resolved. `symbols` gives ids and names to what has none yet; `world` holds the answers that
grow; the other modules write the records, kind by kind, with what AWS fills in by itself.
"""

from reachsim.importers.planned.build import PlannedReport, build_snapshot
from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.planned.symbols import attribute, name_resources

__all__ = ["Home", "PlannedReport", "Resource", "attribute", "build_snapshot", "name_resources"]
