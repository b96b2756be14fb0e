"""Multi-task training on a CPU: one task per step, exact shares, resumable from any checkpoint."""

import contextlib
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from service.inference.tokenizer import Tokenizer
from training.data.corpus import tasks
from training.data.schedule import Task, pick
from training.network import checkpoint
from training.network.network import Network, Sizes, seed_thread
from training.teach.losses import Special, topic_loss, window_loss
from training.teach.reopened import reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All parameters that determine the result of a run, besides the data.

    Attributes:
        base: directory of the pretrained encoder (`prepare-base` makes it).
        steps: optimizer steps in all.
        encoder_rate: the learning rate of the encoder's top layer; each layer below gets `layer_decay` of it.
        head_rate: the learning rate of the heads.
        average: decay of the moving average of the weights, which is what is evaluated and exported.
        window: tokens in a window, special tokens not counted.
        budget: padded tokens per batch.
        batches: batches, of whatever task is due, whose gradients make one step.
        workers: threads, each with a batch of its own and one CPU.
        start: the artifact whose weights the run starts from; empty for the pretrained encoder and new heads.
        multilingual: whether the mixture holds other languages than English.
    """

    base: str
    steps: int
    encoder_rate: float
    head_rate: float
    layer_decay: float = 0.95
    average: float = 0.998
    warmup: float = 0.06
    window: int = 254
    budget: int = 768
    batches: int = 4
    workers: int = 2
    seed: int = 7
    start: str = ""
    multilingual: bool = False
    sizes: Sizes = field(default_factory=Sizes)


def load_base(base: Path) -> tuple[Network, Tokenizer, Special]:
    """Build the untrained network over a pretrained encoder."""
    config = AutoConfig.from_pretrained(base, attention_probs_dropout_prob=0.0)
    encoder = AutoModel.from_pretrained(base, config=config, attn_implementation="eager", add_pooling_layer=False)
    tokenizer = Tokenizer.load(base / "tokenizer.json", config.vocab_size)
    return Network(encoder, config.vocab_size, Sizes()), tokenizer, special_tokens(base)


def special_tokens(base: Path) -> Special:
    """Return the special tokens by their ids in `tokenizer.json`."""
    known: dict[str, int] = {
        item["content"]: item["id"] for item in json.loads((base / "tokenizer.json").read_text())["added_tokens"]
    }

    def number(*names: str) -> int:
        return next(known[name] for name in names if name in known)

    return Special(first=number("[CLS]", "<s>"), last=number("[SEP]", "</s>"), pad=number("[PAD]", "<pad>"))


def parameter_groups(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """Group parameters by learning rate: lower layers move less (Howard & Ruder, ACL 2018), word embeddings not."""
    depth = network.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        if "word_embeddings" in name:
            parameter.requires_grad_(False)
            continue
        decay = 0.01 if parameter.ndim > 1 else 0.0
        if name.startswith("encoder."):
            layer = int(name.split("layer.")[1].split(".")[0]) if "layer." in name else -1
            rate = plan.encoder_rate * plan.layer_decay ** (depth - 1 - layer)
        else:
            rate = plan.head_rate
        groups[(rate, decay)].append(parameter)
    return [
        {"params": members, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), members in sorted(groups.items(), key=lambda item: item[0])
    ]


class Average:
    """An exponential moving average of the weights (Polyak & Juditsky, 1992), with a short memory at the start."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights = {name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move towards the network's weights."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        live = dict(network.named_parameters())
        torch._foreach_lerp_(list(self.weights.values()), [live[name].detach() for name in self.weights], 1 - decay)

    @contextlib.contextmanager
    def applied(self, network: nn.Module) -> Any:
        """Put the averaged weights into the network for a while."""
        live = {name: p for name, p in network.named_parameters() if name in self.weights}
        kept = {name: p.detach().clone() for name, p in live.items()}
        _copy(live, self.weights)
        try:
            yield
        finally:
            _copy(live, kept)


@torch.no_grad()
def _copy(into: dict[str, nn.Parameter], weights: dict[str, Tensor]) -> None:
    for name, parameter in into.items():
        parameter.copy_(weights[name])


def train(
    plan: Plan,
    data: Path,
    gold: Path,
    output: Path,
    *,
    queries: Path | None = None,
    taught: Path | None = None,
    start: Path | None = None,
    minutes_between_saves: float = 5.0,
) -> None:
    """Train to the plan's last step, from the last checkpoint in `output` if there is one.

    1. Build the network and the mixture from the seed. 2. Restore, or begin with the weights of an artifact. 3. Step:
    pick a task, one batch, one update. 4. Every few minutes and at the end, write a checkpoint.
    """
    torch.manual_seed(plan.seed)
    random.seed(plan.seed)
    np.random.seed(plan.seed)  # noqa: NPY002 - libraries draw from it
    network, tokenizer, special = load_base(Path(plan.base))
    _say(f"reading {data}")
    cut = tokenizer, plan.window, plan.budget, plan.seed, queries, taught
    mixture = tasks(data, gold, *cut, separator=special.last, multilingual=plan.multilingual)
    begun = _begin(network, plan, mixture, output, start)
    optimizer, average, step, plan = begun.optimizer, begun.average, begun.step, begun.plan
    output.mkdir(parents=True, exist_ok=True)
    (output / "plan.json").write_text(json.dumps(asdict(plan), indent=1))
    started, first, last_save = time.monotonic(), step, time.monotonic()
    seen: dict[str, list[float]] = defaultdict(list)
    network.train()
    parameters = [p for p in network.parameters() if p.requires_grad]
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(plan.workers, initializer=torch.set_num_threads, initargs=(1,))
    while step < plan.steps:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate_at(step, plan)
        due = [_draw(pick(mixture)) for _ in range(plan.batches)]
        seeds = [f"{plan.seed}/{step}/{index}" for index in range(plan.batches)]
        for losses in _accumulate(pool, network, parameters, due, seeds, special):
            for name, value in losses.items():
                seen[name].append(value)
        nn.utils.clip_grad_norm_((p for p in parameters if p.grad is not None), 1.0, foreach=True)
        optimizer.step()
        optimizer.zero_grad()
        average.update(network)
        step += 1
        if step % 20 == 0 or step == plan.steps:
            _progress(step, plan.steps, first, started, mixture, seen, output)
            seen.clear()
        if time.monotonic() - last_save > 60 * minutes_between_saves or step == plan.steps:
            checkpoint.save(
                output,
                {
                    "plan": asdict(plan),
                    "step": step,
                    "network": network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "average": average.weights,
                    "average_steps": average.steps,
                    "tasks": {task.name: task.state() for task in mixture},
                    "rng": torch.get_rng_state(),
                },
            )
            last_save = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """The state of a run when it starts or resumes."""

    optimizer: torch.optim.Optimizer
    average: Average
    step: int
    plan: Plan


