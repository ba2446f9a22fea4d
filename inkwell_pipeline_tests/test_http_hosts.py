"""Whom we ask, and who is told a secret: no private host unasked for, no token in an error or at another host."""

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from inkwell_pipeline.errors import ConfigError, InkwellError, PermanentError
from inkwell_pipeline.http import Answer, Http, auth_header, open_http, same_host, without_secrets
from inkwell_pipeline.settings import Auth
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost

SECRETS = ("ada", "hunter2", "s3cr3t")


@pytest.fixture
async def careful() -> AsyncIterator[Http]:
    """As the user has it who sets nothing."""
    async with open_http(limit=4, allow_private_hosts=False) as http:
        yield http


async def get(http: Http, url: str, *, max_bytes: int = 100_000, headers: Mapping[str, str] | None = None) -> Answer:
    async with asyncio.timeout(60):
        return await http.get(url, max_bytes=max_bytes, headers=headers, feed="rivers", episode="The gauge")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
async def test_private_hosts_are_refused_by_default(careful: Http, address: str) -> None:
    """A feed must not make us ask the user's router or a cloud's metadata; the error names the setting."""
    with pytest.raises(PermanentError, match="private network; `allow_private_hosts: true` permits"):
        await get(careful, f"http://{address}/latest/meta-data")


async def test_a_refused_host_is_not_even_asked(host: PodcastHost, careful: Http) -> None:
    """The request itself can do harm; the same host answers where the user allows it (all other tests here)."""
    with pytest.raises(PermanentError, match="private network"):
        await get(careful, host.publish("/feed.xml", b"<rss/>"))

    assert host.asked == []


# In a network namespace of its own a process may give loopback a public address, and be its own name server: the real
# thing, without a network. Prints what became of /public and of /feed, and what the host was asked for.
NETWORK_OF_ITS_OWN = """
import asyncio, fcntl, socket, struct, sys, threading
from inkwell_pipeline.http import open_http

def up(name, address=None):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        if address:  # SIOCSIFADDR, then SIOCSIFFLAGS: up and running
            request = struct.pack("16sHH4s8s", name, socket.AF_INET, 0, socket.inet_aton(address), b"")
            fcntl.ioctl(control, 0x8916, request)
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14s", name, 0x41, b""))

def serve_names(server, addresses):
    while True:
        query, client = server.recvfrom(512)
        end = query.index(0, 12) + 1
        known = [next(addresses)] if query[end : end + 2] == b"\\0\\1" else []  # A, and no AAAA
        answer = query[:2] + struct.pack(">5H", 0x8180, 1, len(known), 0, 0) + query[12 : end + 4]
        for address in known:
            answer += struct.pack(">3HIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(address)
        server.sendto(answer, client)

asked = []

async def converse(reader, writer):
    path = (await reader.readuntil(b"\\r\\n\\r\\n")).split()[1].decode()
    asked.append(path)
    head = f"HTTP/1.1 301 Moved\\r\\nLocation: {redirect}\\r\\n" if path == "/feed" else "HTTP/1.1 200 OK\\r\\n"
    writer.write(head.encode() + b"Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
    await writer.drain()
    writer.close()

async def main():
    async with await asyncio.start_server(converse, None, 80), open_http(limit=1, allow_private_hosts=False) as http:
        for path in ("/public", "/feed"):
            try:
                await http.get(f"http://{host}{path}", max_bytes=10)
                print("answered")
            except Exception as error:
                print(repr(error))
    print(*asked)

host, redirect, *addresses = sys.argv[1:]
up(b"lo")
up(b"lo:1", "93.184.216.34")
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
threading.Thread(target=serve_names, args=(names, iter(addresses)), daemon=True).start()
asyncio.run(main())
"""


