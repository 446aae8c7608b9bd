"""Static files: read once, addressed by the hash of all of them, so browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

OWN = Path(__file__).parent / "static"
STYLES = ("tokens", "base", "layout", "forms", "components", "time", "charts", "wall", "pages", "print")
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SMALL = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    zipped: bytes | None
    media_type: str


class Assets:
    """All files of the shell and of the packages; `app.css` is the shell's style sheets in order."""

    def __init__(self, packages: Iterable[str] = ()) -> None:
        found = {path.relative_to(OWN).as_posix(): path.read_bytes() for path in _files(OWN)}
        for package in packages:
            for folder in _folders(package):
                for path in _files(folder):
                    found[f"{package}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
        found["app.css"] = b"\n".join(found.pop(f"css/{name}.css") for name in STYLES)
        self._assets = {name: _asset(name, body) for name, body in found.items()}
        digest = hashlib.sha256()
        for name in sorted(found):
            digest.update(name.encode() + b"\0" + found[name] + b"\0")
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file; a wrong name is found when the page is made, not in the browser."""
        if name not in self._assets:
            raise LookupError(f"no static file {name!r}")
        return f"/static/{self.version}/{name}"

    def respond(self, request: Request, version: str, name: str) -> Response | None:
        """Answer with the file, None when there is none; an old version gets the new file, uncached."""
        asset = self._assets.get(name)
        if asset is None:
            return None
        headers = {
            "cache-control": FOREVER if version == self.version else "no-cache",
            "vary": "accept-encoding",
        }
        body = asset.body
        if asset.zipped and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"], body = "gzip", asset.zipped
        return Response(body, media_type=asset.media_type, headers=headers)


@cache
def assets_of(packages: tuple[str, ...] = ()) -> Assets:
    """Return the assets of these packages, read once a process."""
    return Assets(packages)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _folders(package: str) -> list[Path]:
    spec = find_spec(package)
    roots = (spec.submodule_search_locations if spec else None) or ()
    return [Path(root) / "static" for root in roots if (Path(root) / "static").is_dir()]


def _asset(name: str, body: bytes) -> Asset:
    media_type = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = media_type.startswith("text/") or media_type.endswith(("json", "xml"))
    zipped = gzip.compress(body, 9, mtime=0) if text and len(body) > SMALL else None
    return Asset(body, zipped, media_type)
