"""Uploads of a size that we choose: what is larger is read past and thrown away, never kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils.functional import lazy


class AtMost(FileUploadHandler):
    """Stands before the usual handlers. Wants to be there before anything reads the form (csrf_exempt views)."""

    def __init__(self, request: HttpRequest, largest: int) -> None:
        super().__init__(request)
        self.largest, self.seen, self.exceeded = largest, 0, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > self.largest:
            self.exceeded = True
            # The rest is still taken off the wire, so that the browser gets to read the answer.
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def limit_upload(request: HttpRequest, largest: int) -> AtMost:
    """Files of this request may come to so many bytes in sum; ask `.exceeded` once the form was read."""
    handler = AtMost(request, largest)
    request.upload_handlers.insert(0, handler)
    return handler


def most_bytes(own: int) -> int:
    """How large an uploaded file may be: `own`, what its reader takes, or less where less gets through."""
    return min(own, settings.UPLOAD_MOST_BYTES)


def in_words(own: int) -> str:
    """As people say it: "4 MB"."""
    return f"{most_bytes(own) // 1_000_000} MB"


def _beside_field(before: str, own: int) -> str:
    return f"{before}, at most {in_words(own)}"


# Worked out when it is shown: forms are made before settings are known.
beside_field = lazy(_beside_field, str)
