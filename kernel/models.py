"""Make every table of the product known to the metadata."""

from __future__ import annotations

from importlib import import_module

from kernel.cli.context import the_catalogue

OWN = ("kernel.db.stamp", "kernel.db.numbering")
"""Tables of the kernel that belong to no package with a manifest."""


def import_all() -> None:
    """Import the kernel's own model modules and those that the manifests name."""
    for module in (*OWN, *(m for manifest in the_catalogue().manifests for m in manifest.models)):
        import_module(module)
