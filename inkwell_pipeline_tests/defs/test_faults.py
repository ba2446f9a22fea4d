"""What faults cost: bad episodes, killed and stopped processes, two at once, a full disk. All with real processes.

`INKWELL_KILLS` says at how many moments a run is killed (default: 2; CI: 10); it is stopped once by each signal, or
at half as many moments.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inkwell_pipeline_tests.defs.show import EPISODES, Place, is_empty, publish_show
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost

KILLS = int(os.environ.get("INKWELL_KILLS", "2"))
SOON_S = 15  # 5 on a machine that does nothing else
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def place(host: PodcastHost, tmp_path: Path) -> Place:
    """A place where nothing has run yet, and the show of ten episodes at the host."""
    publish_show(host)
    place = Place(tmp_path / "place")
    place.configure(host)
    return place


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    """The undisturbed notes, made once."""
    return {}


@pytest.fixture
def undisturbed(host: PodcastHost, place: Place, tmp_path: Path, kept: dict[str, bytes]) -> dict[str, bytes]:
    """The notes that one run makes which nothing befalls, elsewhere."""
    if not kept:
        other = Place(tmp_path / "undisturbed")
        other.configure(host)
        status, out, errors = other.run()
        assert (status, len(other.notes)) == (0, EPISODES), out + errors
        kept |= other.notes
        host.asked.clear()
    return kept


def test_two_bad_episodes_of_ten_cost_two_notes(host: PodcastHost, place: Place) -> None:
    """Eight notes, a red run that names both and says what to do; repaired, just those two are asked for again."""
    lost = {path: host.bodies.pop(path) for path in ("/3.vtt", "/7.vtt")}

    status, out, errors = place.run()

    assert status == 1
    assert len(place.notes) == EPISODES - 2
    assert "rivers: 8 notes, 8 of them written now, 2 failed" in out
    lines = errors.splitlines()
    assert [line.split(":")[0].strip() for line in lines[::2]] == [
        "feed rivers, episode Episode 7",
        "feed rivers, episode Episode 3",
    ]
    assert all(
        line.strip().startswith("what to do: tell the publisher, or put a transcript at") for line in lines[1::2]
    )

    for path, body in lost.items():
        host.publish(path, body, "text/vtt")
    host.asked.clear()
    status, out, errors = place.run()

    assert (status, errors) == (0, "")
    assert "rivers: 10 notes, 2 of them written now" in out
    assert sorted(host.asked) == ["/3.vtt", "/7.vtt", "/rivers.xml"]


def a_moment_of(process: "subprocess.Popen[str]", host: PodcastHost, chance: random.Random) -> None:
    """Waits until some number of requests has come, and a little longer: any time of a run, on any machine."""
    requests, longer_s = chance.randint(0, EPISODES + 1), chance.uniform(0, 0.6)
    began = len(host.asked)
    until = time.monotonic() + 60
    while len(host.asked) < began + requests and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(longer_s)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_is_completed_by_the_next(
    host: PodcastHost, place: Place, undisturbed: dict[str, bytes], seed: int
) -> None:
    """`kill -9` at any moment: the next run makes the same notes, leaves no half file, and no run stays started."""
    host.delays_s = {f"/{number}.vtt": 0.1 for number in range(1, EPISODES + 1)}
    process = place.start()
    a_moment_of(process, host, random.Random(seed))
    process.kill()
    process.communicate()
    before = host.asked.copy()

    status, out, errors = place.run()

    assert (status, errors) == (0, ""), out
    assert place.notes == undisturbed
    assert place.temporaries == []
    assert place.unfinished_runs() == []
    # what was in the cache when the process died is not asked for again; two may have been under way
    assert len([path for path in host.asked if path.endswith(".vtt")]) <= EPISODES + 2, before


@pytest.mark.parametrize("seed", range(max(len(STOPS), KILLS // 2)))
def test_a_stopped_run_ends_soon_and_whole(
    host: PodcastHost, place: Place, undisturbed: dict[str, bytes], seed: int
) -> None:
    """Within 5 s at any moment of a run, with 130, no child and no half file; the next run completes it."""
    host.delays_s = {f"/{number}.vtt": 0.1 for number in range(1, EPISODES + 1)}
    process = place.start()
    host.wait_until_asked("/rivers.xml")  # before it, Python itself may be what is stopped
    a_moment_of(process, host, random.Random(seed))
    process.send_signal(STOPS[seed % len(STOPS)])
    out, errors = process.communicate(timeout=SOON_S)

    assert process.returncode in (130, 0)  # 0: it had ended before
    assert is_empty(process.pid)
    if process.returncode == 130:
        assert errors == "stopped; what was done is kept, and the next run goes on from there\n", out
    assert place.temporaries == []
    assert place.unfinished_runs() == []
    status, out, errors = place.run()
    assert (status, errors) == (0, ""), out
    assert place.notes == undisturbed


def test_two_runs_of_one_feed_at_once_do_no_harm(
    host: PodcastHost, place: Place, undisturbed: dict[str, bytes]
) -> None:
    """As when two of cron's overlap: the same notes as one run makes, none lost, none double."""
    host.delays_s = {f"/{number}.vtt": 0.05 for number in range(1, EPISODES + 1)}
    processes = [place.start(), place.start()]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in processes]

    assert [(errors, status) for _, errors, status in ends] == [("", 0), ("", 0)]
    assert place.notes == undisturbed
    assert place.temporaries == []
    assert place.unfinished_runs() == []


