"""Make every table of the product known to the metadata."""

from __future__ import annotations

from importlib import import_module

from kernel.cli.context import the_catalogue


def import_all() -> None:
    """Import the model modules that the manifests name."""
    for manifest in the_catalogue().manifests:
        for module in manifest.models:
            import_module(module)
