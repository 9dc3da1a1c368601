// Kafka's own Java client, for tests: what others write we must read, and what we write others must.
//
//   errors                                  every error code and its name, a line each
//   produce BROKERS TOPIC CODEC COUNT       COUNT records into partition 0: key k<i>, value <codec>-<i>-xxx…, a header
//   transactions BROKERS TOPIC              into partition 0: aborted, committed, aborted, committed
//   consume BROKERS TOPIC COUNT             the first COUNT committed records: partition, offset, key, value; then quits
//   dump BROKERS TOPIC...                   all records committed by now: topic, partition, value in base64, a line each

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Foreign {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "errors" -> { for (Errors error : Errors.values()) System.out.println(error.code() + " " + error.name()); }
      case "produce" -> produce(args[1], args[2], args[3], Integer.parseInt(args[4]));
      case "transactions" -> transactions(args[1], args[2]);
      case "dump" -> dump(args[1], List.of(args).subList(2, args.length));
      case "consume" -> consume(args[1], args[2], Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static KafkaProducer<String, String> producer(String brokers, Map<String, String> more) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    properties.putAll(more);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static void produce(String brokers, String topic, String codecs, int count) throws Exception {
    for (String codec : codecs.split(",")) {
      try (var producer = producer(brokers, Map.of("compression.type", codec, "linger.ms", "50"))) {
        for (int i = 0; i < count; i++) {
          var record = new ProducerRecord<>(topic, 0, 1_700_000_000_000L + i, "k" + i, codec + "-" + i + "-" + "x".repeat(i % 200));
          record.headers().add("codec", codec.getBytes());
          producer.send(record);
        }
        producer.flush();
      }
    }
  }

  static void transactions(String brokers, String topic) throws Exception {
    try (var producer = producer(brokers, Map.of("transactional.id", UUID.randomUUID().toString()))) {
      producer.initTransactions();
      for (String what : List.of("aborted", "committed", "aborted", "committed")) {
        producer.beginTransaction();
        for (int i = 0; i < 3; i++) producer.send(new ProducerRecord<>(topic, 0, "k", what + i));
        producer.flush();
        if (what.equals("aborted")) producer.abortTransaction();
        else producer.commitTransaction();
      }
    }
  }

  static void dump(String brokers, List<String> topics) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    properties.put("isolation.level", "read_committed");
    var bytes = new ByteArrayDeserializer();
    var out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false);
    try (var consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
      var partitions = topics.stream().flatMap(topic -> consumer.partitionsFor(topic).stream())
        .map(p -> new TopicPartition(p.topic(), p.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p)))
        for (var record : consumer.poll(Duration.ofMillis(500)))
          out.println(record.topic() + " " + record.partition() + " " + Base64.getEncoder().encodeToString(record.value()));
    }
    out.flush();
  }

  static void consume(String brokers, String topic, int count) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    properties.put("group.id", "foreign-" + UUID.randomUUID());
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      for (int seen = 0; seen < count; ) {
        for (var record : consumer.poll(Duration.ofMillis(500))) {
          System.out.println(record.partition() + " " + record.offset() + " " + record.key() + " " + record.value());
          seen++;
        }
      }
    }
  }
}