def on_a_small_disk(place: Place, at: str, *, kilobytes: int) -> tuple[int, str]:
    """A run whose folder `at` is a disk of that size; its status and errors. Skips where no disk can be made."""
    (place.folder / at).mkdir(parents=True)
    program = Path(sys.executable).parent / "inkwell-pipeline"
    mounted = f'mount -t tmpfs -o size={kilobytes}k none "$0" && '
    inside = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*inside, mounted + "true", place.folder / at], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine gives no process a disk of its own")
    keep = f'; status=$?; cp -r "$0" "{place.folder}/kept"; exit $status'
    done = subprocess.run(
        [*inside, mounted + f"{program} run" + keep, place.folder / at],
        cwd=place.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_full_disk_under_the_data_is_a_line_and_no_loss(
    host: PodcastHost, place: Place, undisturbed: dict[str, bytes]
) -> None:
    """Which file, why, and what to do; with room again the run completes."""
    place.configure(host, more="data_dir: small/data\n")

    status, errors = on_a_small_disk(place, "small", kilobytes=100)

    assert status == 1
    assert "disk is full" in errors or "No space left on device" in errors
    assert "what to do: " in errors
    assert "Traceback" not in errors
    status, out, errors = place.run()
    assert (status, errors) == (0, ""), out
    assert place.notes == undisturbed


def test_a_full_disk_under_the_vault_costs_no_whole_note(
    host: PodcastHost, place: Place, undisturbed: dict[str, bytes]
) -> None:
    """What stands in the vault is whole; what did not fit is named, and made with room again."""
    place.configure(host, more="vault: small/vault\n")

    status, errors = on_a_small_disk(place, "small", kilobytes=32)

    assert status == 1
    assert "No space left on device" in errors
    assert "make room where `vault` lies" in errors
    kept = place.folder / "kept" / "vault"
    assert {path.relative_to(kept).as_posix(): path.read_bytes() for path in kept.rglob("*.md")}.items() <= (
        undisturbed.items()
    )
    assert not list(kept.rglob("*.tmp"))
    place.configure(host)
    status, out, errors = place.run()
    assert (status, errors) == (0, ""), out
    assert place.notes == undisturbed


@pytest.mark.parametrize("key", ["data_dir", "vault"])
def test_a_file_where_a_folder_should_be_is_a_line(host: PodcastHost, place: Place, key: str) -> None:
    """It names the file and what to do, ends with 1, and the file is as it was."""
    (place.folder / "taken").write_text("mine")
    place.configure(host, more=f"{key}: taken\n")

    status, _, errors = place.run()

    assert status == 1
    assert str(place.folder / "taken") in errors
    assert "what to do: " in errors
    assert "Traceback" not in errors
    assert (place.folder / "taken").read_text() == "mine"
