"""Description of the addresses, as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasrecipes.version import __version__

# What is said with each status, besides the answers' 200.
REFUSALS = {
    400: "the body cannot be read",
    401: "the token is missing",
    403: "a page of another site asks",
    404: "there is no such model",
    408: "the body came too slowly",
    413: "the body is too large",
    415: "the body is of a type that is not read",
    421: "the server has another name",
    422: "the input is not what the model takes",
    500: "the model failed",
    503: "too many requests wait",
}


def description(models: Sequence[str]) -> dict[str, Any]:
    """Describe the server.

    Args:
        models: names of those that answer.

    Returns:
        An OpenAPI document.
    """
    answers = {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "answers": {"type": "array", "items": {"type": "object"}},
        },
    }
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    refused = {
        str(code): {"description": text, "content": {"application/json": {"schema": error}}}
        for code, text in REFUSALS.items()
    }
    ok = {"description": "answers", "content": {"application/json": {"schema": answers}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "kerasrecipes", "version": __version__},
        "paths": {
            "/predict": {
                "post": {
                    "summary": "Answer for inputs, or generate without any",
                    "requestBody": {"content": _bodies(models)},
                    "responses": {"200": ok, **refused},
                }
            },
            "/models": {
                "get": {
                    "summary": "What the models take",
                    "responses": {"200": {"description": "models"}},
                }
            },
            "/health": {
                "get": {
                    "summary": "Whether the server answers",
                    "responses": {"200": {"description": "it does"}},
                }
            },
        },
    }


def _bodies(models: Sequence[str]) -> dict[str, Any]:
    """Return what a request may hold, by its type."""
    row = {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}
    file = {"type": "object", "properties": {"base64": {"type": "string"}}}
    inputs = {"type": "array", "items": {"oneOf": [{"type": "string"}, file, row]}}
    document = {
        "type": "object",
        "properties": {
            "model": {"type": "string", "enum": list(models)},
            "inputs": inputs,
            "options": {"type": "object"},
        },
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        "application/json": {"schema": document},
        "multipart/form-data": {"schema": {"type": "object"}},
        "text/plain": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
        "image/*": binary,
        "audio/*": binary,
    }
