"""A process for `SideProcess` that answers what it is asked, late if it is to, or dies: `python -m ...fakes.echo`."""

import json
import os
import signal
import sys
import threading
import time
from typing import Any

__all__: list[str] = []


def _answer(message: dict[str, Any]) -> None:
    time.sleep(message.get("late_s", 0))
    told = {"number": message["number"], "text": message.get("text"), "pid": os.getpid(), "cancelled": cancelled}
    with writing:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print("what some library prints at its import", flush=True)  # noqa: T201
    writing, cancelled = threading.Lock(), list[int]()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("text") == "die":
            sys.stdout.write('{"number": 1, "te')  # in the midst of a line
            sys.stdout.flush()
            os._exit(1)
        if asked.get("text") == "fall silent":
            os.close(1)
            continue
        if "cancel" in asked:
            cancelled.append(asked["cancel"])
        else:
            threading.Thread(target=_answer, args=(asked,), daemon=True).start()
    os._exit(0)
