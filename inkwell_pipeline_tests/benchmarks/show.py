"""A made-up show of any size, on a loopback server, for measurements.

Belongs here: text that is as long and as varied as talk, and a plain server for it. Does not: the measuring.
"""

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

__all__ = ["make_show", "served", "served_apart", "write_config"]

SYLLABLES = re.findall("..?[aeiou]n?", "bacedifogulamenuporusatevizobradrofligrestoplamorkanlis")


def make_show(folder: Path, base_url: str, *, episodes: int, transcript_bytes: int) -> None:
    """Writes `feed.xml` and a VTT for each episode; the same arguments give the same bytes."""
    items = []
    for number in range(episodes):
        (folder / f"{number}.vtt").write_text(_captions(random.Random(number), transcript_bytes))
        items.append(
            f"<item><title>Episode {number}</title><guid>bench-{number}</guid>"
            f"<pubDate>{1 + number % 28} {['Jan', 'Feb', 'Mar', 'Apr'][number // 28 % 4]} 2024 09:00 GMT</pubDate>"
            f'<enclosure url="{base_url}/{number}.mp3" length="1" type="audio/mpeg"/>'
            f"<description>&lt;p&gt;About &lt;a href='https://example.com/{number}'&gt;it&lt;/a&gt;.&lt;/p&gt;</description>"
            f'<podcast:transcript url="{base_url}/{number}.vtt" type="text/vtt"/></item>'
        )
    (folder / "feed.xml").write_text(
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Bench</title>'
        f"{''.join(items)}</channel></rss>"
    )


def write_config(folder: Path, base_url: str, *, newest: int, more: str = "") -> None:
    """An `inkwell.yaml` whose one feed, `bench`, is the show; `more` are lines of it."""
    feed = f"bench: {{url: {base_url}/feed.xml}}"
    (folder / "inkwell.yaml").write_text(f"allow_private_hosts: true\nnewest: {newest}\n{more}feeds:\n  {feed}\n")


@contextmanager
def served(folder: Path, *, port: int = 0) -> Iterator[str]:
    """Serves `folder` on loopback; gives the base URL."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """No line for each request."""

    with ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def served_apart(folder: Path) -> Iterator[str]:
    """The same in a process of its own, which takes no time from the one that is measured."""
    call = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        port = re.search(r" port (\d+) ", server.stdout.readline())
        assert port is not None
        try:
            yield f"http://127.0.0.1:{port[1]}"
        finally:
            server.terminate()


def _captions(chance: random.Random, size: int) -> str:
    """Sentences of a vocabulary whose words come in bursts, as topics do."""
    common = ["".join(chance.choices(SYLLABLES, k=2)) for _ in range(300)]
    parts, length, at_s = ["WEBVTT\n"], 0, 0.0
    while length < size:
        topic = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(12)]
        for _ in range(20):
            words = [chance.choice(topic if chance.random() < 0.2 else common) for _ in range(chance.randint(7, 18))]
            text = " ".join(words).capitalize() + "."
            cue = f"\n{_time(at_s)} --> {_time(at_s + 4)}\n<v Speaker {chance.randint(1, 2)}>{text}\n"
            parts.append(cue)
            length, at_s = length + len(cue), at_s + 4.2
    return "".join(parts)


def _time(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"
