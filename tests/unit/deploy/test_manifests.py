"""The Kubernetes manifests are valid, and the check finds what would be invalid."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.api.access.auth import KeyRing
from service.settings import Settings
from tests.scripts import load_script

DEPLOY = Path(__file__).parents[3] / "deploy"
OVERLAYS = ("dev", "production", "scale", "ledger")

Objects = list[dict[str, Any]]


check, render = (load_script(DEPLOY / "k8s" / f"{name}.py") for name in ("check", "render"))


def rendered(overlay: str) -> Objects:
    """Return the objects of an overlay, fresh: a test may break them."""
    return list(yaml.safe_load_all((DEPLOY / "k8s" / "rendered" / f"{overlay}.yaml").read_text()))


def named(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    """Return the one object; a generated name's hash is left out of the comparison."""
    (found,) = (each for each in objects if each["kind"] == kind and each["metadata"]["name"].startswith(name))
    return found


def pod(objects: Objects) -> dict[str, Any]:
    """Return the workers' pod."""
    spec: dict[str, Any] = named(objects, "StatefulSet", "claimwire-worker")["spec"]["template"]["spec"]
    return spec


def container(objects: Objects) -> dict[str, Any]:
    """Return the workers' container."""
    only: dict[str, Any] = pod(objects)["containers"][0]
    return only


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_wrong_with_an_overlay(overlay: str) -> None:
    """Each overlay fits the schemas, the restricted profile and our own rules."""
    objects = rendered(overlay)
    assert {"Deployment", "StatefulSet", "NetworkPolicy", "PodDisruptionBudget"} <= {each["kind"] for each in objects}
    assert check.findings(objects) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_rendered_files_are_of_the_sources_as_they_are(overlay: str) -> None:
    """A changed source without `make manifests` is found."""
    with (DEPLOY / "k8s" / "rendered" / f"{overlay}.yaml").open() as file:
        assert file.readline() == render.header()


def _drop_default_deny(objects: Objects) -> None:
    objects.remove(named(objects, "NetworkPolicy", "default-deny"))


def _allow_anybody(objects: Objects) -> None:
    named(objects, "NetworkPolicy", "api")["spec"]["ingress"] = [{}]


def _allow_any_address(objects: Objects) -> None:
    named(objects, "NetworkPolicy", "kafka")["spec"]["egress"][0]["to"] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}]