def _begin(network: Network, plan: Plan, mixture: Sequence[Task], output: Path, start: Path | None) -> _Begun:
    """Resume from the last checkpoint; without one, begin with an artifact's weights if one is given."""
    saved = checkpoint.load(output)
    if saved is None:
        if start is not None:
            plan = replace(plan, start=reopen(network, start))
            _say(f"started from {plan.start}")
        return _Begun(optimizer=_optimizer(network, plan), average=Average(network, plan.average), step=0, plan=plan)
    if (saved["plan"]["base"], saved["plan"]["seed"]) != (plan.base, plan.seed):
        raise SystemExit(f"{output} holds a run of another base or seed: {saved['plan']}")
    network.load_state_dict(saved["network"])
    optimizer, average = _optimizer(network, plan), Average(network, plan.average)
    optimizer.load_state_dict(saved["optimizer"])
    average.weights, average.steps = saved["average"], saved["average_steps"]
    for task in mixture:
        if task.name in saved["tasks"]:  # a task that was added since starts at its beginning
            task.restore(saved["tasks"][task.name])
    torch.set_rng_state(saved["rng"])
    _say(f"resumed at step {saved['step']}")
    return _Begun(
        optimizer=optimizer,
        average=average,
        step=saved["step"],
        plan=replace(plan, start=saved["plan"].get("start", "")),
    )


def _optimizer(network: Network, plan: Plan) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameter_groups(network, plan), betas=(0.9, 0.98), eps=1e-6, fused=True)


def _draw(task: Task) -> tuple[str, list[Any]]:
    return task.name, [task.examples[index] for index in task.next()]


def _accumulate(
    pool: Executor,
    network: Network,
    parameters: Sequence[nn.Parameter],
    due: Sequence[tuple[str, list[Any]]],
    seeds: Sequence[str],
    special: Special,
) -> list[dict[str, float]]:
    """Add up the gradients of several batches, in their order, and return their losses.

    Each batch is computed by one thread: threads that share every matrix product wait for each other thousands of times
    per step, which costs more than it gains on a shared machine.
    """

    def work(item: tuple[tuple[str, list[Any]], str]) -> tuple[dict[str, float], tuple[Tensor | None, ...]]:
        (name, batch), seed = item
        seed_thread(seed)
        losses = topic_loss(network, batch, special) if "topic" in name else window_loss(network, batch, special)
        total = torch.stack(list(losses.values())).sum() / len(due)
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        return {name: float(value.detach()) for name, value in losses.items()}, gradients

    every: list[dict[str, float]] = []
    for losses, gradients in pool.map(work, zip(due, seeds, strict=True)):
        every.append(losses)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    return every


def rate_at(step: int, plan: Plan) -> float:
    """Return the share of the peak learning rate: linear warm-up, then linear decay to a fiftieth."""
    warm = max(1, int(plan.warmup * plan.steps))
    if step < warm:
        return (step + 1) / warm
    return max(0.02, (plan.steps - step) / (plan.steps - warm))


def trained(output: Path) -> tuple[Network, Tokenizer, Special, dict[str, Any]]:
    """Return the network of a run's last checkpoint, averaged weights in place, for evaluation and export."""
    saved = checkpoint.load(output)
    if saved is None:
        raise SystemExit(f"{output} holds no checkpoint")
    network, tokenizer, special = load_base(Path(saved["plan"]["base"]))
    network.load_state_dict(saved["network"])
    _copy({name: p for name, p in network.named_parameters() if name in saved["average"]}, saved["average"])
    network.eval()
    return network, tokenizer, special, saved


def _progress(
    step: int,
    steps: int,
    first: int,
    started: float,
    mixture: Iterable[Any],
    seen: dict[str, list[float]],
    output: Path,
) -> None:
    spent = time.monotonic() - started
    left = spent / (step - first) * (steps - step)
    tokens = sum(task.tokens for task in mixture)
    means = {name: round(sum(values) / len(values), 3) for name, values in sorted(seen.items())}
    _say(f"step {step}/{steps} {spent / 60:.1f} min, {left / 60:.1f} min left, {tokens / 1e6:.2f}M tokens {means}")
    with (output / "log.jsonl").open("a") as log:
        log.write(json.dumps({"step": step, "minutes": round(spent / 60, 2), "tokens": tokens, **means}) + "\n")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
