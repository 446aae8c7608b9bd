"""This host: CPU, memory, disk, inodes, load, a process, a network card (psutil)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import psutil
from pydantic import Field

from incidents.monitoring.probes import base


class HostSpec(base.Spec):
    """Limits in percent; a path of `self` is where our own data lies."""

    path: str = Field(default="self", max_length=300)
    disk_percent: int = Field(default=90, ge=1, le=100)
    inode_percent: int = Field(default=90, ge=1, le=100)
    memory_percent: int = Field(default=95, ge=1, le=100)
    cpu_percent: int = Field(default=100, ge=1, le=100)
    load_per_cpu: float = Field(default=10, gt=0, le=1000)
    process: str = Field(default="", max_length=100)
    nic: str = Field(default="", max_length=40)


async def check(spec: HostSpec, around: base.Around) -> str:
    """Measure once, in a thread: a network disk may hang."""
    path = around.data_dir if spec.path == "self" else spec.path
    return await asyncio.to_thread(_measure, spec, path)


def _measure(spec: HostSpec, path: str) -> str:
    figures = list(_figures(path))
    limits = spec.model_dump()
    over = [f"{name} {value:.0f} %" for name, value in figures if value > limits[f"{name}_percent"]]
    load = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
    if load > spec.load_per_cpu:
        over.append(f"load {load:.1f}")
    over += _absent(spec)
    if over:
        raise base.Failure(base.EXCEEDED, ", ".join(over))
    return ", ".join(f"{name} {value:.0f} %" for name, value in figures) + f", load {load:.1f}"


def _figures(path: str) -> Iterator[tuple[str, float]]:
    yield "disk", psutil.disk_usage(path).percent
    yield "memory", psutil.virtual_memory().percent
    yield "cpu", psutil.cpu_percent()
    if hasattr(os, "statvfs"):
        files = os.statvfs(path)
        if files.f_files:
            yield "inode", 100 * (1 - files.f_ffree / files.f_files)


def _absent(spec: HostSpec) -> list[str]:
    absent = []
    if spec.process and not any(p.info["name"] == spec.process for p in psutil.process_iter(["name"])):
        absent.append(f"process {spec.process}")
    nics = psutil.net_if_stats()
    if spec.nic and not (spec.nic in nics and nics[spec.nic].isup):
        absent.append(f"nic {spec.nic}")
    return absent
