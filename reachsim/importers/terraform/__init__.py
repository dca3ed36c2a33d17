"""Snapshots from Terraform: plans and states as ``terraform show -json`` prints them."""

from reachsim.importers.terraform.importing import import_terraform

__all__ = ["import_terraform"]
