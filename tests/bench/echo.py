"""The floors: FastAPI with pydantic echoing a report, and a page that is only Jinja."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, Response
from jinja2 import Environment

from incidents.schemas import ReportIn

app = FastAPI()
ROWS = [{f"c{n}": f"value {n} of row {row}" for n in range(7)} for row in range(50)]
PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><title>floor</title>" + "<nav>" + "<a href='/x'>place</a>" * 40 + "</nav><table>"
    "{% for row in rows %}<tr>{% for key, cell in row.items() %}<td class='cell' data-label='{{ key }}'>"
    "<span class='badge badge--ok'>{{ cell }}</span></td>{% endfor %}</tr>{% endfor %}</table>"
)


@app.post("/echo", status_code=201)
async def echo(body: ReportIn) -> ReportIn:
    return body


@app.get("/page")
def page() -> Response:
    return Response(PAGE.render(rows=ROWS), media_type="text/html")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
