"""Uploads of a size that we choose: what is larger is read past and thrown away, never kept."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest


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
