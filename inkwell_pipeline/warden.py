"""A process between a run and a program that it has begun: it ends the program, and what that has begun, with the run.

Run as a script, by its path: `python -I -S warden.py GRACE_S PROGRAM [ARGUMENT]...`; nothing of the package is
imported, so that it begins in 60 ms. Its input is a pipe that the run holds and never writes to: when that ends, be it
by `kill -9`, the program's process group gets SIGTERM, and SIGKILL after the grace. Signals of a terminal pass it by.
Output and errors are the program's own. It ends as the program does: with its status, or 128 and the signal's number.

Belongs here: what must outlive a run. Does not: what a run makes of a program (`programs.py`).
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["CANNOT_RUN"]

CANNOT_RUN = 127  # the program is not there, or is none; the same as a shell's
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = (
    1,
    36,
)  # Linux, prctl(2); the latter: orphans become ours, whatever their group
LOOK_AGAIN_S = 0.05


def main() -> int:
    grace_s, *command = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    child_ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ends, warn_on_full_buffer=False)
    try:
        program = subprocess.Popen(  # noqa: S603  the user's own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_heed_signals,  # noqa: PLW1509  there is one thread here
        )
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return CANNOT_RUN
    _let_go_of_output()
    while program.poll() is None:
        ready, _, _ = select.select([0, child_ended], [], [])
        if child_ended in ready:
            os.read(child_ended, 4096)
        if 0 in ready:  # only its end can come
            _end(program, float(grace_s))
            break
    _kill_the_rest(program.pid)
    status = program.returncode
    return status if status >= 0 else 128 - status


def _heed_signals() -> None:
    """In the child, before the program: what we ignore it would ignore, too. It dies with us, if we are killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(Exception):  # not on Linux, or Python has no ctypes: the process group is all there is
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _let_go_of_output() -> None:
    """The run sees the end of the program's output when the program ends, not when we do."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _end(program: "subprocess.Popen[bytes]", grace_s: float) -> None:
    _signal_group(program.pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while program.poll() is None and time.monotonic() < until:
        time.sleep(LOOK_AGAIN_S)
    _signal_group(program.pid, signal.SIGKILL)
    program.wait()


def _kill_the_rest(group: int) -> None:
    """What the program has begun and left behind: in its group, or ours as orphans, children of children too."""
    _signal_group(group, signal.SIGKILL)
    for _ in range(1000):  # each that dies may leave us its own
        children = _children()
        if not children:
            return
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(group, number)


def _children() -> list[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(number) for number in listed.split()]


if __name__ == "__main__":
    sys.exit(main())
