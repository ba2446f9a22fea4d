"""The process in which faster-whisper works. Run as a script, by its path, with one argument: JSON of what is asked.

Writes one JSON on its output: `language` and `segments`, with the names that Whisper itself uses; on its errors, how
far it is. Ends with 1 where it fails, and its last line says why.

Belongs here: asking faster-whisper. Does not: anything of the package, which is not imported.
"""

import json
import sys
from typing import Any

__all__ = ["main"]


def main() -> int:
    asked = json.loads(sys.argv[1])
    try:
        json.dump(_transcribed(asked), sys.stdout)
    except Exception as error:  # whatever it is: the run makes a line of it
        says = " ".join(str(error).split())
        sys.stderr.write(f"\n{type(error).__name__}: {says}\n")
        return 1
    return 0


def _transcribed(asked: dict[str, Any]) -> dict[str, Any]:
    from faster_whisper import WhisperModel

    model = WhisperModel(
        asked["model"], device=asked["device"], compute_type=asked["compute_type"], download_root=asked["folder"]
    )
    # what was said before does not prompt what comes: a loop, once begun, would feed itself
    segments, about = model.transcribe(
        asked["audio"],
        language=asked["language"],
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    found = []
    for segment in segments:  # made one by one
        found.append(_segment(segment))
        if about.duration:
            sys.stderr.write(f"{min(1.0, segment.end / about.duration):.1%}\n")
            sys.stderr.flush()
    return {"language": about.language, "segments": found}


def _segment(segment: Any) -> dict[str, Any]:
    words = [
        {"word": word.word, "start": word.start, "end": word.end, "probability": word.probability}
        for word in segment.words or ()
    ]
    said = {name: getattr(segment, name) for name in ("start", "end", "text", "avg_logprob", "no_speech_prob")}
    return {**said, "words": words}


if __name__ == "__main__":
    sys.exit(main())
