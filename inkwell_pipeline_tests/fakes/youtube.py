"""What YouTube says of videos and their captions, over loopback HTTP, to the extra's library.

Belongs here: the page, the player's answer, the captions; and a session of requests that finds them here. Does not:
what is made of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import requests
from pytest_httpserver import HTTPServer
from requests.adapters import HTTPAdapter
from werkzeug import Request, Response

__all__ = ["Track", "YouTube"]


@dataclass(frozen=True)
class Track:
    """Captions of a video: text, start and length in seconds."""

    language: str
    lines: Sequence[tuple[str, float, float]]
    automatic: bool = False


@dataclass
class YouTube:
    """`videos`: the tracks of each, by id. `status`: of its page; `broken`: what it gives for captions are none."""

    server: HTTPServer
    videos: dict[str, Sequence[Track]] = field(default_factory=dict)
    status: int = 200
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.expect_request("/watch").respond_with_handler(self._page)
        self.server.expect_request("/youtubei/v1/player").respond_with_handler(self._player)
        self.server.expect_request("/api/timedtext").respond_with_handler(self._captions)

    def session(self) -> requests.Session:
        """One whose requests to YouTube come here."""
        session = requests.Session()
        session.mount("https://www.youtube.com", _Here(str(self.server.url_for("")).rstrip("/")))
        return session

    def _page(self, request: Request) -> Response:
        self.asked.append(request.args["v"])
        return Response('{"INNERTUBE_API_KEY": "key-1"}', status=self.status)

    def _player(self, request: Request) -> Response:
        video = request.get_json()["videoId"]
        if video not in self.videos:
            said: dict[str, Any] = {"playabilityStatus": {"status": "ERROR", "reason": "This video is unavailable"}}
        elif not self.videos[video]:
            said = {"playabilityStatus": {"status": "OK"}}
        else:
            tracks = [_track(video, nth, track) for nth, track in enumerate(self.videos[video])]
            renderer = {"captionTracks": tracks, "translationLanguages": []}
            said = {"playabilityStatus": {"status": "OK"}, "captions": {"playerCaptionsTracklistRenderer": renderer}}
        return Response(json.dumps(said), content_type="application/json")

    def _captions(self, request: Request) -> Response:
        if self.broken:
            return Response("")
        lines = self.videos[request.args["v"]][int(request.args["track"])].lines
        texts = "".join(f'<text start="{start}" dur="{length}">{escape(text)}</text>' for text, start, length in lines)
        return Response(f"<transcript>{texts}</transcript>", content_type="text/xml")


def _track(video: str, nth: int, track: Track) -> dict[str, Any]:
    return {
        "baseUrl": f"https://www.youtube.com/api/timedtext?v={video}&track={nth}",
        "name": {"runs": [{"text": track.language}]},
        "languageCode": track.language,
        "kind": "asr" if track.automatic else "",
        "isTranslatable": False,
    }


class _Here(HTTPAdapter):
    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.url = (request.url or "").replace("https://www.youtube.com", self._here)
        return super().send(request, *args, **more)
