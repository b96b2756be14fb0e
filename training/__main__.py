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
    train.add_argument("--budget", type=int, default=2048, help="padded tokens a batch")
    train.add_argument("--seed", type=int, default=7)
    evaluate = commands.add_parser("evaluate", help="print the figures of one task as one JSON object")
    evaluate.add_argument("--task", choices=TASK_NAMES, required=True)
    evaluate.add_argument("--data", type=Path, nargs="+", required=True, help="one or more files of the data folder")
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
        from training.train import Plan, train as run  # noqa: PLC0415 - torch, for training only

        plan = Plan(
            base=str(options.base),
            steps=options.steps,
            encoder_rate=options.encoder_rate,
            head_rate=options.head_rate,
            budget=options.budget,
            seed=options.seed,
        )
        run(plan, options.data, options.gold or options.data.parent / "gold", options.output)
    elif options.command == "evaluate":
        from training.evaluate import print_evaluation  # noqa: PLC0415

        print_evaluation(options.task, options.data, options.model, options.engine)
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
