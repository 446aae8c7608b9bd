"""Check a handover: the manifest's signature, and every file against it. Needs nothing but the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.crypto import Sm3, canonical_json
from kernel.signing import signed_by
from kernel.web.i18n import gettext as _

_TEXTS = ("made_at", "made_by", "purpose", "public_key", "signature")


def check_manifest(found: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a manifest: its shape or its signature."""
    files = found.get("files")
    well_formed = isinstance(files, list) and all(_is_file(file) for file in files)
    if not well_formed or any(not isinstance(found.get(name), str) for name in _TEXTS):
        return [_("移交清单不完整")]
    content = canonical_json({key: value for key, value in found.items() if key != "signature"})
    if signed_by(found["public_key"], content, found["signature"]):
        return []
    return [_("移交清单的签名不符：清单被改动，或不是用该公钥对应的私钥签的")]


def _is_file(file: Any) -> bool:
    return (
        isinstance(file, dict)
        and isinstance(file.get("name"), str)
        and isinstance(file.get("sm3"), str)
        and isinstance(file.get("size"), int)
        and not file["name"].startswith("/")
        and ".." not in file["name"].split("/")
    )


def check_files(found: Mapping[str, Any], root: Any) -> Iterator[str]:
    """Yield what does not agree between the manifest and the files beside it (a folder's or a ZIP's path)."""
    for file in found["files"]:
        path = root / file["name"]
        if not path.is_file():
            yield _("缺少文件 %(name)s", name=file["name"])
            continue
        digest, size = Sm3(), 0
        with path.open("rb") as opened:
            while piece := opened.read(1 << 20):
                digest.update(piece)
                size += len(piece)
        if (size, digest.hexdigest()) != (file["size"], file["sm3"]):
            yield _("文件 %(name)s 与清单不符：内容被改动或不完整", name=file["name"])
