"""The multilingual encoder out of its packed file, and its pruned vocabulary."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers

from training.network import multilingual

WIDTH, INNER, VOCABULARY, POSITIONS = 32, 64, 3, 2
EPSILON = 1e-12


def block(scale: float, nibbles: list[int]) -> bytes:
    """Pack 32 weights as the file holds them: the first sixteen in the low halves."""
    halves = bytes(low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True))
    return np.float16(scale).tobytes() + halves


def packed(tensors: dict[str, bytes]) -> bytes:
    """Return a file of that format, with a tokenizer of one piece that nobody reads."""
    head = b"E5S1" + struct.pack("<I7if i", 1, WIDTH, 1, 2, INNER, VOCABULARY, POSITIONS, 2, EPSILON, 32)
    spelled, normalized = b"<s>", b"\x20\x00\x00\x00\x00"
    head += struct.pack("<5iQ", 1, 0, 0, 0, 0, len(spelled)) + struct.pack("<2I", 0, len(spelled))
    head += struct.pack("<f", 0.0) + spelled + struct.pack("<iI", 1, len(normalized)) + normalized
    directory = sum(2 + len(name) + 21 for name in tensors)
    at = len(head) + 4 + directory
    entries, body = b"", b""
    for name, raw in tensors.items():
        entries += struct.pack("<H", len(name)) + name.encode()
        entries += struct.pack("<BIQQ", 0, 0, at + len(body), len(raw))
        body += raw
    return head + struct.pack("<i", len(tensors)) + entries + body


def test_blocks_become_weights_by_their_names_in_the_network() -> None:
    """A weight is its half byte less eight, times the scale of its block; what is no matrix is f32 already."""
    nibbles = list(range(16)) * 2
    rows = [block(0.5, nibbles), block(2.0, nibbles[::-1]), block(0.0, nibbles)]
    bias = np.arange(WIDTH, dtype="<f4")
    narrow = b"".join(block(1.0, [8 + (row == column) for column in range(32)]) for row in range(32) for _ in range(2))
    content = packed({"emb.word": b"".join(rows), "l0.q.b": bias.tobytes(), "l0.fo.w": narrow})
    config, weights = multilingual.read_packed(content)
    assert (config["hidden_size"], config["intermediate_size"], config["vocab_size"]) == (WIDTH, INNER, VOCABULARY)
    words = weights["embeddings.word_embeddings.weight"]
    assert words.shape == (VOCABULARY, WIDTH)
    assert words[0].tolist() == [0.5 * (value - 8) for value in nibbles]
    assert words[1].tolist() == [2.0 * (value - 8) for value in nibbles[::-1]]
    assert not words[2].any()
    assert np.array_equal(weights["encoder.layer.0.attention.self.query.bias"], bias)
    assert weights["encoder.layer.0.output.dense.weight"].shape == (WIDTH, INNER)


def test_another_file_is_refused() -> None:
    """A file of another format is not taken for an encoder."""
    with pytest.raises(SystemExit, match="E5S1"):
        multilingual.read_packed(b"GGUF" + bytes(64))


@pytest.fixture
def whole() -> dict[str, Any]:
    """Return a tokenizer of pieces in several scripts, the most probable first."""
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        ".",
        "▁the",
        "漢",
        "▁мир",
        "ელი",
        "ություն",
        "ment",
        "ığı",
        "▁statement",
    ]
    pieces += ["▁schön", "e", "».", "the"]
    special = [{"id": number, "content": pieces[number], "special": True} for number in range(4)]
    for item in special:
        item |= {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "Unigram",
            "unk_id": 3,
            "vocab": [[piece, -float(number)] for number, piece in enumerate(pieces)],
        },
    }


def spelled(whole: dict[str, Any], kept: list[int]) -> list[str]:
    """Return the pieces of these numbers."""
    return [whole["model"]["vocab"][number][0] for number in kept]


def test_scripts_that_are_not_served_go_and_their_order_stays(whole: dict[str, Any]) -> None:
    """Special tokens keep their numbers; of Latin pieces those go first that no text needs."""
    kept = spelled(whole, multilingual.chosen(whole, ["▁statement"], 14))
    assert kept[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert "漢" not in kept
    assert {"▁мир", "ელი", "ություն", ".", "▁statement", "ığı", "e", "the"} <= set(kept)
    assert "▁schön" not in kept


def test_a_quotation_mark_is_a_piece_of_its_own(whole: dict[str, Any]) -> None:
    """A piece that joins one to another sign is not kept, since the edges of quotations are edges of spans."""
    assert "»." not in spelled(whole, multilingual.chosen(whole, [], 18))


def test_the_pruned_tokenizer_reads_what_it_kept(whole: dict[str, Any], tmp_path: Path) -> None:
    """Numbers are new and consecutive, the special tokens known, and a word is spelled by the pieces left."""
    kept = multilingual.chosen(whole, [], 14)
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(multilingual.pruned(whole, kept)), encoding="utf-8")
    backend = tokenizers.Tokenizer.from_file(str(file))
    assert backend.get_vocab_size() == len(kept)
    encoding = backend.encode("the мир", add_special_tokens=False)
    assert encoding.tokens == ["▁the", "▁мир"]
    assert encoding.ids == [spelled(whole, kept).index(piece) for piece in encoding.tokens]
    assert backend.token_to_id("</s>") == 2
