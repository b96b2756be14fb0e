"""Lock files pin by hash, and name no place to install from."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted([*(ROOT / "requirements").glob("*.lock"), *(ROOT / "tests").glob("*/**/package-lock.json")])
OURS = [path for path in LOCKS if "node_modules" not in path.parts]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_lock_file_pins_by_hash_and_names_no_address(path: Path) -> None:
    """Neither a registry nor a maintainer's page is named, and every package has its digest."""
    text = path.read_text()
    assert "://" not in text
    assert "sha512-" in text or "--hash=sha256:" in text
