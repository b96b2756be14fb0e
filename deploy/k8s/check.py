#!/usr/bin/env python3
"""Check rendered Kubernetes manifests: `kustomize build my-overlay | deploy/k8s/check.py`, or with file names.

Needs no cluster and no network. Checks the schemas of the oldest and the newest supported Kubernetes, the restricted
Pod Security profile (kubernetes.io/docs/concepts/security/pod-security-standards), and what this service relies on.
Prints one line a finding; exits 1 if there is any.
"""

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import kubernetes_validate
import yaml
from referencing import Registry, Resource

Manifest = Mapping[str, Any]

KUBERNETES = ("1.31", "1.37")  # oldest and newest supported; a version between them drops no field that we use
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})
LONG_RUNNING = WORKLOADS - {"Job"}

# Restricted allows these volume types and no others.
_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
_SCHEMAS = Path(__file__).parent / "schemas"


class Finding(NamedTuple):
    """One thing that is wrong. `rule` is stable; `detail` is a sentence for a person."""

    rule: str
    where: str
    detail: str


def findings(manifests: Sequence[Manifest]) -> list[Finding]:
    """Return all that is wrong with the manifests of one overlay."""
    return [found for rule in _RULES for found in rule(manifests)]


def schema(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Every object fits its schema; an unknown field counts as an error."""
    for manifest in manifests:
        if manifest["apiVersion"].startswith("keda.sh/"):
            written = json.loads((_SCHEMAS / f"{manifest['kind'].lower()}.json").read_text())
            for error in jsonschema.Draft202012Validator(written).iter_errors(manifest):
                yield Finding("schema", _name(manifest), f"{error.json_path}: {error.message}")
            continue
        for version in KUBERNETES:
            try:
                validator = _validator(version, manifest["apiVersion"], manifest["kind"])
            except FileNotFoundError:
                yield Finding("schema", _name(manifest), f"Kubernetes {version} has no such {manifest['apiVersion']}.")
                continue
            for error in validator.iter_errors(manifest):
                yield Finding("schema", _name(manifest), f"Kubernetes {version}: {error.json_path}: {error.message}")


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    return Resource.from_contents(_strict(version, "_definitions")) @ Registry()


@functools.cache
def _validator(version: str, api_version: str, kind: str) -> jsonschema.Draft202012Validator:
    """Return the validator of a kind. Raises FileNotFoundError where that version of Kubernetes does not have it."""
    group, _, number = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.partition(".")[0], number) if part)
    return jsonschema.Draft202012Validator(_strict(version, name), registry=_definitions(version))


def _strict(version: str, name: str) -> Any:
    """Return one of the schemas that kubernetes-validate carries; the strict ones refuse unknown fields."""
    folder = resources.files(kubernetes_validate) / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return json.loads((folder / f"{name}.json").read_text())


def restricted(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """The restricted Pod Security profile, control by control."""
    for manifest, pod in _pods(manifests):
        where, context = _name(manifest), pod.get("securityContext", {})
        for space in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.get(space):
                yield Finding("restricted", where, f"{space} shares the node's namespace.")
        for volume in pod.get("volumes", ()):
            for kind in set(volume) - {"name"} - _VOLUMES:
                yield Finding("restricted", where, f"Volume {volume['name']} is of the type {kind}.")
        for sysctl in context.get("sysctls", ()):
            yield Finding("restricted", where, f"The sysctl {sysctl['name']} is set.")
        for container in _containers(pod):
            for detail in _container_controls(context, container):
                yield Finding("restricted", f"{where}/{container['name']}", detail)


# Each control says what is wrong and when, given the container's own security context and the same over its pod's.
_CONTROLS: tuple[tuple[str, Callable[[Manifest, Manifest], object]], ...] = (
    ("runAsNonRoot is not true.", lambda _, both: both.get("runAsNonRoot") is not True),
    ("It runs as root.", lambda _, both: both.get("runAsUser") == 0),
    (
        "No seccomp profile is set.",
        lambda _, both: _type(both, "seccompProfile") not in {"RuntimeDefault", "Localhost"},
    ),
    ("allowPrivilegeEscalation is not false.", lambda own, _: own.get("allowPrivilegeEscalation") is not False),
    ("It is privileged.", lambda own, _: own.get("privileged")),
    ("It does not drop ALL capabilities.", lambda own, _: "ALL" not in own.get("capabilities", {}).get("drop", ())),
    ("It adds capabilities.", lambda own, _: {*own.get("capabilities", {}).get("add", ())} - {"NET_BIND_SERVICE"}),
    ("procMount is not Default.", lambda own, _: own.get("procMount", "Default") != "Default"),
    ("AppArmor is off.", lambda _, both: _type(both, "appArmorProfile") == "Unconfined"),
    ("It sets an SELinux user or role.", lambda _, both: {*both.get("seLinuxOptions", {})} & {"user", "role"}),
    ("It is a host process.", lambda _, both: both.get("windowsOptions", {}).get("hostProcess")),
)


def _container_controls(pod: Manifest, container: Manifest) -> Iterator[str]:
    own = container.get("securityContext", {})
    for sentence, is_wrong in _CONTROLS:
        if is_wrong(own, {**pod, **own}):
            yield sentence
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "It takes a port of the node."


def _type(context: Manifest, name: str) -> object:
    return context.get(name, {}).get("type")


def workloads(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Probes, resources, a fixed image and a read-only root for every container."""
    for manifest, pod in _pods(manifests):
        for container in _containers(pod):
            place = f"{_name(manifest)}/{container['name']}"
            if manifest["kind"] in LONG_RUNNING and container in pod["containers"]:  # others end by themselves
                for probe in {"startupProbe", "livenessProbe", "readinessProbe"} - set(container):
                    yield Finding("probes", place, f"{probe} is missing.")
            for path in ("requests.cpu", "requests.memory", "limits.memory"):
                part, _, kind = path.partition(".")
                if kind not in container.get("resources", {}).get(part, {}):
                    yield Finding("resources", place, f"{path} is missing.")
            if not _is_fixed(container["image"]):
                yield Finding("image", place, f"{container['image']} is not a fixed version.")
            if _is_ours(manifest) and container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
                yield Finding("read-only", place, "The root file system can be written.")


def _is_fixed(image: str) -> bool:
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@sha256:" in image or (bool(tag) and tag != "latest")


def tokens(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Nothing gets a token for the Kubernetes API, since nothing speaks to it."""
    for manifest, pod in _pods(manifests):
        if pod.get("automountServiceAccountToken") is not False:
            yield Finding("token", _name(manifest), "The pod gets a token for the Kubernetes API.")
    for manifest in manifests:
        if manifest["kind"] == "ServiceAccount" and manifest.get("automountServiceAccountToken") is not False:
            yield Finding("token", _name(manifest), "The account hands out its token.")


def draining(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Kubernetes waits longer than the service takes to commit what it has in hand."""
    settings = _settings(manifests)
    drain = float(settings.get("CLAIMWIRE_WORKER__DRAIN_TIMEOUT", "25"))
    for manifest, pod in _pods(manifests):
        if manifest["kind"] not in LONG_RUNNING or not _is_ours(manifest):
            continue
        before = max(
            container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            for container in _containers(pod)
        )
        grace = pod.get("terminationGracePeriodSeconds", 30)
        if grace <= before + drain:
            yield Finding("draining", _name(manifest), f"{grace} s of grace for {before} + {drain:.0f} s of draining.")


def network(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Everything is denied by default, and no policy opens more than named peers on named ports."""
    policies = [manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy"]
    closed = {
        direction
        for policy in policies
        if not policy["spec"]["podSelector"] and not policy["spec"].get("ingress") and not policy["spec"].get("egress")
        for direction in policy["spec"].get("policyTypes", ())
    }
    for direction in ("Ingress", "Egress"):
        if direction not in closed:
            yield Finding("network", "NetworkPolicy", f"{direction} is not denied by default.")
    for policy in policies:
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, ()):
                if not rule.get("ports"):
                    yield Finding("network", _name(policy), f"A rule of {direction} opens every port.")
                if not rule.get(side):
                    yield Finding("network", _name(policy), f"A rule of {direction} opens to everybody.")
                for peer in rule.get(side, ()):
                    if _is_anybody(peer):
                        yield Finding("network", _name(policy), f"A peer of {direction} is anybody: {peer}.")


def _is_anybody(peer: Manifest) -> bool:
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"]).endswith("/0")
    return not any(peer.get(kind) for kind in ("namespaceSelector", "podSelector"))


def references(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """What is named exists, and every selector finds pods."""
    names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    templates = [manifest["spec"]["template"].get("metadata", {}).get("labels", {}) for manifest, _ in _pods(manifests)]
    for manifest, pod in _pods(manifests):
        where = _name(manifest)
        wanted = {
            ("ConfigMap", source["configMapRef"]["name"])
            for container in _containers(pod)
            for source in container.get("envFrom", ())
            if "configMapRef" in source
        }
        if "serviceAccountName" in pod:
            wanted.add(("ServiceAccount", pod["serviceAccountName"]))
        if manifest["kind"] == "StatefulSet":
            wanted.add(("Service", manifest["spec"]["serviceName"]))
        for kind, name in sorted(wanted - names):
            yield Finding("references", where, f"There is no {kind} {name}.")
    for manifest in manifests:
        kind, spec = manifest["kind"], manifest.get("spec", {})
        selector = {
            "Service": lambda spec: spec.get("selector"),
            "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
            "NetworkPolicy": lambda spec: spec["podSelector"].get("matchLabels"),
            "Deployment": lambda spec: spec["selector"]["matchLabels"],
            "StatefulSet": lambda spec: spec["selector"]["matchLabels"],
        }.get(kind, lambda _: None)(spec)
        if selector and not any(selector.items() <= labels.items() for labels in templates):
            yield Finding("references", _name(manifest), f"Its selector finds no pod: {selector}.")
        target = spec.get("scaleTargetRef")
        if target and (target["kind"], target["name"]) not in names:
            yield Finding("references", _name(manifest), f"There is no {target['kind']} {target['name']} to scale.")


def membership(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """A worker's or a ledger's static membership is its pod's name, so the ordinal comes back as the same member."""
    for manifest, pod in _pods(manifests):
        reads = {"worker", "ledger"} & {*pod["containers"][0].get("args", ())}
        if manifest["kind"] not in LONG_RUNNING or not reads:
            continue
        sources = [
            variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            for variable in pod["containers"][0].get("env", ())
            if variable["name"] == "CLAIMWIRE_KAFKA__INSTANCE_ID"
        ]
        if manifest["kind"] != "StatefulSet" or sources != ["metadata.name"]:
            yield Finding("membership", _name(manifest), "Its member id is not a StatefulSet pod's name.")


_RULES: tuple[Callable[[Sequence[Manifest]], Iterator[Finding]], ...] = (
    schema,
    restricted,
    workloads,
    tokens,
    draining,
    network,
    references,
    membership,
)


def _pods(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    for manifest in manifests:
        if manifest["kind"] in WORKLOADS:
            yield manifest, manifest["spec"]["template"]["spec"]


def _containers(pod: Manifest) -> Iterator[Manifest]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind, ())


def _is_ours(manifest: Manifest) -> bool:
    return manifest["spec"]["template"]["metadata"]["labels"].get("app.kubernetes.io/name") == "claimwire"


def _settings(manifests: Sequence[Manifest]) -> dict[str, str]:
    return {
        key: value
        for manifest in manifests
        if manifest["kind"] == "ConfigMap"
        for key, value in manifest.get("data", {}).items()
    }


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def main(paths: Sequence[str]) -> int:
    """Check the files, or standard input; return the exit code."""
    texts = [Path(path).read_text() for path in paths] or [sys.stdin.read()]
    found = [
        finding
        for text in texts
        for finding in findings([manifest for manifest in yaml.safe_load_all(text) if manifest])
    ]
    for finding in found:
        print(f"{finding.where}: {finding.rule}: {finding.detail}")  # noqa: T201  # its output
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
