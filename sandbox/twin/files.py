"""Uploaded files of the twin: in the pretended S3, with a copy on this machine for when it has forgotten them."""

from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from shop.adapters.files_s3 import MediaStorage


class KeptMedia(MediaStorage):
    """The shop's adapter. What the bucket lost, or what the demo laid on the disk, is put into it when it is opened."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.copies = FileSystemStorage()

    def _save(self, name: str, content: Any) -> str:
        saved = str(super()._save(name, content))
        content.seek(0)
        if not self.copies.exists(saved):
            self.copies.save(saved, content)
        return saved

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if self.copies.exists(name) and not super().exists(name):
            with self.copies.open(name) as copy:
                super()._save(name, ContentFile(copy.read()))
        opened: File[bytes] = super()._open(name, mode)
        return opened

    def exists(self, name: str) -> bool:
        return bool(super().exists(name)) or self.copies.exists(name)

    def delete(self, name: str) -> None:
        super().delete(name)
        self.copies.delete(name)