BROKEN: dict[str, tuple[str, Callable[[Objects], object]]] = {
    "an unknown field": ("schema", lambda it: container(it).update(memory="2Gi")),
    "a number where a string belongs": (
        "schema",
        lambda it: named(it, "ConfigMap", "claimwire")["data"].update(CLAIMWIRE_WORKER__DRAIN_TIMEOUT=25),
    ),
    "an API version that is gone": (
        "schema",
        lambda it: named(it, "PodDisruptionBudget", "claimwire-worker").update(apiVersion="policy/v1beta1"),
    ),
    "a scaler's number without quotes": (
        "schema",
        lambda it: named(it, "ScaledObject", "claimwire-worker")["spec"]["triggers"][0]["metadata"].update(
            lagThreshold=500
        ),
    ),
    "root by the container": ("restricted", lambda it: container(it)["securityContext"].update(runAsUser=0)),
    "root by the pod": ("restricted", lambda it: pod(it)["securityContext"].update(runAsUser=0)),
    "non-root not demanded": ("restricted", lambda it: pod(it)["securityContext"].pop("runAsNonRoot")),
    "no seccomp profile": ("restricted", lambda it: pod(it)["securityContext"].pop("seccompProfile")),
    "privileged": ("restricted", lambda it: container(it)["securityContext"].update(privileged=True)),
    "escalation": ("restricted", lambda it: container(it)["securityContext"].pop("allowPrivilegeEscalation")),
    "capabilities kept": ("restricted", lambda it: container(it)["securityContext"].pop("capabilities")),
    "a capability added": (
        "restricted",
        lambda it: container(it)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    ),
    "the node's network": ("restricted", lambda it: pod(it).update(hostNetwork=True)),
    "the node's files": (
        "restricted",
        lambda it: pod(it)["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
    ),
    "the node's port": ("restricted", lambda it: container(it)["ports"][0].update(hostPort=8080)),
    "no startup probe": ("probes", lambda it: container(it).pop("startupProbe")),
    "no liveness probe": ("probes", lambda it: container(it).pop("livenessProbe")),
    "no readiness probe": ("probes", lambda it: container(it).pop("readinessProbe")),
    "no memory limit": ("resources", lambda it: container(it)["resources"]["limits"].pop("memory")),
    "the latest image": ("image", lambda it: container(it).update(image="registry.example.org/claimwire:latest")),
    "an image without a tag": ("image", lambda it: container(it).update(image="registry.example.org:5000/claimwire")),
    "a writable root": (
        "read-only",
        lambda it: container(it)["securityContext"].update(readOnlyRootFilesystem=False),
    ),
    "a token": ("token", lambda it: pod(it).pop("automountServiceAccountToken")),
    "too little grace": ("draining", lambda it: pod(it).update(terminationGracePeriodSeconds=25)),
    "no default": ("network", _drop_default_deny),
    "a wide-open policy": ("network", _allow_anybody),
    "the whole internet": ("network", _allow_any_address),
    "a setting's map that is not there": (
        "references",
        lambda it: it.remove(named(it, "ConfigMap", "claimwire")),
    ),
    "a budget that guards nothing": (
        "references",
        lambda it: named(it, "PodDisruptionBudget", "claimwire-api")["spec"]["selector"].update(
            matchLabels={"app": "claimwire"}
        ),
    ),
    "a member id that changes": (
        "membership",
        lambda it: container(it)["env"][1]["valueFrom"]["fieldRef"].update(fieldPath="metadata.uid"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_copy_is_caught(broken: str) -> None:
    """A copy that is broken on purpose gives a finding of the rule that it breaks."""
    rule, damage = BROKEN[broken]
    objects = rendered("scale")
    damage(objects)
    assert rule in {finding.rule for finding in check.findings(objects)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_settings_of_an_overlay_are_settings_of_the_service(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable in a ConfigMap is an error, not a silent default."""
    data: dict[str, str] = named(rendered(overlay), "ConfigMap", "claimwire")["data"]
    for variable, value in data.items():
        monkeypatch.setenv(variable, value)
    loaded = Settings.load()
    for variable, value in data.items():
        at: Any = loaded
        for part in variable.removeprefix("CLAIMWIRE_").lower().split("__"):
            at = getattr(at, part)
        assert str(at).lower().removesuffix(".0") == value.lower()


def test_workers_scale_up_to_the_partitions() -> None:
    """The scaler's limit is the number of partitions that `topics ensure` makes by default."""
    job = named(rendered("dev"), "Job", "claimwire-topics")["spec"]["template"]["spec"]["containers"][0]
    scaler = named(rendered("scale"), "ScaledObject", "claimwire-worker")["spec"]
    assert job["args"][-2:] == ["--partitions", str(scaler["maxReplicaCount"])]


def test_the_scaler_watches_what_the_workers_read() -> None:
    """Group, topic and brokers of the scaler are those of the workers' settings."""
    objects = rendered("scale")
    settings = named(objects, "ConfigMap", "claimwire")["data"]
    trigger = named(objects, "ScaledObject", "claimwire-worker")["spec"]["triggers"][0]["metadata"]
    assert (trigger["consumerGroup"], trigger["topic"], trigger["bootstrapServers"]) == (
        settings["CLAIMWIRE_KAFKA__GROUP"],
        settings["CLAIMWIRE_KAFKA__TOPICS__ARTICLES"],
        settings["CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS"],
    )


def test_scaled_roles_have_no_count_of_their_own() -> None:
    """An `apply` must not reset what a scaler chose."""
    objects = rendered("scale")
    for kind, name in (("StatefulSet", "claimwire-worker"), ("Deployment", "claimwire-api")):
        assert "replicas" not in named(objects, kind, name)["spec"]


def test_the_key_for_trying_opens_the_service() -> None:
    """The public key of the dev overlay is of the form that the service reads, and does what its comment says."""
    keys = KeyRing(file=DEPLOY / "k8s" / "overlays" / "dev" / "secret" / "api-keys")
    writer = asyncio.run(keys.verify("cw_trying_for-trying-only"))
    scraper = asyncio.run(keys.verify("cw_prometheus_for-trying-only"))
    assert writer is not None
    assert scraper is not None
    assert (sorted(writer[1]), sorted(scraper[1])) == (["read", "write"], ["metrics"])


def test_production_holds_no_secret() -> None:
    """Keys and passwords come from a secret store: what is committed has none."""
    for overlay in ("production", "scale", "ledger"):
        assert "Secret" not in {each["kind"] for each in rendered(overlay)}


def test_the_ledger_reaches_its_database_and_no_more() -> None:
    """Beside names and brokers its egress is PostgreSQL, and namespaces that say that they receive webhooks."""
    objects = rendered("ledger")
    spec = named(objects, "StatefulSet", "claimwire-ledger")["spec"]
    labels = spec["template"]["metadata"]["labels"]

    def chosen(policy: dict[str, Any]) -> bool:
        selector = policy["spec"]["podSelector"]
        found = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
        return found and selector.get("matchLabels", {}).items() <= labels.items()

    opened = {
        (policy["metadata"]["name"], port["port"])
        for policy in objects
        if policy["kind"] == "NetworkPolicy" and chosen(policy)
        for rule in policy["spec"].get("egress", ())
        for port in rule["ports"]
    }
    assert opened == {
        *(("names", 53), ("kafka", 9092), ("kafka", 9093), ("postgresql", 5432), ("webhooks", 443), ("webhooks", 8080))
    }


@pytest.mark.parametrize(("kind", "name"), [("StatefulSet", "claimwire-ledger"), ("Deployment", "claimwire-api")])
def test_the_ledgers_address_is_a_file_that_is_a_setting(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the Secret mounts is read as `CLAIMWIRE_LEDGER__URL`, and nothing else lies beside it."""
    template = named(rendered("ledger"), kind, name)["spec"]["template"]["spec"]
    (only,) = template["containers"]
    folder = next(each["value"] for each in only["env"] if each["name"] == "CLAIMWIRE_SECRETS_DIR")
    mounted = next(each["name"] for each in only["volumeMounts"] if each["mountPath"] == folder)
    secret = next(each["secret"] for each in template["volumes"] if each["name"] == mounted)
    (item,) = secret["items"]
    (tmp_path / item["path"]).write_text("postgresql://u:p@h/d")
    monkeypatch.setenv("CLAIMWIRE_SECRETS_DIR", str(tmp_path))
    url = Settings.load().ledger.url
    assert url is not None
    assert url.get_secret_value() == "postgresql://u:p@h/d"


def test_a_ledger_whose_member_id_changes_is_caught() -> None:
    """The rule holds for ledgers as for workers."""
    objects = rendered("ledger")
    only = named(objects, "StatefulSet", "claimwire-ledger")["spec"]["template"]["spec"]["containers"][0]
    only["env"] = [each for each in only["env"] if each["name"] != "CLAIMWIRE_KAFKA__INSTANCE_ID"]
    assert {finding.rule for finding in check.findings(objects)} == {"membership"}
