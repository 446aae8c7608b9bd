"""The style guide: every component in every state, to look at and to check; in demonstrations only."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from kernel.edge.access import require
from kernel.errors import Invalid
from kernel.web.flash import see_other
from kernel.web.forms import FormState
from kernel.web.security import csrf_form
from kernel.web.styleguide import samples
from kernel.web.templating import render

router = APIRouter(prefix="/styleguide", include_in_schema=False)
MAY = Depends(require("shell.styleguide"))


@router.get("", dependencies=[MAY])
def styleguide(request: Request) -> HTMLResponse:
    """Show every component in every state."""
    return _page(request, FormState({"modules": ["mail"], "kind": "line"}))


@router.get("/fragment", dependencies=[MAY])
def fragment(request: Request) -> HTMLResponse:
    """Return the piece that the page fetches again when it is told of a change."""
    return render(request, "styleguide_fragment.html")


@router.post("", dependencies=[MAY, Depends(csrf_form)])
async def submit(request: Request) -> Response:
    """Refuse a form without a title, keeping what was typed."""
    data = await request.form()
    values = {key: data.getlist(key) if key == "modules" else data[key] for key in data}
    if values.get("title"):
        return see_other("/styleguide", str(samples.SAVED))
    return _page(request, FormState.refused(values, Invalid.field("title", str(samples.TITLE_MISSING))), 422)


def _page(request: Request, form: FormState, status: int = 200) -> HTMLResponse:
    now = request.app.state.shoushi.clock.now()
    return render(request, "styleguide.html", status, form=form, **samples.all_samples(now))
