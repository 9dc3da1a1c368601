# Where other clients put keys: librdkafka's partitioners, by what the broker says of each record that it was sent, and
# kafka-python's own. Keys are lines on stdin, in hex.
#
#   partitions.py BROKERS TOPIC

import json
import sys

from confluent_kafka import Producer
from kafka.partitioner.default import DefaultPartitioner

brokers, topic = sys.argv[1:]
keys = [bytes.fromhex(line.strip()) for line in sys.stdin]


def librdkafka(settings):
    placed = [None] * len(keys)
    producer = Producer({"bootstrap.servers": brokers, **settings})

    def told(index):
        def delivered(error, message):
            assert error is None, error
            placed[index] = message.partition()

        return delivered

    for index, key in enumerate(keys):
        producer.produce(topic, key=key, value=b"", on_delivery=told(index))
    producer.flush()
    return placed


class Cluster:
    """What kafka-python's partitioner asks of its metadata."""

    def __init__(self):
        found = Producer({"bootstrap.servers": brokers}).list_topics(topic)
        self.partitions = set(found.topics[topic].partitions)

    def topics(self):
        return {topic}

    def partitions_for_topic(self, _topic):
        return self.partitions

    available_partitions_for_topic = partitions_for_topic


cluster = Cluster()
default = DefaultPartitioner()
print(
    json.dumps(
        {
            "murmur2_random": librdkafka({"partitioner": "murmur2_random"}),
            "consistent_random": librdkafka({"partitioner": "consistent_random"}),
            "as it is": librdkafka({}),
            "fnv1a_random": librdkafka({"partitioner": "fnv1a_random"}),
            "kafka-python": [default.partition(topic, key, key, None, None, cluster) for key in keys],
        }
    )
)
