"""The broker of one machine: messages are files of a folder, as kombu's file-system transport has them, but never half written.

kombu opens a message's file under its own name and writes afterwards; a worker that looks in between reads an empty file and ends."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: Any, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Write the message beside, then give it the name that workers look for."""
        name = Path(self.data_folder_out) / f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = name.with_suffix(".part")
        try:
            unfinished.write_text(dumps(message))  # type: ignore[no-untyped-call]
            unfinished.rename(name)
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {self.data_folder_out}") from error


class Transport(filesystem.Transport):
    Channel = Channel
