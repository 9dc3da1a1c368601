// Follows the decisions with Kafka's Java client. A line of JSON for each.
//
//   mvn -q -f examples/java dependency:copy-dependencies -DoutputDirectory=lib
//   KAFKA_BROKERS=127.0.0.1:19092 java -cp 'examples/java/lib/*' examples/java/ReadDecisions.java

import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

public class ReadDecisions {
  public static void main(String[] args) throws Exception {
    Schema schema = new Schema.Parser().parse(new File("schemas/decisions.avsc"));
    BinaryMessageDecoder<GenericRecord> decoder = new BinaryMessageDecoder<>(GenericData.get(), schema);
    // What earlier versions have written.
    File[] earlier = new File("schemas/history/decisions").listFiles();
    if (earlier != null) for (File file : earlier) decoder.addSchema(new Schema.Parser().parse(file));
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", System.getenv("KAFKA_BROKERS"),
            "group.id", "coupons-java",
            "auto.offset.reset", "earliest",
            // What a transaction has not committed was never decided.
            "isolation.level", "read_committed");
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(System.getenv().getOrDefault("KAFKA_TOPIC_PREFIX", "") + "decisions"));
      while (true)
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1)))
          System.out.println(decoder.decode(record.value()));
    }
  }
}
