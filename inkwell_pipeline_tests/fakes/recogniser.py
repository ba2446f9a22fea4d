"""A program that plays a recogniser: it reads the script of a spoken file back, with the faults that it is to have.

Run as a script: `python recogniser.py --script FILE [options] AUDIO`. Remembers each time that it is run: a line a run
in the file of `--calls`, with the size of the audio that it was given.

Belongs here: what recognisers do, well and badly. Does not: hearing.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

FAULTS = ("none", "fail", "garbage", "empty", "hang", "stubborn", "flood")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("audio", type=Path)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--calls", type=Path)
    parser.add_argument("--form", choices=("vtt", "srt", "json", "txt"), default="vtt")
    parser.add_argument("--to", choices=("output", "beside", "stem"), default="output")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that it works")
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--child", action="store_true", help="begins one that would outlive it")
    parser.add_argument("--chatter", action="store_true", help="says on its output what is no caption")
    asked = parser.parse_args()
    if asked.calls:
        with asked.calls.open("a") as file:
            file.write(f"{asked.audio.stat().st_size}\n")
    if asked.child:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # of the recogniser"])
    if asked.fault == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    work(asked.delay, hang=asked.fault in ("hang", "stubborn"))
    if asked.fault != "none":
        return failed(asked.fault)
    if asked.chatter:
        sys.stdout.write("Detecting language using up to the first 30 seconds.\nDetected language: English\n")
    give(written(json.loads(asked.script.read_text()), asked.form), asked)
    return 0


def failed(fault: str) -> int:
    if fault == "fail":
        sys.stderr.write("loading model\nerror: failed to open 'model.bin'\n")
        return 3
    if fault == "garbage":
        sys.stdout.buffer.write(bytes(range(256)) * 100)
    while fault == "flood":
        sys.stdout.write("x" * 65536)
    return 0


def give(text: str, asked: argparse.Namespace) -> None:
    if asked.to == "output":
        sys.stdout.write(f"{text}\n")
    elif asked.to == "beside":
        asked.audio.with_name(f"{asked.audio.name}.{asked.form}").write_text(text)
    else:
        asked.audio.with_suffix(f".{asked.form}").write_text(text)


def work(delay_s: float, *, hang: bool) -> None:
    """Says how far it is, as whisper.cpp does."""
    began_s = time.monotonic()
    while hang or time.monotonic() - began_s < delay_s:
        done = min(1.0, (time.monotonic() - began_s) / delay_s) if delay_s else 0.0
        sys.stderr.write(f"whisper_print_progress_callback: progress = {done * 100:3.0f}%\n")
        sys.stderr.flush()
        time.sleep(0.05)


def written(lines: list[tuple[float, float, str]], form: str) -> str:
    if form == "json":
        segments = [{"start": start, "end": end, "text": f" {text}"} for start, end, text in lines]
        return json.dumps({"text": " ".join(text for _, _, text in lines), "segments": segments, "language": "en"})
    if form == "txt":
        return "\n".join(text for _, _, text in lines)
    cues = []
    for number, (start, end, text) in enumerate(lines, start=1):
        times = f"{clock(start)} --> {clock(end)}"
        cues.append(f"{number}\n{times.replace('.', ',')}\n{text}\n" if form == "srt" else f"{times}\n{text}\n")
    return "\n".join(["WEBVTT\n", *cues] if form == "vtt" else cues)


def clock(seconds: float) -> str:
    return f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{seconds % 60:06.3f}"


if __name__ == "__main__":
    sys.exit(main())
