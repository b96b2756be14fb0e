"""Read so many records of a topic with confluent-kafka (librdkafka), and print a line of JSON for each."""

import json
import sys

from confluent_kafka import Consumer, KafkaException

servers, topic, count = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": servers,
        "group.id": f"confluent-{topic}",
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }
)
consumer.subscribe([topic])
left = int(count)
while left:
    record = consumer.poll(1.0)
    if record is None:
        continue
    if record.error():
        raise KafkaException(record.error())
    event = json.loads(record.value() or b"{}")  # no value: the article was erased
    headers = dict(record.headers() or ())
    claims = event.get("claims")
    line = {
        "key": record.key().decode(),
        "type": headers["ce_type"].decode() if "ce_type" in headers else None,
        "claims": None if claims is None else len(claims),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    left -= 1
consumer.close()
