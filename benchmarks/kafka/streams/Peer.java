// A Kafka Streams job for benchmarks/kafka.ts: for each session a read and a write of the user's record in a RocksDB store
// with a changelog, and one record out. It decides nothing. Prints one line of JSON when it has had COUNT sessions: how
// fast it went from the session after the first WARM_UP to the last, and in how much processor time of all threads.
//
//   java Peer BROKERS APPLICATION INPUT OUTPUT COUNT WARM_UP STATE_BYTES OUTPUT_BYTES FOLDER
//
// Settings: exactly_once_v2 with its own default of a commit each 100 ms, over all partitions at once; one stream thread,
// as the others decide in one (the broker has the second core); the RocksDB store as Kafka Streams sets it up (block cache
// 50 MB, memtables 16 MB, Bloom filters), without a record cache before it, so that each session's write is in the
// changelog, as each decision of ours is; its producer's linger of 100 ms; replication 1, as everywhere in the benchmark.
// Tried beside it, two threads, and a record cache: neither took less processor time for a session.

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
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
  static final OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  static final CountDownLatch done = new CountDownLatch(1);

  public static void main(String[] args) throws Exception {
    long count = Long.parseLong(args[4]);
    long warmUp = Long.parseLong(args[5]);
    int stateBytes = Integer.parseInt(args[6]);
    int outputBytes = Integer.parseInt(args[7]);
    var properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, args[8]);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    properties.put("auto.offset.reset", "earliest");
    var meter = new Meter(count, warmUp);
    var bytes = Serdes.ByteArray();
    var store = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("users"), bytes, bytes);
    var topology = new Topology();
    topology.addSource("in", bytes.deserializer(), bytes.deserializer(), args[2]);
    topology.addProcessor("work", () -> new Work(meter, stateBytes, outputBytes), "in");
    topology.addStateStore(store, "work");
    topology.addSink("out", args[3], bytes.serializer(), bytes.serializer(), "work");
    try (var streams = new KafkaStreams(topology, properties)) {
      streams.start();
      done.await();
      System.out.println(meter.json());
    }
  }

  /** Of one thread. */
  static class Meter {
    final long count;
    final long warmUp;
    long seen;
    long nanos;
    long cpuNanos;

    Meter(long count, long warmUp) {
      this.count = count;
      this.warmUp = warmUp;
    }

    void seen() {
      seen++;
      if (seen == warmUp) {
        nanos = -System.nanoTime();
        cpuNanos = -machine.getProcessCpuTime();
      }
      if (seen == count) {
        nanos += System.nanoTime();
        cpuNanos += machine.getProcessCpuTime();
        done.countDown();
      }
    }

    String json() {
      return String.format(
          java.util.Locale.ROOT,
          "{\"inputs\":%d,\"seconds\":%.6f,\"cpuSeconds\":%.6f}",
          count - warmUp,
          nanos / 1e9,
          cpuNanos / 1e9);
    }
  }

  static class Work implements Processor<byte[], byte[], byte[], byte[]> {
    final Meter meter;
    final int stateBytes;
    final int outputBytes;
    ProcessorContext<byte[], byte[]> context;
    KeyValueStore<byte[], byte[]> users;

    Work(Meter meter, int stateBytes, int outputBytes) {
      this.meter = meter;
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
      meter.seen();
    }
  }
}
