// Sends sessions, outcomes or profiles with Kafka's Java client: lines of JSON on stdin, as the schemas have them.
//
//   mvn -q -f examples/java dependency:copy-dependencies -DoutputDirectory=lib
//   KAFKA_BROKERS=127.0.0.1:19092 java -cp 'examples/java/lib/*' examples/java/Send.java sessions < sessions.jsonl
//
// Avro's BinaryMessageEncoder writes what Stipend reads (single-object encoding). The client's own partitioner is the right
// one: leave partitioner.class and partitioner.ignore.keys as they are.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Send {
  public static void main(String[] args) throws Exception {
    String name = args[0];
    Schema schema = new Schema.Parser().parse(new File("schemas/" + name + ".avsc"));
    BinaryMessageEncoder<GenericRecord> encoder = new BinaryMessageEncoder<>(GenericData.get(), schema);
    String topic = System.getenv().getOrDefault("KAFKA_TOPIC_PREFIX", "") + name;
    Map<String, Object> settings = Map.of("bootstrap.servers", System.getenv("KAFKA_BROKERS"), "acks", "all");
    ObjectMapper json = new ObjectMapper();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<String, byte[]> producer =
            new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        GenericRecord value = (GenericRecord) valueOf(schema, json.readTree(line));
        byte[] bytes = encoder.encode(value).array();
        sent.add(producer.send(new ProducerRecord<>(topic, value.get("userId").toString(), bytes)));
      }
      producer.flush();
      for (Future<RecordMetadata> each : sent) each.get();
    }
  }

  private static Object valueOf(Schema schema, JsonNode json) {
    switch (schema.getType()) {
      case RECORD:
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) record.put(field.pos(), valueOf(field.schema(), json.get(field.name())));
        return record;
      case MAP:
        Map<String, Object> map = new HashMap<>();
        json.properties().forEach(entry -> map.put(entry.getKey(), valueOf(schema.getValueType(), entry.getValue())));
        return map;
      case UNION:
        return valueOf(branchOf(schema, json), json);
      case ENUM:
        return new GenericData.EnumSymbol(schema, json.asText());
      case NULL:
        return null;
      case BOOLEAN:
        return json.asBoolean();
      case LONG:
        return json.asLong();
      case DOUBLE:
        return json.asDouble();
      default:
        return json.asText();
    }
  }

  private static Schema branchOf(Schema union, JsonNode json) {
    for (Schema branch : union.getTypes()) {
      Schema.Type type = branch.getType();
      boolean isNumber = type == Schema.Type.LONG || type == Schema.Type.DOUBLE;
      if (json == null || json.isNull() ? type == Schema.Type.NULL
          : json.isNumber() ? isNumber
          : json.isBoolean() ? type == Schema.Type.BOOLEAN
          : type == Schema.Type.STRING) return branch;
    }
    throw new IllegalArgumentException(json + " is none of " + union);
  }
}
