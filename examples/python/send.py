# Sends sessions, outcomes or profiles with confluent-kafka, from PyPI: lines of JSON on stdin, as the schemas have them.
#
#   python3 -m venv .venv && .venv/bin/pip install -r examples/python/requirements.txt
#   KAFKA_BROKERS=127.0.0.1:19092 .venv/bin/python examples/python/send.py sessions < sessions.jsonl
#
# Two things make a record Stipend's: its value, which is the schema's fingerprint (as schemas/fingerprints.json has it) and
# Avro after C3 01; and its partition, for which librdkafka has to be told to place keys as Kafka's Java client does.

import io
import json
import os
import sys
from pathlib import Path

import fastavro
from confluent_kafka import Producer

NAME = sys.argv[1]
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

schema = fastavro.parse_schema(json.loads((SCHEMAS / f"{NAME}.avsc").read_text()))
fingerprint = json.loads((SCHEMAS / "fingerprints.json").read_text())[NAME]
header = bytes.fromhex("c301" + fingerprint)


def encoded(value):
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, value)
    return header + body.getvalue()


refused = []


def delivered(error, message):
    if error is not None:
        refused.append(f"{message.key().decode()}: {error}")


producer = Producer(
    {
        "bootstrap.servers": os.environ["KAFKA_BROKERS"],
        "enable.idempotence": True,
        # Without it librdkafka places keys by CRC-32: dead letters, all of them that are elsewhere.
        "partitioner": "murmur2_random",
    }
)
for line in sys.stdin:
    value = json.loads(line)
    topic = os.environ.get("KAFKA_TOPIC_PREFIX", "") + NAME
    producer.produce(topic, key=value["userId"].encode(), value=encoded(value), on_delivery=delivered)
    producer.poll(0)
producer.flush()
if refused:
    raise SystemExit("\n".join(refused))
