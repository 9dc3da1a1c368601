# Follows the decisions with a client that is not Stipend's: confluent-kafka, from PyPI. A line of JSON for each.
#
#   python3 -m venv .venv && .venv/bin/pip install -r examples/python/requirements.txt
#   KAFKA_BROKERS=127.0.0.1:19092 .venv/bin/python examples/python/read_decisions.py
#
# With SCHEMA_REGISTRY_URL the schemas come from the registry, as for any other topic of yours. Without it each value
# begins with C3 01 and its schema's fingerprint (Avro's single-object encoding), and schemas/ has the schemas.

import io
import json
import os
from pathlib import Path

import fastavro
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = os.environ.get("KAFKA_TOPIC_PREFIX", "") + "decisions"
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def of_registry(url):
    decode = AvroDeserializer(SchemaRegistryClient({"url": url}))
    return lambda value: decode(value, SerializationContext(TOPIC, MessageField.VALUE))


def of_files():
    files = [SCHEMAS / "decisions.avsc", *SCHEMAS.glob("history/decisions/*.avsc")]
    schemas = [json.loads(file.read_text()) for file in files]
    by_fingerprint = {fingerprint(schema): fastavro.parse_schema(schema) for schema in schemas}
    return lambda value: fastavro.schemaless_reader(io.BytesIO(value[10:]), by_fingerprint[value[2:10]])


def fingerprint(schema):
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


def shown(other):
    return other.hex() if isinstance(other, bytes) else other.isoformat()


registry = os.environ.get("SCHEMA_REGISTRY_URL")
decode = of_registry(registry) if registry else of_files()
consumer = Consumer(
    {
        "bootstrap.servers": os.environ["KAFKA_BROKERS"],
        "group.id": "coupons",
        "auto.offset.reset": "earliest",
        # What a transaction has not committed was never decided.
        "isolation.level": "read_committed",
    }
)
consumer.subscribe([TOPIC])
try:
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise SystemExit(message.error())
        print(json.dumps(decode(message.value()), default=shown), flush=True)
except KeyboardInterrupt:
    pass
finally:
    consumer.close()
