"""The shipped artifacts: complete, verified, and the same with either engine."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from service.analysis.text.document import segment
from service.bootstrap.model import open_models
from service.core.deadline import limited
from service.core.errors import ArtifactError, TooSlowError
from service.core.model import StanceQuestion, StanceTarget
from service.core.span import Span
from service.inference import second_reading
from service.inference.artifact import load_model
from service.inference.manifest import NAME, REFERENCES, read_manifest
from service.inference.model import ClaimwireModel
from service.settings import ModelSettings

MODELS = Path(__file__).resolve().parents[3] / "models"
SHIPPED = sorted(path.parent for path in MODELS.glob(f"*/{NAME}"))
LARGEST = 95_000_000  # bytes; past that, code hosts refuse a file

TEXT = (
    "The minister, Ada Okoro, said on Monday that the river fund had lost 40 million euros since 2019.\n\n"
    "“We were never asked,” replied Tomas Lind of the union. “She knows that, and she will have to answer.”\n\n"
    "Okoro denied it. A spokesman for the Audit Office, Pavel Brandt, told reporters the figures were correct."
)


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.name)
def shipped(request: pytest.FixtureRequest) -> Path:
    """Return the folder of each shipped artifact."""
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def model(shipped: Path) -> ClaimwireModel:
    """Open the artifact with the default engine."""
    return load_model(shipped)


def read(model: ClaimwireModel, *texts: str) -> list[np.ndarray]:
    """Return hidden states of whole texts, rounded as events are."""
    return [np.round(reading.tags, 3) for reading in model.read([segment(text) for text in texts])]


def test_an_artifact_is_shipped() -> None:
    """A model ships, and its folder has the model's name."""
    assert SHIPPED
    for path in SHIPPED:
        assert json.loads((path / NAME).read_text())["name"] == path.name


def test_no_file_is_too_large_for_a_code_host(shipped: Path) -> None:
    """Weights are split."""
    assert max(path.stat().st_size for path in shipped.iterdir()) < LARGEST


def test_the_manifest_tells_where_the_model_comes_from(shipped: Path) -> None:
    """Licence, sources, base, seed and development figures are stated, and no path of a machine."""
    content = json.loads((shipped / NAME).read_text())
    assert content["licence"]
    assert all(source["licence"] and source["cites"] for source in content["sources"])
    assert isinstance(content["training"]["plan"]["seed"], int)
    assert content["metrics"]["attribution"]["content_f1"] > 0.5
    assert "/root" not in json.dumps(content)
    assert "/home" not in json.dumps(content)


