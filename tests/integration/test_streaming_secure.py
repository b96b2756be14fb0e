"""A broker with TLS, SASL and an authorizer: who gets in, and that exactly the documented ACLs suffice."""

import asyncio
import base64
import json
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest
from pydantic import SecretStr

from service.core.errors import BrokerUnavailableError, ConfigurationError
from service.core.message import Message
from service.ledger.schema import migrate
from service.local_kafka import Listener, LocalKafka
from service.settings import KafkaSettings, Settings, TopicSettings
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.http.publisher import Ingress
from service.telemetry.metrics import Metrics
from tests.committed import committed
from tests.integration.test_ledger_watches import Newsroom
from tests.ledger import enriched

pytestmark = pytest.mark.anyio

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "open sesame"  # noqa: S105  # of a broker that lives for this test
RESOURCES = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"Read": 3, "Write": 4}
PATTERNS = {"literal": 3, "prefixed": 4}
ALLOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """One line of the table in `deploy/kafka/acls.sh`."""

    resource: str
    name: str
    pattern: str
    operation: str
    use: str

    @property
    def uses(self) -> set[str]:
        """Return the parts of the service that need it."""
        return set(self.use.split(","))

    def __str__(self) -> str:
        """Name it for a test's id."""
        return f"{self.operation}-{self.resource}-{self.name}"


def documented() -> list[Acl]:
    """Return what the script grants."""
    script = (REPOSITORY / "deploy" / "kafka" / "acls.sh").read_text(encoding="utf-8")
    table = re.search(r"table='\n(.*?)'", script, re.DOTALL)
    assert table is not None
    fields = ("resource", "name", "pattern", "operation", "use")
    return [Acl(**dict(zip(fields, line.split(), strict=True))) for line in table[1].splitlines()]


LEDGER = [acl for acl in documented() if "ledger" in acl.uses]
NEEDED = [acl for acl in documented() if acl.uses & {"worker", "http"}]


def openssl(*arguments: str, folder: Path) -> None:
    """Run openssl."""
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate authority, and a certificate of the broker."""
    folder = tmp_path_factory.mktemp("tls")
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    authority = ("-x509", "-days", "2", "-subj", "/CN=test authority")
    openssl(*new, *authority, "-keyout", "ca.key", "-out", "ca.pem", folder=folder)
    openssl(*new, "-subj", "/CN=broker", "-keyout", "key.pem", "-out", "request.pem", folder=folder)
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    sign = ("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl(*sign, "-extfile", "names", "-out", "certificate.pem", folder=folder)
    store = (folder / "key.pem").read_text() + (folder / "certificate.pem").read_text()
    (folder / "broker.pem").write_text(store)
    return folder


@pytest.fixture(scope="module")
def secure(certificates: Path) -> Iterator[LocalKafka]:
    """One broker with a listener that speaks TLS and three kinds of SASL, and an authorizer that denies by default."""
    jaas = "org.apache.kafka.common.security"
    listener = "listener.name.secure"
    properties = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # clients of the plain listener: the broker itself, and the test
        f"{listener}.ssl.keystore.type": "PEM",
        f"{listener}.ssl.keystore.location": str(certificates / "broker.pem"),
        f"{listener}.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN,OAUTHBEARER",
        f"{listener}.scram-sha-512.sasl.jaas.config": f"{jaas}.scram.ScramLoginModule required;",
        f"{listener}.plain.sasl.jaas.config": f'{jaas}.plain.PlainLoginModule required user_claimwire="{PASSWORD}";',
        f"{listener}.oauthbearer.sasl.jaas.config": (
            f'{jaas}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
        ),
        f"{listener}.oauthbearer.sasl.server.callback.handler.class": (
            f"{jaas}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler"
        ),
    }
    scram = f"SCRAM-SHA-512=[name=claimwire,password={PASSWORD}]"
    with LocalKafka(
        listeners=[Listener(name="SECURE", protocol="SASL_SSL")],
        properties=properties,
        format_arguments=["--add-scram", scram],
    ) as cluster:
        yield cluster


@pytest.fixture
def settings(secure: LocalKafka, certificates: Path, tmp_path: Path) -> KafkaSettings:
    """Settings of a client: TLS, SCRAM, the password from a file."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    return KafkaSettings(
        bootstrap_servers=secure.bootstrap("SECURE"),
        security_protocol="SASL_SSL",
        ssl_ca_file=certificates / "ca.pem",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="claimwire",
        sasl_password_file=secret,
        commit_timeout=10.0,
    )


