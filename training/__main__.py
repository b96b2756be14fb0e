"""Command line of training: `python -m training prepare-base|train|evaluate|export`."""

import argparse
import sys
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"
TASK_NAMES = ("attribution", "target_stance", "directed_stance", "check_worthiness", "topic_stance", "ner")


def main(arguments: list[str]) -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train all heads together, or go on from the last checkpoint")
    train.add_argument("--data", type=Path, required=True, help="the data folder")
    train.add_argument("--gold", type=Path, help="the folder of gold frames (default: `gold` beside the data folder)")
    train.add_argument("--base", type=Path, required=True, help="a pretrained encoder, as prepare-base makes it")
    train.add_argument("--output", type=Path, required=True, help="checkpoints and logs")
    train.add_argument("--steps", type=int, default=4000)
    train.add_argument("--encoder-rate", type=float, default=5e-5)
    train.add_argument("--head-rate", type=float, default=5e-4)
    train.add_argument("--budget", type=int, default=768, help="padded tokens a batch; four batches make a step")
    train.add_argument("--workers", type=int, default=2, help="threads, one batch and one CPU each")
    train.add_argument("--average", type=float, default=0.998, help="decay of the moving average of the weights")
    train.add_argument("--seed", type=int, default=7)
    evaluate = commands.add_parser("evaluate", help="print the figures of one task as one JSON object")
    chosen = evaluate.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--task", choices=TASK_NAMES)
    chosen.add_argument("--all", action="store_true", help="every task, on the development files of a data folder")
    evaluate.add_argument("--data", type=Path, nargs="+", required=True, help="files; with --all the data folder")
    evaluate.add_argument("--model", type=Path, default=MODELS / "claimwire-en-base", help="an artifact's folder")
    evaluate.add_argument("--engine", choices=("openvino", "onnxruntime"), default="openvino")
    export = commands.add_parser("export", help="write an artifact from the last checkpoint of a run")
    export.add_argument("--run", type=Path, required=True, help="the output folder of train")
    export.add_argument("--output", type=Path, required=True, help="the artifact's folder; replaced if it exists")
    export.add_argument("--data", type=Path, required=True, help="the data folder: int8 and calibration need it")
    export.add_argument("--gold", type=Path, help="the folder of gold frames (default: `gold` beside the data folder)")
    export.add_argument("--name", help="default: the name of the output folder")
    export.add_argument("--version", default="0.1.0")
    export.add_argument("--precision", choices=("int8", "f32"), default="int8")
    export.add_argument("--calibrate-only", action="store_true", help="keep the files, fit and measure anew")
    options = parser.parse_args(arguments)
    if options.command == "train":
        from training import train as training  # noqa: PLC0415 - torch, for training only

        plan = training.Plan(
            base=str(options.base),
            steps=options.steps,
            encoder_rate=options.encoder_rate,
            head_rate=options.head_rate,
            budget=options.budget,
            workers=options.workers,
            average=options.average,
            seed=options.seed,
        )
        training.train(plan, options.data, options.gold or options.data.parent / "gold", options.output)
    elif options.command == "evaluate":
        from training import evaluate as evaluating  # noqa: PLC0415 - the engines, for measuring only

        if options.all:
            evaluating.print_all(options.data[0], options.model, options.engine)
        else:
            evaluating.print_evaluation(options.task, options.data, options.model, options.engine)
    elif options.command == "export":
        from training import export as exporting  # noqa: PLC0415 - torch, for training only

        gold = options.gold or options.data.parent / "gold"
        if options.calibrate_only:
            exporting.finish(options.output, options.data, gold)
        else:
            name = options.name or options.output.name
            exporting.export(
                options.run, options.output, options.data, gold, name, options.version, precision=options.precision
            )


if __name__ == "__main__":
    main(sys.argv[1:])
