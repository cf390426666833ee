"""Addresses of the API that give a file."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AsAddressed(DefaultContentNegotiation):
    """The address says what comes: whoever asks for a PDF with `Accept: application/pdf` gets it, and a problem is JSON all the same."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type
