"""A trained run to an artifact: int8 graph, heads, tokenizer, and a manifest with calibration and figures."""

import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from service.inference.artifact import load_model
from service.inference.encoder import EngineName
from service.inference.manifest import FORMAT, GRAPH, HEADS, NAME, REFERENCES, TOKENIZER, Binary, Choice, digest
from service.inference.model import ClaimwireModel
from service.inference.pair_features import LINK_KINDS
from service.inference.tag_layers import LAYERS, ROLE_LAYERS
from training.data import annotated, readers, sources
from training.data.attribution_examples import attribution_examples
from training.data.entity_examples import entity_examples
from training.export import graph, parity
from training.measure import calibrate, measure, openings, second_readings, thresholds, weighing
from training.network.network import Network
from training.teach.train import trained

LABELS = {"frame": 3, "second": 3, "author": 3, "directed": 5, "topic": 3}
LINKS = tuple("_".join(kind) for kind in LINK_KINDS)
_PARALLEL_ARTICLES = 24  # of each other language, on which a multilingual graph is calibrated; a window of each
BINARIES = ("source", "cue", "content", "entity", "worth", *LINKS)


def export(run: Path, output: Path, data: Path, gold: Path, name: str, version: str, *, precision: str) -> None:
    """Write the artifact of a run's last checkpoint.

    1. Graph in f32, then int8 calibrated on training texts. 2. Heads in f16. 3. A manifest without calibration, so that
    the model opens. 4. Calibration from development data; weights and thresholds of stances, with articles kept apart.
    5. Figures with them, and the last manifest.
    """
    network, tokenizer, special, saved = trained(run)
    plan = saved["plan"]
    if output.exists():
        shutil.rmtree(output)
    output.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "f32.onnx"
        graph.log("writing the f32 graph")
        graph.to_onnx(network, plain, small_embeddings=precision == "int8")
        if precision == "int8":
            graph.log("quantizing")
            windows = list(_calibration_windows(data, gold, tokenizer, plan["window"], plan["seed"]))
            if plan.get("multilingual"):
                windows += _parallel_windows(data, tokenizer, plan["window"], plan["seed"])
            quantized = Path(scratch) / "int8.onnx"
            graph.to_int8(plain, quantized, graph.samples_of(windows, special.first, special.last))
            graph.split(quantized, output / GRAPH)
        else:
            graph.split(plain, output / GRAPH)
    save_file(heads(network), output / HEADS)
    shutil.copyfile(Path(plan["base"]) / "tokenizer.json", output / TOKENIZER)
    content = _manifest(network, special, saved, name, version, precision)
    content["files"] = files_of(output)
    _write(output, content)
    content["parity"] = parity.agreement(network, output, data / "attribution/polnear.dev.jsonl")
    graph.log(f"labels of tokens as in PyTorch f32: {content['parity']}")
    _write(output, content)
    finish(output, data, gold)


def finish(output: Path, data: Path, gold: Path, engine: EngineName = "openvino") -> None:
    """Fit calibration, thresholds and decisions anew on development data, and write figures and manifest."""
    content = json.loads((output / NAME).read_text())
    known = content["calibration"]["binary"].get("reference")  # fitted with the head's weights, by `references`
    content["calibration"] = _no_calibration()
    if known is not None:
        content["calibration"]["binary"]["reference"] = known
    content["thresholds"] = {}
    content.pop("metrics", None)
    _write(output, content)
    _ease_openings(output, content, data)
    results = _results(output, data, gold, engine)
    # Seventeen gold articles are too few to calibrate on: articles that the network has not seen are added.
    more = _of_frames(load_model(output, engine=engine), annotated.unseen_articles(data))
    errors: dict[str, dict[str, object]] = {}
    for name, result in results.items():
        beside = more.get(name, measure.Result())
        for head, answers in result.yes.items():
            binary, fit = calibrate.fit_binary(
                measure.agreed([answers, *([beside.yes[head]] if head in beside.yes else [])])
            )
            content["calibration"]["binary"][head] = asdict(binary)
            errors[head] = fit.row()
            if head in {"worth", *LINKS}:
                calibrated = calibrate.apply_binary(answers, binary)
                content["thresholds"][head] = calibrate.best_threshold(calibrated)
        for head, files in result.pick.items():
            choice, fit = calibrate.fit_choice(measure.joined([*files.values(), *beside.pick.get(head, {}).values()]))
            content["calibration"]["choice"][head] = asdict(choice)
            errors[head] = fit.row()
            calibrated_files = {file: calibrate.apply_choice(pick, choice) for file, pick in files.items()}
            result.figures |= measure.pick_figures(calibrated_files, choice.decision)
    content["stance_weights"] = {}
    content["metrics"] = {
        task: {name: round(value, 4) for name, value in result.figures.items()} for task, result in results.items()
    }
    content["calibration_error"] = errors
    _write(output, content)
    graph.log(json.dumps(content["metrics"]))
    graph.log(json.dumps({head: row["ece"] for head, row in errors.items()}))
    if (output / REFERENCES).exists():
        fit_stances(output, data, gold, engine)


