// A Kafka Streams job for benchmarks/kafka.ts: for each session a read and a write of the user's record in a RocksDB store
// with a changelog, and one record out. It decides nothing. Prints one line of JSON when it has had COUNT sessions.
//
//   java Peer BROKERS APPLICATION INPUT OUTPUT COUNT STATE_BYTES OUTPUT_BYTES FOLDER

import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public class Peer {
  static final CountDownLatch done = new CountDownLatch(1);
  static long seen;
  static long firstNanos;
  static long lastNanos;

  public static void main(String[] args) throws Exception {
    long count = Long.parseLong(args[4]);
    int stateBytes = Integer.parseInt(args[5]);
    int outputBytes = Integer.parseInt(args[6]);
    var properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, args[7]);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    properties.put("auto.offset.reset", "earliest");
    var bytes = Serdes.ByteArray();
    var store = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("users"), bytes, bytes);
    var topology = new Topology();
    topology.addSource("in", bytes.deserializer(), bytes.deserializer(), args[2]);
    topology.addProcessor("work", () -> new Work(count, stateBytes, outputBytes), "in");
    topology.addStateStore(store, "work");
    topology.addSink("out", args[3], bytes.serializer(), bytes.serializer(), "work");
    try (var streams = new KafkaStreams(topology, properties)) {
      streams.start();
      done.await();
      System.out.println("{\"inputs\":" + (count - 1) + ",\"seconds\":" + (lastNanos - firstNanos) / 1e9 + "}");
    }
  }

  static class Work implements Processor<byte[], byte[], byte[], byte[]> {
    final long count;
    final int stateBytes;
    final int outputBytes;
    ProcessorContext<byte[], byte[]> context;
    KeyValueStore<byte[], byte[]> users;

    Work(long count, int stateBytes, int outputBytes) {
      this.count = count;
      this.stateBytes = stateBytes;
      this.outputBytes = outputBytes;
    }

    public void init(ProcessorContext<byte[], byte[]> given) {
      context = given;
      users = given.getStateStore("users");
    }

    public void process(Record<byte[], byte[]> session) {
      byte[] before = users.get(session.key());
      byte[] after = before == null ? new byte[stateBytes] : before.clone();
      after[0]++;
      users.put(session.key(), after);
      byte[] output = new byte[outputBytes];
      System.arraycopy(session.value(), 0, output, 0, Math.min(output.length, session.value().length));
      context.forward(session.withValue(output));
      lastNanos = System.nanoTime();
      if (++seen == 1) firstNanos = lastNanos;
      if (seen == count) done.countDown();
    }
  }
}
