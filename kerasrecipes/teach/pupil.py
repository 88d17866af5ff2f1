"""The process that learns: a command of the program's own, which ends with whoever began it.

    python -m kerasrecipes.teach.pupil run lenet --data …

Its standard input stays open for as long as it is wanted. Where it ends, because somebody pressed
stop or because the server is gone, however that happened, the training stops as by Ctrl-C: it saves
its state, and can go on.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import IO

GRACE = 60.0  # seconds in which a training saves its state


def main() -> None:
    """Run the program with this process's words, until standard input ends."""
    wanted = os.fdopen(os.dup(0), "rb")
    # What reads standard input finds it empty, and processes begun here do not keep it open.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with, args=(wanted,), daemon=True).start()
    sys.argv[0] = "kerasrecipes"
    runpy.run_module("kerasrecipes", run_name="__main__", alter_sys=True)


def _end_with(wanted: IO[bytes]) -> None:
    wanted.read()
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # so that the main thread wakes from what it waits for
    else:
        signal.raise_signal(signal.SIGINT)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
