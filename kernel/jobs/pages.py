"""The run table as operations see it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import select

from kernel.edge import PageRouter, Read, require
from kernel.identity.actor import Actor
from kernel.jobs.models import JobState
from kernel.web.templating import render

router = PageRouter()


@router.get("/jobs")
def listing(
    request: Request, session: Read, _actor: Annotated[Actor, Depends(require("jobs.read"))]
) -> Response:
    """List the jobs with their latest run."""
    rows = session.scalars(select(JobState).order_by(JobState.name)).all()
    return render(request, "jobs/list.html", rows=rows)
