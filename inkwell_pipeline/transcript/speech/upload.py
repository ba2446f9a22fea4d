"""A file and a few fields as a form (RFC 7578), sent as it is read.

Belongs here: the body's bytes. Does not: who gets them (`service.py`).
httpx would make the same form, but read the file on the loop.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.files import trouble
from inkwell_pipeline.threads import in_thread

__all__ = ["Form", "upload"]

READ_BYTES = 1 << 18


@dataclass(frozen=True)
class Form:
    """Sent once: `content` is the whole body, `headers` say how long it is."""

    path: Path
    before: bytes
    after: bytes
    size_bytes: int
    boundary: str

    @property
    def headers(self) -> Mapping[str, str]:
        length = len(self.before) + self.size_bytes + len(self.after)
        return {"Content-Type": f"multipart/form-data; boundary={self.boundary}", "Content-Length": str(length)}

    async def content(self) -> AsyncIterator[bytes]:
        """Raises: TransientError, where the file cannot be read, or is no longer as long as it was."""
        yield self.before
        left = self.size_bytes
        try:
            with await in_thread(self.path.open, "rb") as file:
                while left and (data := await in_thread(file.read, min(READ_BYTES, left))):
                    left -= len(data)
                    yield data
        except OSError as error:
            raise trouble(error, self.path, "read") from error
        if left:
            raise TransientError(f"{self.path} has become shorter while it was sent")
        yield self.after


async def upload(path: Path, fields: Sequence[tuple[str, str]]) -> Form:
    """A form with these fields, and the file as `file`. Raises: TransientError, where there is no such file."""
    boundary = uuid4().hex
    try:
        size = (await in_thread(path.stat)).st_size
    except OSError as error:
        raise trouble(error, path, "read") from error
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return Form(path, "".join([*parts, head]).encode(), f"\r\n--{boundary}--\r\n".encode(), size, boundary)
