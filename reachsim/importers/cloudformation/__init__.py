"""Snapshots from CloudFormation templates."""

from reachsim.importers.cloudformation.importing import import_cloudformation

__all__ = ["import_cloudformation"]