def test_a_changed_byte_is_refused(shipped: Path, tmp_path: Path) -> None:
    """One flipped bit in any file that the manifest names is found, and the file is named."""
    for name in json.loads((shipped / NAME).read_text())["files"]:
        copy = tmp_path / name
        copy.mkdir()
        for path in shipped.iterdir():
            (copy / path.name).symlink_to(path)
        (copy / name).unlink()
        content = bytearray((shipped / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(bytes(content))
        with pytest.raises(ArtifactError, match=re.escape(name)):
            read_manifest(copy)


def test_a_missing_or_an_extra_file_is_refused(shipped: Path, tmp_path: Path) -> None:
    """The folder holds what the manifest names and nothing else."""
    copy = tmp_path / "model"
    copy.mkdir()
    for path in shipped.iterdir():
        (copy / path.name).symlink_to(path)
    read_manifest(copy)
    (copy / "notes.txt").write_text("mine")
    with pytest.raises(ArtifactError, match=r"notes\.txt"):
        read_manifest(copy)
    (copy / "notes.txt").unlink()
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ArtifactError, match=r"tokenizer\.json"):
        read_manifest(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99, "files": {}}'])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str) -> None:
    """An empty, a foreign and a future manifest each give one clear error."""
    (tmp_path / NAME).write_text(content)
    with pytest.raises(ArtifactError) as caught:
        read_manifest(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """Without a manifest the service does not start."""
    with pytest.raises(ArtifactError, match="no model"):
        load_model(tmp_path / "nowhere")


def test_an_artifact_that_cannot_tell_who_speaks_is_refused(shipped: Path, tmp_path: Path) -> None:
    """A model without a reference head is not served, and the error says what to do."""
    copy = tmp_path / "copy"
    shutil.copytree(shipped, copy)
    (copy / REFERENCES).unlink()
    manifest = json.loads((copy / NAME).read_text())
    del manifest["files"][REFERENCES]
    (copy / NAME).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="has no reference head"):
        open_models(ModelSettings(directory=copy, multilingual_directory=None), warm=False)


def test_the_changed_manifest_changes_the_identity(shipped: Path, tmp_path: Path) -> None:
    """The digest that events carry covers calibration and thresholds too."""
    copy = shutil.copytree(shipped, tmp_path / "model")
    content = json.loads((copy / NAME).read_text())
    content["thresholds"]["worth"] = 0.123
    (copy / NAME).write_text(json.dumps(content))
    assert read_manifest(copy).sha256 != read_manifest(shipped).sha256


def test_what_is_read_does_not_depend_on_the_batch(model: ClaimwireModel) -> None:
    """A text alone, and among others of other lengths, gives the same rounded scores, every time."""
    long = "\n\n".join([TEXT] * 6)
    alone = read(model, TEXT)[0]
    assert len(alone) > 60
    for others in ([TEXT, "Short."], ["No.", long, TEXT], ["A bit longer than that, he said."] * 9 + [TEXT]):
        among = read(model, *others)[others.index(TEXT)]
        assert np.array_equal(alone, among)


def test_both_engines_agree(shipped: Path, model: ClaimwireModel) -> None:
    """OpenVINO and ONNX Runtime find the same spans in the same graph, at nearly the same confidence."""
    other = load_model(shipped, engine="onnxruntime")
    found = []
    for opened in (model, other):
        reading = next(opened.read([segment(TEXT)]))
        found.append(opened.spans(reading))
    assert len(found[0].sources) >= 3
    for name in ("sources", "cues", "contents"):
        one, two = ([scored.span for scored in getattr(tagged, name)] for tagged in found)
        assert one == two


def test_the_model_reads_a_plain_article(model: ClaimwireModel) -> None:
    """Speakers, cues, contents and names of a text that it never saw are found and linked."""
    reading = next(model.read([segment(TEXT)]))
    tagged = model.spans(reading)
    contents = [scored.span.of(TEXT) for scored in tagged.contents]
    assert any("the river fund had lost 40 million euros" in content for content in contents)
    assert any(content.startswith("We were never asked") for content in contents)
    assert {"Ada Okoro", "Tomas Lind", "Pavel Brandt"} <= {named.span.of(TEXT) for named in tagged.entities}
    links = model.link(reading, tagged)
    assert links.content_source.shape == (len(tagged.contents), len(tagged.sources))
    assert links.content_content.shape == (len(tagged.contents),) * 2
    first = next(i for i, content in enumerate(contents) if "river fund" in content)
    sources, scores = links.content_source.row(first)
    assert "Okoro" in tagged.sources[int(sources[scores.argmax()])].span.of(TEXT)


def test_every_score_is_a_probability(model: ClaimwireModel) -> None:
    """Confidences, check-worthiness, stances and topics lie in [0, 1]; stances sum to one."""
    reading = next(model.read([segment(TEXT)]))
    tagged = model.spans(reading)
    spans = [scored.span for scored in tagged.contents]
    worth = model.worth(reading, spans)
    source, names = tagged.sources[0].span, [named.span for named in tagged.entities]
    targets = tuple(StanceTarget(name=span.of(TEXT), mentions=(span,)) for span in names)
    stances = model.stance(
        reading,
        [
            StanceQuestion(claim=(spans[0],), holder=source.of(TEXT), source=source, targets=targets),
            StanceQuestion(claim=(Span(0, 97),), holder=None, source=None, targets=targets[:1]),
        ],
    )
    topics = model.topics([(TEXT, "river fund"), ("", "river fund"), ("He said so.", "")])
    assert worth.shape == (len(spans),)
    assert ((worth >= 0) & (worth <= 1)).all()
    assert stances.shape == (len(targets) + 1, 3)
    assert np.allclose(stances.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(topics.sum(axis=1), 1, atol=1e-5)
    assert topics[1:].tolist() == [[0.0, 0.0, 1.0]] * 2
    assert all(0 <= scored.confidence <= 1 for scored in (*tagged.sources, *tagged.contents, *tagged.cues))


@pytest.mark.parametrize("text", ["", " \n ", "“”", "\u200b", "😀" * 3000, "word " * 5000])
def test_odd_texts_are_read(model: ClaimwireModel, text: str) -> None:
    """Texts without tokens, without sentences or without end give readings, not errors."""
    reading = next(model.read([segment(text)]))
    tagged = model.spans(reading)
    assert len(reading.tags) == len(reading.tokens)
    assert all(span.span.end <= len(text) for span in (*tagged.contents, *tagged.entities))


def test_windows_of_a_second_reading_are_looked_at_one_by_one_for_the_time(
    model: ClaimwireModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once an article's time is over, no further claim is prepared for its second reading, and no topic is read."""
    reading = next(model.read([segment(TEXT)]))
    prepared = 0
    window = second_reading.window

    def counted(*arguments: object) -> object:
        nonlocal prepared
        prepared += 1
        return window(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(second_reading, "window", counted)
    target = StanceTarget(name="Ada Okoro", mentions=(Span(14, 23),))
    question = StanceQuestion(claim=(Span(0, 97),), holder="Tomas Lind", source=None, targets=(target,))
    model.stance(reading, [question] * 3)
    assert prepared == (3 if model.reads_twice else 0)
    with limited(-1):
        with pytest.raises(TooSlowError):
            model.stance(reading, [question] * 3)
        assert prepared == (3 if model.reads_twice else 0)
        with pytest.raises(TooSlowError):
            model.topics([(TEXT, "river fund")])
