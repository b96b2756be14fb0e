"""The local Kafka itself: what starts, what stops, what is refused."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from service.core.errors import ConfigurationError
from service.local_kafka import LocalKafka, Process, read_detached, start_detached, stop_detached


def test_a_detached_cluster_stays_until_it_is_stopped_and_keeps_its_data(tmp_path: Path) -> None:
    """Started, found again, stopped, started on the same data; stopping ends its processes and no other."""
    try:
        first = start_detached(directory=tmp_path)
        assert start_detached(directory=tmp_path) == first
        running = read_detached(tmp_path)
        assert running is not None
        assert all(process.alive() for process in running.processes)
        with pytest.raises(ConfigurationError, match="kafka stop"):
            start_detached(directory=tmp_path, brokers=2)
        cluster = (tmp_path / "1-brokers" / "cluster.id").read_text()
        assert stop_detached(directory=tmp_path) == 1
        assert not any(process.alive() for process in running.processes)
        assert stop_detached(directory=tmp_path) == 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        assert start_detached(directory=tmp_path, ports=[port]) == f"127.0.0.1:{port}"
        assert (tmp_path / "1-brokers" / "cluster.id").read_text() == cluster
    finally:
        stop_detached(directory=tmp_path)


def test_a_stale_state_file_harms_nobody(tmp_path: Path) -> None:
    """A process that took over the id of a dead broker is left alone."""
    mine = Process.of(os.getpid())
    other = f'{{"pid": {mine.pid}, "started": {mine.started - 1}}}'
    (tmp_path / "state.json").write_text(f'{{"bootstrap": "x:1", "brokers": 1, "processes": [{other}]}}')
    assert stop_detached(directory=tmp_path) == 0


def test_a_cluster_id_that_looks_like_an_option_is_none(tmp_path: Path) -> None:
    """Of random ids in Kafka's letters, one in sixty-four begins with a dash: it is taken as it is."""
    (tmp_path / "cluster.id").write_text("-_WWxiMrTGGUpCwCtCLZ5g", encoding="ascii")
    with LocalKafka(directory=tmp_path) as kafka:
        assert kafka.bootstrap().startswith("127.0.0.1:")


def test_a_broker_that_dies_while_starting_is_told_with_its_last_words(tmp_path: Path) -> None:
    """A setting that Kafka refuses ends in an error that holds what it said, and leaves nothing running."""
    cluster = LocalKafka(directory=tmp_path, properties={"num.network.threads": "none"})
    with pytest.raises(ConfigurationError, match=r"num\.network\.threads"):
        cluster.start()
    assert all(node.process is None for node in cluster.nodes)


@pytest.mark.parametrize("missing", ["java", "mvn"])
def test_a_missing_tool_is_one_sentence_with_the_other_ways(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Java or Maven the error names it, Docker compose, and the setting for a cluster that runs."""
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, **kw: None if name == missing else which(name, **kw))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        LocalKafka(directory=tmp_path / "kafka").start()
    told = str(caught.value)
    assert {"java": "Java 17", "mvn": "Maven"}[missing] in told
    assert "docker compose" in told
    assert "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS" in told


def test_a_killed_node_comes_back_on_its_port(tmp_path: Path) -> None:
    """What the chaos suite does: kill, start again, wait."""
    del tmp_path
    with LocalKafka() as cluster:
        (node,) = cluster.nodes
        before = cluster.bootstrap()
        cluster.kill(node)
        cluster.restart(node)
        cluster.wait()
        assert cluster.bootstrap() == before
        process = node.process
        assert process is not None
    assert process.returncode == -signal.SIGKILL