def fit_stances(output: Path, data: Path, gold: Path, engine: EngineName = "openvino") -> None:
    """Fit weights and thresholds of stances, which hang on who speaks: the artifact has its reference head by now."""
    content = json.loads((output / NAME).read_text())
    content["stance_weights"] = {}
    _write(output, content)
    content["stance_weights"] = weighing.stance_weights(load_model(output, engine=engine), data)
    _write(output, content)
    content["thresholds"] |= thresholds.stance_thresholds(load_model(output, engine=engine), gold.parent)
    _write(output, content)


def _ease_openings(output: Path, content: dict[str, Any], data: Path) -> None:
    """Set each layer's bonus on openings, from the transitions as they were trained."""
    for item in content["layers"]:
        before = item.get("opening_bonus", 0.0)
        item["transitions"] = _rounded(openings.eased_table(np.asarray(item["transitions"]), -before))
        item["opening_bonus"] = 0.0
    _write(output, content)
    model = load_model(output)
    bonuses = openings.best_bonuses(model, data / "attribution/polnear.dev.jsonl", data / "ner/worldwide.dev.jsonl")
    graph.log(f"bonus on openings: {bonuses}")
    for item in content["layers"]:
        bonus = bonuses.get(item["name"], 0.0)
        item["transitions"] = _rounded(openings.eased_table(np.asarray(item["transitions"]), bonus))
        item["opening_bonus"] = bonus
    _write(output, content)


def _rounded(table: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 4) for value in row] for row in table]


def heads(network: Network) -> dict[str, np.ndarray]:
    """Return the weights that the numpy heads need, as f16; a stance task's output takes in the shared one."""
    state = {name: value.detach().float().numpy() for name, value in network.state_dict().items()}
    weights = {
        name: value
        for name, value in state.items()
        if name.startswith(("stance.", "worth.", "link.", "topic.")) and ".own." not in name and ".shared." not in name
    }
    for task in network.stance.TASKS:
        for part in ("weight", "bias"):
            weights[f"stance.{task}.{part}"] = state[f"stance.shared.{part}"] + state[f"stance.own.{task}.{part}"]
    weights["worth.output.weight"] = weights["worth.output.weight"][:1]
    weights["worth.output.bias"] = weights["worth.output.bias"][:1]
    return {name: np.ascontiguousarray(value.astype(np.float16)) for name, value in weights.items()}


def files_of(directory: Path) -> dict[str, dict[str, Any]]:
    """Return name, digest and size of every file but the manifest."""
    return {
        path.relative_to(directory).as_posix(): {"sha256": digest(path), "bytes": path.stat().st_size}
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != NAME
    }


def _calibration_windows(data: Path, gold: Path, tokenizer: Any, window: int, seed: int) -> Iterator[np.ndarray]:
    """Yield windows of training texts: news of both corpora, whole and short ones."""
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    articles = readers.attribution_articles(data / "attribution/polnear.train.jsonl")
    chosen = chance.sample(articles, 60) + readers.attribution_articles(gold / "worldwide.train.articles.jsonl")
    windows = [example.ids for example in attribution_examples(chosen, tokenizer, window)]
    rows = readers.tagged_rows(data / "ner/worldwide.train.jsonl")[:4000]
    windows += [example.ids for example in entity_examples(rows, tokenizer, window, seed)][:100]
    yield from chance.sample(windows, 120)
    texts = [row.text for row in readers.directed_rows(data / "directed_stance/dse.train.jsonl")]
    yield from (tokens.ids[:window] for tokens in tokenizer(chance.sample(texts, 60)))


def _parallel_windows(data: Path, tokenizer: Any, window: int, seed: int) -> list[np.ndarray]:
    """Return windows of training texts in each other language."""
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    found: list[np.ndarray] = []
    for language in annotated.PARALLEL_LANGUAGES[1:]:
        articles = chance.sample(annotated.parallel_articles(data, language), _PARALLEL_ARTICLES)
        windows = [example.ids for example in attribution_examples(articles, tokenizer, window)]
        found += chance.sample(windows, _PARALLEL_ARTICLES)
    return found


