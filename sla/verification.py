"""Check a file that the platform once issued: on the command line without a database, or by upload.

Which forms there are is said by the packages' manifests (`Manifest.forms`); a file names its own form.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, File, Request, Response, UploadFile

from kernel.crypto import Sm3
from kernel.disclosure.service import KIND_LABELS, issued
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.manifest import Catalogue, Form, resolve
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla.audit.reader import InputError
from sla.evidence import read_evidence

router = PageRouter()
MANIFEST = "manifest.json"
Reader = Annotated[Actor, Depends(require("evidence.verify"))]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: which form the file has, and what in it does not agree."""

    form: Form | None
    problems: list[str]
    digest: str


def examine(catalogue: Catalogue, found: Mapping[str, Any]) -> Finding:
    """Recompute what a file says, using nothing but the file itself."""
    form = catalogue.forms.get(str(found.get("form")))
    if form is None:
        return Finding(None, [_("不是本平台的文件，或版本不识别")], "")
    return Finding(form, list(resolve(form.check)(found)), str(found.get("digest") or ""))


def examine_file(catalogue: Catalogue, path: Path) -> Finding:
    """Check a file together with the files it lists: beside it, or in the same ZIP file."""
    root: Any = path.parent
    if "\0" not in str(path) and zipfile.is_zipfile(path):  # such a name is refused below, in words
        root = zipfile.Path(path)
        found = _manifest_in(path)
    else:
        found = read_evidence(str(path))
    finding = examine(catalogue, found)
    if finding.form and finding.form.files and not finding.problems:
        finding.problems.extend(resolve(finding.form.files)(found, root))
    return finding


def _manifest_in(path: Path) -> dict[str, Any]:
    """Return the manifest of a ZIP file; raises InputError for one without."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        try:
            archive.extract(MANIFEST, folder)
        except KeyError:
            raise InputError(str(path), "不是证据文件") from None
        return read_evidence(str(Path(folder) / MANIFEST))


@router.get("/verify")
def page(request: Request, _actor: Reader) -> Response:
    """Show the upload form."""
    return render(request, "sla/verify.html", state=EMPTY, finding=None, entry=None, forms=_forms(request))


@router.post("/verify", dependencies=[Depends(csrf_form)])
def check(request: Request, _actor: Reader, session: Read, file: Annotated[UploadFile, File()]) -> Response:
    """Recompute the uploaded file and look it up among those issued; nothing of it is kept."""
    begin(request)
    shown: dict[str, Any] = {"name": file.filename or "", "forms": _forms(request), "finding": None}
    shown["kinds"] = KIND_LABELS
    shown["entry"] = entry = issued(session, _digest(file))
    try:
        finding = _examined(platform_of(request).catalogue, file)
    except Invalid as error:
        if entry is None:
            return render(request, "sla/verify.html", 422, state=FormState.refused({}, error), **shown)
        finding = None  # a PDF or a workbook says nothing that can be recomputed; the register knows it
    return render(request, "sla/verify.html", state=EMPTY, **(shown | {"finding": finding}))


def _digest(file: UploadFile) -> str:
    digest = Sm3()
    while piece := file.file.read(1 << 20):
        digest.update(piece)
    file.file.seek(0)
    return digest.hexdigest()


def _forms(request: Request) -> list[Form]:
    return list(platform_of(request).catalogue.forms.values())


def _examined(catalogue: Catalogue, file: UploadFile) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        try:
            if zipfile.is_zipfile(path):
                return examine_file(catalogue, path)
            return examine(catalogue, read_evidence(str(path)))
        except InputError as error:
            raise Invalid.field("file", error.said(_, file.filename or ""), code="unreadable_file") from None