def in_a_network_of_its_own(folder: Path, *arguments: str) -> list[str]:
    """The lines that NETWORK_OF_ITS_OWN prints; skips the test where the machine gives no process such a network."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    unshare = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c"]
    inside = [*unshare, 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(folder / "resolv.conf")]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine gives no process a network of its own")
    command = [*inside, sys.executable, "-c", NETWORK_OF_ITS_OWN, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout.splitlines()


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "http://127.0.0.1/secret", "http://[::1]/secret"])
def test_a_public_host_cannot_redirect_to_a_private_one(tmp_path: Path, target: str) -> None:
    """The usual way in: a harmless address in the feed, and a redirect to where only we can go."""
    public, feed, asked = in_a_network_of_its_own(tmp_path, "93.184.216.34", target)

    assert public == "answered"
    assert re.match(r"PermanentError\('.* is in a private network", feed)
    assert asked == "/public /feed", "and nothing where it led"


def test_a_name_cannot_change_its_address_behind_our_back(tmp_path: Path) -> None:
    """Public when it is looked at, private when it is connected to (DNS rebinding): nothing is read of the answer."""
    addresses = ["93.184.216.34", "93.184.216.34", "93.184.216.34", "127.0.0.1"]
    public, feed, asked = in_a_network_of_its_own(tmp_path, "rivers.example.com", "/", *addresses)

    assert public == "answered"
    assert "rivers.example.com is in a private network" in feed
    assert asked == "/public /feed"


@pytest.mark.parametrize("fault", ["404", "redirects", "refused", "private", "no address", "too large"])
async def test_an_error_tells_no_secret(host: PodcastHost, http: Http, careful: Http, fault: str) -> None:
    """Private feeds have a password or a token in their address; logs and manifests are shown to others."""
    place = f"localhost:{host.server.port}"
    if fault == "refused":
        place = f"127.0.0.1:{unused_port()}"
    if fault == "no address":
        place = "[bad"
    host.publish("/large", b"x" * 1000)
    host.redirects["/redirects"] = f"http://ada:hunter2@{place}/redirects?token=s3cr3t"
    path = {"redirects": "redirects", "too large": "large"}.get(fault, "feed")
    url = f"http://ada:hunter2@{place}/{path}?token=s3cr3t#s3cr3t"

    with pytest.raises(InkwellError) as caught:
        await get(careful if fault == "private" else http, url, max_bytes=999)

    told = [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
    assert not [secret for secret in SECRETS if any(secret in text for text in told)]


def test_an_address_is_shown_without_its_secrets() -> None:
    """What is left still says which host and which path; where nothing can be told apart, nothing is shown."""
    assert without_secrets("https://ada:hunter2@example.com:8443/feed?t=1#f") == "https://example.com:8443/feed?…"
    assert without_secrets("http://[::1]:80/feed") == "http://[::1]:80/feed"
    assert without_secrets("https://ada:hunter2@[bad/?t=1") == "an address that is not one"


async def test_a_secret_stays_with_the_host_it_is_for(host: PodcastHost, http: Http) -> None:
    """It goes along where the same host redirects, and not to another one."""
    host.publish("/moved", b"")
    host.publish("/elsewhere", b"")
    host.redirects |= {"/1": "/moved", "/2": host.url("/elsewhere").replace("localhost", "127.0.0.1")}

    for path in ("/1", "/2"):
        await get(http, host.url(path), headers={"Authorization": "Bearer s3cr3t"})

    assert host.authorizations["/moved"] == "Bearer s3cr3t"
    assert host.authorizations["/elsewhere"] is None


async def test_a_redirect_cannot_say_who_we_are(host: PodcastHost, http: Http) -> None:
    """A name and a password in its address would take the place of the secret that the config names."""
    host.publish("/moved", b"")
    host.redirects["/1"] = f"http://eve:guess@localhost:{host.server.port}/moved"

    await get(http, host.url("/1"), headers={"Authorization": "Bearer s3cr3t"})

    assert host.authorizations["/moved"] == "Bearer s3cr3t"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://Example.com/x", True),
        ("https://example.com:443/x", True),
        ("https://ada@example.com/x", True),
        ("http://example.com/x", False),
        ("https://example.com:8443/x", False),
        ("https://example.com.evil.org/x", False),
        ("https://example.com@evil.org/x", False),
        ("https://[bad", False),
        ("", False),
    ],
)
def test_a_host_is_the_same_by_scheme_name_and_port(other: str, same: bool) -> None:
    """Whoever may see a private feed's secret; in doubt nobody."""
    assert same_host("https://example.com/feed", other) is same


def test_a_feeds_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7617 in UTF-8, RFC 6750; a feed without `auth` sends nothing."""
    monkeypatch.setenv("NAME", "ada")
    monkeypatch.setenv("PASSWORD", "hünter2")
    basic, bearer = Auth(username_env="NAME", password_env="PASSWORD"), Auth(bearer_env="NAME")

    assert auth_header(None, feed="rivers") == {}
    assert auth_header(bearer, feed="rivers") == {"Authorization": "Bearer ada"}
    assert auth_header(basic, feed="rivers") == {"Authorization": "Basic YWRhOmjDvG50ZXIy"}


@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_that_is_not_set_is_an_error_of_the_config(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """It names the variable and the feed; without it the host's 401 would send the user looking elsewhere."""
    monkeypatch.delenv("TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("TOKEN", value)

    with pytest.raises(ConfigError, match=r"^feed rivers: the environment variable TOKEN.* is not set"):
        auth_header(Auth(bearer_env="TOKEN"), feed="rivers")


async def test_a_secret_that_cannot_be_sent_is_an_error_without_it(host: PodcastHost, http: Http) -> None:
    """A header is ASCII: a token pasted with something else in it fails, and is not shown."""
    headers = {"Authorization": "Bearer s3cr3té"}

    with pytest.raises(PermanentError, match="cannot be asked for") as caught:
        await get(http, host.url("/feed"), headers=headers)

    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
