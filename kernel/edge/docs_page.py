"""The API's browsable page: made from our own OpenAPI document, loading nothing from outside."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from kernel.edge.access import public
from kernel.edge.routes import PageRouter
from kernel.identity.actor import Actor
from kernel.web.templating import render

router = PageRouter()


@router.get("/api/docs")
def page(request: Request, _actor: Annotated[Actor, Depends(public)]) -> Response:
    """Show every call with its parameters, body and answers."""
    document = request.app.openapi()
    return render(
        request, "identity/api_docs.html", calls=calls(document), version=document["info"]["version"]
    )


def calls(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the operations as rows for the page."""
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "words": operation.get("description", ""),
                    "parameters": [_parameter(p) for p in operation.get("parameters", ())],
                    "fields": _fields(document, body.get("schema", {})),
                    "statuses": ", ".join(operation["responses"]),
                }
            )
    return found


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "type": _type(parameter["schema"]),
        "required": parameter.get("required", False),
        "words": parameter.get("description", ""),
    }


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    name = schema.get("$ref", "").rpartition("/")[2]
    if not name:
        return []
    found = document["components"]["schemas"][name]
    required = found.get("required", ())
    return [
        {
            "name": key,
            "where": "body",
            "type": _type(value),
            "required": key in required,
            "words": value.get("description", ""),
        }
        for key, value in found.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"{_type(schema.get('items', {}))}[]"
    return str(schema.get("format", kind))
