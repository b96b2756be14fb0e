"""Stanford CoreNLP as its own HTTP server, fetched by Maven and checked against the digests below.

Manning et al., "The Stanford CoreNLP Natural Language Processing Toolkit", ACL 2014; its quote annotator finds speakers
after Muzny et al., "A Two-stage Sieve Approach for Quote Attribution", EACL 2017.
"""

import hashlib
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from benchmarks.comparison.quotations import Offsets, Quotation

ANNOTATORS: Final = "tokenize,ssplit,pos,lemma,ner,depparse,coref,quote"
HEAP: Final = "4g"
_POM = Path(__file__).parent / "corenlp" / "pom.xml"
_JARS = Path(__file__).resolve().parents[2] / ".claimwire" / "corenlp"
_DIGESTS: Final = {  # SHA-256 of what Maven Central has
    "stanford-corenlp-4.5.10.jar": "f813ce4ed7319d79225f2a520d40733075c6b3500dd0b81ee069229e461aab43",
    "stanford-corenlp-4.5.10-models.jar": "a5da9f6feb35a0fd2ea2cbe8909bede3952965b238a68c833ae3e031ed9026a0",
}
_START = 600.0  # seconds
_READ = 1800.0  # seconds for one article; the first one loads the models
_NOBODY = "Unknown"


def fetch() -> Path:
    """Return the folder with the jars, copied by Maven the first time (half a gigabyte).

    Raises:
        RuntimeError: Maven is missing or failed, or a jar is not the one whose digest is known.
    """
    home = _JARS / hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]
    if not home.is_dir():
        maven = shutil.which("mvn")
        if maven is None:
            raise RuntimeError("mvn is not on the PATH; install Debian's package maven to fetch Stanford CoreNLP")
        _JARS.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="part-", dir=_JARS))
        command = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={part}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            shutil.rmtree(part, ignore_errors=True)
            raise RuntimeError(f"Maven could not fetch Stanford CoreNLP:\n{(done.stdout + done.stderr)[-2000:]}")
        part.rename(home)
    for name, digest in _DIGESTS.items():
        with (home / name).open("rb") as jar:
            if hashlib.file_digest(jar, "sha256").hexdigest() != digest:
                raise RuntimeError(f"{home / name} is not the file that is known; delete the folder and try again")
    return home


class CoreNlp:
    """A server of its own on a free port; two articles are annotated at once, since one keeps one core busy."""

    name = "Stanford CoreNLP 4.5.10"

    def __init__(self, cores: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        java = shutil.which("java")
        if java is None:
            raise RuntimeError("java is not on the PATH; install Java 17")
        command = [java, f"-Xmx{HEAP}", "-cp", f"{fetch()}/*", "edu.stanford.nlp.pipeline.StanfordCoreNLPServer"]
        command += ["-port", str(self._port), "-threads", str(cores), "-timeout", str(int(_READ * 1000))]
        self._server = subprocess.Popen(  # noqa: S603
            [*command, "-quiet", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._threads = ThreadPoolExecutor(cores)
        self._wait()

    def read(self, texts: Sequence[str]) -> list[list[Quotation]]:
        """Return the quotations of each text."""
        return list(self._threads.map(self._annotate, texts))

    def processes(self) -> list[int]:
        """Return the server's id."""
        return [self._server.pid]

    def close(self) -> None:
        """Stop the server."""
        self._server.terminate()
        self._server.wait()
        self._threads.shutdown()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START
        while True:
            with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", self._port)) as connection:
                connection.request("GET", "/live")
                if connection.getresponse().status == HTTPStatus.OK:
                    return
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server of Stanford CoreNLP did not start")
            time.sleep(0.2)

    def _annotate(self, text: str) -> list[Quotation]:
        # A line of an article is a paragraph, or a headline without a full stop.
        options = {"annotators": ANNOTATORS, "outputFormat": "json", "ssplit.newlineIsSentenceBreak": "always"}
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=_READ)) as connection:
            connection.request("POST", f"/?properties={quote(json.dumps(options))}", body=text.encode())
            response = connection.getresponse()
            body = response.read()
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"Stanford CoreNLP answered {response.status}: {body[:200].decode(errors='replace')}")
        return quotations(text, json.loads(body))


def quotations(text: str, annotated: dict[str, Any]) -> list[Quotation]:
    """Return the quotations in the server's answer, whose offsets are UTF-16 code units."""
    places = code_points(text)
    tokens = [token for sentence in annotated["sentences"] for token in sentence["tokens"]]
    found: list[Quotation] = []
    for row in annotated["quotes"]:
        first, last = row.get("mentionBegin"), row.get("mentionEnd")
        source: Offsets | None = None
        if isinstance(first, int) and isinstance(last, int) and 0 <= first <= last < len(tokens):
            source = places[tokens[first]["characterOffsetBegin"]], places[tokens[last]["characterOffsetEnd"]]
        # The speaker of its quote annotator, and the fullest mention of whom its coreference takes them for.
        named = [row.get(field) for field in ("speaker", "canonicalSpeaker")]
        found.append(
            Quotation(
                pieces=((places[row["beginIndex"]], places[row["endIndex"]]),),
                speakers=tuple(re.sub(r"\s+", " ", name) for name in named if name and name != _NOBODY),
                source=source,
            )
        )
    return found


def code_points(text: str) -> list[int]:
    """Return at which code point each UTF-16 code unit stands, and where the text ends."""
    return [at for at, letter in enumerate(text) for _ in range(len(letter.encode("utf-16-le")) // 2)] + [len(text)]