@pytest.fixture
async def granted(secure: LocalKafka) -> AsyncIterator[list[Acl]]:
    """Topics under their usual names, and every ACL that the script grants the worker and the HTTP role."""
    plain = KafkaSettings(bootstrap_servers=secure.bootstrap())
    await ensure_topics(plain, partitions=2)
    await grant(secure, NEEDED)
    yield NEEDED
    await revoke(secure, NEEDED)


async def grant(secure: LocalKafka, acls: Sequence[Acl]) -> None:
    """Create ACLs, as the script would."""
    await _administer(secure, CreateAclsRequest, acls)


async def revoke(secure: LocalKafka, acls: Sequence[Acl]) -> None:
    """Take ACLs away."""
    await _administer(secure, DeleteAclsRequest, acls)


async def _administer(secure: LocalKafka, request: Any, acls: Sequence[Acl]) -> None:
    """Send one request per ACL: both kinds take the same fields, and answer with a list of errors."""
    admin = AIOKafkaAdminClient(bootstrap_servers=secure.bootstrap())
    await admin.start()
    try:
        for acl in acls:
            resource = (RESOURCES[acl.resource], acl.name, PATTERNS[acl.pattern])
            who = ("User:claimwire", "*", OPERATIONS[acl.operation], ALLOW)
            answer = await admin._send_request(request(*resource, *who))
            _, results = answer.to_object().values()
            assert all(result["error_code"] == 0 for result in results), results
    finally:
        await admin.close()


def ready(ingress: Ingress) -> bool:
    """Return whether the ingress takes articles."""
    return not any(check.fails for check in ingress.checks())


async def test_exactly_the_documented_acls_suffice(benches: Any, settings: KafkaSettings, granted: list[Acl]) -> None:
    """With the ACLs of the script, and no others, an article posted comes out as an event, and a bad one is buried."""
    assert granted
    bench = await _bench(benches, settings)
    ingress = Ingress(settings=settings, queue=8, metrics=Metrics())
    await ingress.start()
    running = bench.worker(kafka=settings)
    await bench.eventually(lambda: ready(ingress) and running.ready(), "ready")
    for value in (b"good", b"bad"):
        await ingress.publish(Message(topic=settings.topics.articles, key=b"k", value=value))
    await bench.eventually(lambda: running.sample("claimwire_articles_total", outcome="dead_letter") == 1, "buried")
    await bench.eventually(lambda: running.sample("claimwire_articles_total", outcome="retracted") == 1, "enriched")
    await ingress.stop()
    await running.stop()


@pytest.mark.parametrize("missing", [acl for acl in NEEDED if "worker" in acl.uses], ids=str)
async def test_one_acl_fewer_ends_the_worker_with_a_sentence(
    benches: Any, secure: LocalKafka, settings: KafkaSettings, granted: list[Acl], missing: Acl
) -> None:
    """Without any one of them the worker ends, and says what Kafka forbids it."""
    assert granted
    await revoke(secure, [missing])
    bench = await _bench(benches, settings)
    plain = bench.kafka
    await bench.publish([b"good", b"bad"], keys=2)
    running = bench.worker(kafka=settings)
    with pytest.raises(ConfigurationError) as caught:
        await asyncio.wait_for(asyncio.shield(running.task), 60)
    assert "Kafka forbids us" in str(caught.value)
    word = {"topic": missing.name, "group": "consumer group", "transactional-id": "transactional ids"}[missing.resource]
    assert word in str(caught.value)
    assert plain.topics == settings.topics


