import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Requests and answers as lines of JSON on standard input and output; each request names its client. */
public final class Clients {
  /** Writes members that are null too: an error without a request id says so. */
  static final Gson JSON = new GsonBuilder()
      .disableHtmlEscaping().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

  /** What a client must do: one call, answered as a value that becomes JSON. */
  interface Client {
    Object call(Request request) throws Exception;

    /** The fields of an error: class, code, status, message, requestId, accessDenied. */
    Map<String, Object> describe(Throwable error);
  }

  /** One line of the suite. */
  static final class Request {
    long id;
    String client;
    String scheme;
    String authority;
    String accessKeyId;
    String accessKeySecret;
    /** Of a temporary key; null of a lasting one. */
    String securityToken;
    String signature;
    String version;
    String product;
    String action;
    Map<String, Object> params;

    /** One client per server and key: the clients keep their connections. */
    String account() {
      return String.join(" ", scheme, authority, accessKeyId, accessKeySecret, String.valueOf(signature));
    }

    /** The first generation's operations are posted as a form, as its request classes do. */
    boolean inForm() {
      return action.contains("Message") && !action.contains("LiveMessage");
    }
  }

  private Clients() {}

  public static void main(String[] arguments) throws Exception {
    // What a library prints goes to standard error: standard output carries the answers.
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    Map<String, Client> clients = Map.of("asynchronous", new AsyncRuntime(), "older", new OlderCore());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Request request = JSON.fromJson(line, Request.class);
      Client client = clients.get(request.client);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("id", request.id);
      try {
        answer.put("result", client.call(request));
      } catch (Exception error) {
        answer.put("error", client.describe(error));
      }
      answers.println(JSON.toJson(answer));
    }
    System.exit(0);
  }
}