def _results(output: Path, data: Path, gold: Path, engine: EngineName) -> Mapping[str, measure.Result]:
    model = load_model(output, engine=engine)
    found: dict[str, measure.Result] = {}

    def run(name: str, result: measure.Result) -> None:
        found[name] = result
        graph.log(f"{name} {time.monotonic() - started:.0f} s {result.figures}")

    started = time.monotonic()
    polnear, worldwide = data / "attribution/polnear.dev.jsonl", gold / "worldwide.dev.articles.jsonl"
    run("attribution", measure.attribution(model, [polnear]))
    run("attribution_worldwide", _figures_only(measure.attribution(model, [worldwide])))
    run("links", measure.links(model, [polnear, worldwide]))
    run("ner", measure.entities(model, [data / "ner/worldwide.dev.jsonl"]))
    run("ner_politics", _figures_only(measure.entities(model, [data / "ner/crossner_politics.dev.jsonl"])))
    run(
        "target_stance",
        measure.target_stance(
            model, [data / "target_stance/newsmtsc_rw.dev.jsonl", data / "target_stance/newsmtsc_mt.dev.jsonl"]
        ),
    )
    run("directed_stance", measure.directed_stance(model, [data / "directed_stance/dse.dev.jsonl"]))
    run("topic_stance", measure.topic_stance(model, [data / "topic_stance/vast.dev.jsonl"]))
    framed = [
        *readers.attribution_articles(polnear, gold / "frames.dev.jsonl"),
        *readers.attribution_articles(worldwide, gold / "worldwide.dev.frames.jsonl"),
    ]
    for name, result in _of_frames(model, framed).items():
        run(name, result)
    return found


def _of_frames(model: ClaimwireModel, articles: Sequence[readers.AttributionArticle]) -> dict[str, measure.Result]:
    """Measure the answers on gold frames: of the first reading and, where the model has one, of the second."""
    found = {"frames": measure.frames(model, articles)}
    if model.reads_twice:
        found["second_reading"] = second_readings.stances(model, articles)
    return found


def _figures_only(result: measure.Result) -> measure.Result:
    return measure.Result(figures=result.figures)


def _manifest(
    network: Network, special: Any, saved: Mapping[str, Any], name: str, version: str, precision: str
) -> dict[str, Any]:
    multilingual = saved["plan"].get("multilingual", False)
    kind = "multilingual-e5-small" if multilingual else network.encoder.config.model_type
    plan = {**saved["plan"], "base": sources.BASES[kind]["name"]}
    roles = network.roles.transitions.detach().numpy()
    layers: list[dict[str, Any]] = []
    column = 0
    for layer in LAYERS:
        table = (
            roles[ROLE_LAYERS.index(layer.name)]
            if layer.name in ROLE_LAYERS
            else network.entities.transitions.detach().numpy()[0]
        )
        layers.append(
            {
                "name": layer.name,
                "types": list(layer.types),
                "column": column,
                "transitions": _rounded(table),
            }
        )
        column += layer.states
    return {
        "format": FORMAT,
        "name": name,
        "version": version,
        "languages": list(annotated.PARALLEL_LANGUAGES) if multilingual else ["en"],
        "licence": "Apache-2.0 for the weights; the terms of the data that they were trained on differ, see sources",
        "precision": precision,
        "base": sources.BASES[kind],
        "sources": [*sources.DATA, *(sources.OTHER_LANGUAGES if multilingual else ())],
        "training": {
            "plan": plan,
            "steps_done": saved["step"],
            "epochs_batches_tokens": {task: list(place) for task, place in saved["tasks"].items()},
        },
        "tokenizer": {"vocabulary": network.vocabulary, **asdict(special)},
        "window": saved["plan"]["window"],
        "layers": layers,
        "calibration": _no_calibration(),
        "thresholds": {},
    }


def _no_calibration() -> dict[str, Any]:
    return {
        "binary": {name: asdict(Binary()) for name in BINARIES},
        "choice": {
            head: asdict(Choice(scale=1.0, shift=(0.0,) * labels, decision=(0.0,) * labels))
            for head, labels in LABELS.items()
        },
    }


def _write(output: Path, content: Mapping[str, Any]) -> None:
    (output / NAME).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
