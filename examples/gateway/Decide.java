// Asks the gateway which incentive to show. Whatever goes wrong, or takes too long, nothing is shown.
//   GATEWAY=http://127.0.0.1:8080 java Decide.java SESSION USER
// An application reads the answer with its JSON library; this finds one field without any.
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.regex.*;

class Decide {
  static final Pattern INCENTIVE = Pattern.compile("\"incentive\":(null|\\{[^}]*\\})");

  static String incentive(String session, String user, String attributes, int timeoutMs) {
    var asked = "{\"sessionId\":\"%s\",\"userId\":\"%s\",\"attributes\":%s,\"timeoutMs\":%d}".formatted(session, user, attributes, timeoutMs);
    var request = HttpRequest.newBuilder(URI.create(System.getenv("GATEWAY") + "/v1/decisions"))
        .header("content-type", "application/json")
        .header("authorization", "Bearer " + System.getenv("GATEWAY_TOKEN"))
        .timeout(Duration.ofMillis(timeoutMs + 50)).POST(HttpRequest.BodyPublishers.ofString(asked)).build();
    try {
      var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      var found = INCENTIVE.matcher(answer.statusCode() == 200 ? answer.body() : "");
      return found.find() ? found.group(1) : "null";
    } catch (Exception nothing) {
      return "null";
    }
  }

  public static void main(String[] args) {
    var timeoutMs = Integer.parseInt(System.getenv().getOrDefault("TIMEOUT_MS", "50"));
    System.out.println(incentive(args[0], args[1], "{\"visits\":5,\"member\":true}", timeoutMs));
  }
}
