"""The floors: FastAPI with pydantic echoing a report, and the list page that is only Jinja."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI, Request, Response

from incidents import rules, views
from incidents.queries import Filter
from incidents.schemas import ReportIn
from kernel.clock import SystemClock
from kernel.web.setup import install_shell
from kernel.web.shell import Shell
from kernel.web.templating import render
from sla.contract_file import load_contract

app = FastAPI()


@app.post("/echo", status_code=201)
async def echo(body: ReportIn) -> ReportIn:
    return body


@app.get("/page")
def page(request: Request) -> Response:
    """The incident list's own template with rows that are already there: no database, nobody to identify."""
    return render(request, "incidents/list.html", **app.state.context)


def prepare() -> None:
    """Install the shell and fifty rows."""
    contract = load_contract("huaibei-2025")
    install_shell(app, Shell(clock=SystemClock(), zone=contract.zone), ("incidents",))
    rows = [
        SimpleNamespace(
            number=f"F20250303-{n:04}", title="收文登记页面无法保存", state="closed",
            fault_class="system_general", payers=["city"], major_since=None,
            started_at=datetime(2025, 3, 3, tzinfo=UTC),
        )
        for n in range(50)
    ]  # fmt: skip
    app.state.context = {
        "rows": rows, "next": None, "wanted": Filter(), "kept": [], "contract": contract,
        "names": views.Names(contract), "tones": views.TONES,
        "state_word": views.state_word, "state_keys": list(rules.STATE_LABELS),
    }  # fmt: skip


if __name__ == "__main__":
    prepare()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