async def test_one_acl_fewer_refuses_to_publish(
    secure: LocalKafka, settings: KafkaSettings, granted: list[Acl], benches: Any
) -> None:
    """Without WRITE on the input topic nothing is accepted, and the error says why."""
    await revoke(secure, [acl for acl in granted if "http" in acl.uses])
    bench = await _bench(benches, settings)
    ingress = Ingress(settings=settings, queue=8, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    with pytest.raises(BrokerUnavailableError, match=r"Kafka forbids us a topic.*articles"):
        await ingress.publish(Message(topic=settings.topics.articles, key=b"k", value=b"v"))
    await ingress.stop()


async def test_the_ledgers_acls_suffice_and_each_is_needed(
    secure: LocalKafka, settings: KafkaSettings, tmp_path: Path
) -> None:
    """With its rows of the script alone a ledger stores, tells and buries; without one that it reads by it says so."""
    plain = KafkaSettings(bootstrap_servers=secure.bootstrap())
    await ensure_topics(plain, partitions=2, matches="articles.matches")
    await grant(secure, LEDGER)
    stored = LedgerSettings(url=SecretStr(f"sqlite:///{tmp_path}/ledger.db"))
    writer, reader = Newsroom(plain, stored), Newsroom(settings, stored)
    reader.settings = Settings(kafka=settings, ledger=stored)  # without the short sessions that this broker refuses
    migrate(reader.database)
    reader.watch(text="bridge")
    await writer.publish(
        enriched("urn:article:1", {"speaker": "Ann Lee", "text": "The bridge is safe."}),
        {"article": {"id": "urn:article:2"}},
    )
    await reader.deliver()
    (told,) = await committed("articles.matches", 1, **connection(plain))
    assert told.key == b"urn:article:1"
    refused = {"result": "dead_letter"}
    await reader.eventually(
        lambda: reader.metrics.registry.get_sample_value("claimwire_ledger_events_total", refused), "it is buried"
    )
    await reader.rest()
    for missing in (acl for acl in LEDGER if acl.operation == "Read"):
        await revoke(secure, [missing])
        with pytest.raises(ConfigurationError, match=f"Kafka forbids us.*{missing.name}"):
            await asyncio.wait_for(asyncio.shield(reader.start().task), 60)
        await grant(secure, [missing])
    await revoke(secure, LEDGER)
    await reader.close()
    await writer.close()


async def test_plain_and_oauthbearer_get_in(
    settings: KafkaSettings, granted: list[Acl], tmp_path: Path, benches: Any
) -> None:
    """The two other mechanisms: a password from a setting, and a token from a file that is read again."""
    assert granted
    bench = await _bench(benches, settings)
    token = tmp_path / "token"
    token.write_text(unsecured_token("claimwire"))
    for change in (
        {"sasl_mechanism": "PLAIN", "sasl_password": SecretStr(PASSWORD), "sasl_password_file": None},
        {"sasl_mechanism": "OAUTHBEARER", "oauth_token_file": token},
    ):
        ingress = Ingress(settings=settings.model_copy(update=change), queue=8, metrics=Metrics())
        await ingress.start()
        await bench.eventually(lambda one=ingress: ready(one), str(change["sasl_mechanism"]))
        await ingress.publish(Message(topic=settings.topics.articles, key=b"k", value=b"v"))
        await ingress.stop()


async def test_a_wrong_password_and_a_strange_certificate_stay_out(settings: KafkaSettings, benches: Any) -> None:
    """Neither is accepted; the service waits, not ready, and says that no broker lets it in."""
    bench = await _bench(benches, settings)
    wrong = settings.model_copy(update={"sasl_password": SecretStr("guess"), "sasl_password_file": None})
    strange = settings.model_copy(update={"ssl_ca_file": None})
    for one in (wrong, strange):
        running = bench.worker(kafka=one)
        await bench.eventually(lambda it=running: "No broker" in str(it.stream.checks()[1].detail), "the reason")
        assert not running.ready()
        await running.crash()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ssl_ca_file": Path("/nowhere/ca.pem")}, "TLS files"),
        ({"sasl_password_file": Path("/nowhere/password")}, "/nowhere/password"),
        ({"sasl_username": None}, "SASL_USERNAME"),
        ({"sasl_mechanism": None}, "SASL_MECHANISM"),
        ({"sasl_mechanism": "OAUTHBEARER"}, "OAUTH_TOKEN_FILE"),
    ],
)
def test_settings_that_do_not_fit_are_named(change: dict[str, Any], told: str) -> None:
    """A missing file or half a pair of settings is an error that names it, before anything connects."""
    base = KafkaSettings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="claimwire",
        sasl_password=SecretStr(PASSWORD),
    )
    with pytest.raises(ConfigurationError, match=told):
        connection(base.model_copy(update=change))


async def _bench(benches: Any, settings: KafkaSettings) -> Any:
    """Return a bench on the secure broker's plain listener and the usual topics, as an operator sees them."""
    bench = await benches()
    plain = {"bootstrap_servers": settings.bootstrap_servers, "topics": TopicSettings(), "group": settings.group}
    bench.kafka = settings.model_copy(update=plain)
    return bench


def unsecured_token(subject: str) -> str:
    """Return a bearer token without a signature (RFC 7515, appendix A.5), which the test's broker takes."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": subject, "iat": now, "exp": now + 3600})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."
