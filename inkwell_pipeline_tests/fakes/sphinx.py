"""A real recogniser behind a command: CMU PocketSphinx, whose wheel holds a small English model.

Run as a script: `python sphinx.py AUDIO`, any file that ffmpeg reads. Writes Whisper's JSON: words with their times.

Belongs here: asking the library. Does not: how well it hears, which is not much.
"""

import json
import subprocess
import sys
from typing import Any

RATE = 16000
FRAME_S = 0.01


def main() -> int:
    from pocketsphinx import Decoder, Endpointer

    converting = [
        "ffmpeg",
        "-v",
        "error",
        "-nostdin",
        "-i",
        sys.argv[1],
        "-ac",
        "1",
        "-ar",
        str(RATE),
        "-f",
        "s16le",
        "-",
    ]
    audio = subprocess.run(converting, capture_output=True, check=True).stdout
    decoder = Decoder(samprate=RATE, loglevel="FATAL")
    ears = Endpointer(window=0.2, sample_rate=RATE)
    segments, said = [], b""
    for at in range(0, len(audio) - ears.frame_bytes + 1, ears.frame_bytes):
        speech = ears.process(audio[at : at + ears.frame_bytes])
        if speech is not None:
            said += speech
        if said and not ears.in_speech:
            if words := heard(decoder, said, ears.speech_start):
                segments.append(words)
            said = b""
            sys.stderr.write(f"{at / len(audio):.0%}\n")
    if said and (words := heard(decoder, said, ears.speech_start)):
        segments.append(words)
    listed = []
    for words in segments:
        text = " ".join(word["word"] for word in words)
        listed.append({"start": words[0]["start"], "end": words[-1]["end"], "text": text, "words": words})
    json.dump({"language": "en", "segments": listed}, sys.stdout)
    return 0


def heard(decoder: Any, speech: bytes, begins_s: float) -> list[dict[str, Any]]:
    """The words of one utterance."""
    decoder.start_utt()
    decoder.process_raw(speech, full_utt=True)
    decoder.end_utt()
    return [
        {
            "word": one.word.partition("(")[0],
            "start": round(begins_s + one.start_frame * FRAME_S, 2),
            "end": round(begins_s + (one.end_frame + 1) * FRAME_S, 2),
        }
        for one in decoder.seg() or ()
        if one.word[0] not in "<["
    ]


if __name__ == "__main__":
    sys.exit(main())
