import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.ConnectingEvent;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.DuplicateSubscriptionException;
import io.github.centrifugal.centrifuge.ErrorEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.ReplyError;
import io.github.centrifugal.centrifuge.ResultCallback;
import io.github.centrifugal.centrifuge.ServerPublicationEvent;
import io.github.centrifugal.centrifuge.ServerSubscribedEvent;
import io.github.centrifugal.centrifuge.ServerUnsubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribingEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionErrorEvent;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.SubscriptionOptions;
import io.github.centrifugal.centrifuge.UnsubscribedEvent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * io.github.centrifugal:centrifuge-java, which speaks Protobuf alone: many clients in one process, named by handles, which are
 * spoken to in lines of JSON. What happens to them is written out.
 */
public final class Realtime {
  private static final int PATIENCE_SECONDS = 10;

  /** One line of the suite. */
  private static final class Request {
    long id;
    String act;
    long handle;
    String url;
    String token;
    String channel;
    String method;
    JsonElement data;

    static Request of(String line) {
      // `do` is a word of the language.
      Request request = Clients.JSON.fromJson(line, Request.class);
      request.act = JsonParser.parseString(line).getAsJsonObject().get("do").getAsString();
      return request;
    }

    byte[] bytes() {
      return Clients.JSON.toJson(data).getBytes(StandardCharsets.UTF_8);
    }
  }

  private static PrintStream lines;
  private final Map<Long, Client> clients = new HashMap<>();

  private Realtime() {}

  public static void main(String[] arguments) throws Exception {
    lines = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    Realtime realtime = new Realtime();
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      Request request = Request.of(line);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("id", request.id);
      try {
        answer.put("result", realtime.act(request));
      } catch (ExecutionException failed) {
        answer.put("error", failure(failed.getCause()));
      } catch (Exception error) {
        answer.put("error", failure(error));
      }
      write(answer);
    }
    System.exit(0);
  }

  private static synchronized void write(Map<String, Object> line) {
    lines.println(Clients.JSON.toJson(line));
  }

  /** The server's number and text, where the error is the server's. */
  private static Map<String, Object> failure(Throwable error) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("code", error instanceof ReplyError reply ? reply.getCode() : null);
    told.put("message", String.valueOf(error.getMessage()));
    return told;
  }

  private static Object value(byte[] data) {
    return data == null || data.length == 0 ? null : JsonParser.parseString(new String(data, StandardCharsets.UTF_8));
  }

  private Object act(Request request) throws Exception {
    Client client = clients.get(request.handle);
    switch (request.act) {
      case "open" -> clients.put(request.handle, open(request));
      case "connect" -> client.connect();
      case "disconnect" -> client.disconnect();
      case "subscribe" -> subscription(client, request).subscribe();
      case "unsubscribe" -> subscription(client, request).unsubscribe();
      case "publish" -> Realtime.<Object>done(callback -> client.publish(request.channel, request.bytes(), callback::accept));
      case "rpc" -> {
        byte[] result = Realtime.<byte[]>done(callback ->
            client.rpc(request.method, request.bytes(), (error, told) -> callback.accept(error, told == null ? null : told.getData())));
        return value(result);
      }
      case "presence" -> {
        Map<String, Object> found = new HashMap<>();
        return Realtime.<Map<String, Object>>done(callback -> client.presence(request.channel, (error, told) -> {
          if (told != null) {
            told.getClients().forEach((id, info) -> found.put(id, Map.of("user", info.getUser(), "client", info.getClient())));
          }
          callback.accept(error, found);
        }));
      }
      case "presenceStats" -> {
        return Realtime.<Map<String, Object>>done(callback -> client.presenceStats(request.channel, (error, told) ->
            callback.accept(error, told == null ? null : Map.of("numClients", told.getNumClients(), "numUsers", told.getNumUsers()))));
      }
      default -> throw new IllegalArgumentException("no such action: " + request.act);
    }
    return null;
  }

  /** What a call of the client is answered with. */
  private interface Callback<T> {
    void accept(Throwable error, T result);
  }

  /** A call of the client. */
  private interface Asked<T> {
    void ask(Callback<T> callback);
  }

  private static <T> T done(Asked<T> asked) throws Exception {
    CompletableFuture<T> future = new CompletableFuture<>();
    asked.ask((error, result) -> {
      if (error != null) {
        future.completeExceptionally(error);
      } else {
        future.complete(result);
      }
    });
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Client open(Request request) {
    Options options = new Options();
    options.setToken(request.token);
    options.setMinReconnectDelay(50);
    options.setMaxReconnectDelay(500);
    return new Client(request.url, options, new ClientLog(request.handle));
  }

  private static Subscription subscription(Client client, Request request) throws DuplicateSubscriptionException {
    Subscription known = client.getSubscription(request.channel);
    if (known != null) {
      return known;
    }
    SubscriptionOptions options = new SubscriptionOptions();
    options.setPositioned(true);
    options.setRecoverable(true);
    options.setMinResubscribeDelay(50);
    options.setMaxResubscribeDelay(500);
    return client.newSubscription(request.channel, options, new SubscriptionLog(request.handle));
  }

  /** Something that happened to a client, written when it is whole. */
  private static final class Event {
    private final Map<String, Object> line = new LinkedHashMap<>();

    Event(long handle, String kind) {
      line.put("handle", handle);
      line.put("kind", kind);
    }

    Event with(String name, Object value) {
      line.put(name, value);
      return this;
    }

    Event offset(long offset) {
      return offset > 0 ? with("offset", offset) : this;
    }

    void tell() {
      write(line);
    }
  }

  private static final class ClientLog extends EventListener {
    private final long handle;

    ClientLog(long handle) {
      this.handle = handle;
    }

    @Override
    public void onConnecting(Client client, ConnectingEvent event) {
      new Event(handle, "connecting").with("code", event.getCode()).with("reason", event.getReason()).tell();
    }

    @Override
    public void onConnected(Client client, ConnectedEvent event) {
      new Event(handle, "connected").with("client", event.getClient()).with("data", value(event.getData())).tell();
    }

    @Override
    public void onDisconnected(Client client, DisconnectedEvent event) {
      new Event(handle, "disconnected").with("code", event.getCode()).with("reason", event.getReason()).tell();
    }

    @Override
    public void onError(Client client, ErrorEvent event) {
      new Event(handle, "error").with("message", String.valueOf(event.getError())).tell();
    }

    @Override
    public void onSubscribed(Client client, ServerSubscribedEvent event) {
      new Event(handle, "server_subscribed").with("channel", event.getChannel()).with("recovered", event.getRecovered()).tell();
    }

    @Override
    public void onUnsubscribed(Client client, ServerUnsubscribedEvent event) {
      new Event(handle, "server_unsubscribed").with("channel", event.getChannel()).tell();
    }

    @Override
    public void onPublication(Client client, ServerPublicationEvent event) {
      new Event(handle, "server_publication")
          .with("channel", event.getChannel()).with("data", value(event.getData())).offset(event.getOffset()).tell();
    }
  }

  private static final class SubscriptionLog extends SubscriptionEventListener {
    private final long handle;

    SubscriptionLog(long handle) {
      this.handle = handle;
    }

    private Event event(String kind, Subscription subscription) {
      return new Event(handle, kind).with("channel", subscription.getChannel());
    }

    @Override
    public void onSubscribing(Subscription subscription, SubscribingEvent event) {
      event("subscribing", subscription).with("code", event.getCode()).with("reason", event.getReason()).tell();
    }

    @Override
    public void onSubscribed(Subscription subscription, SubscribedEvent event) {
      event("subscribed", subscription)
          .with("data", value(event.getData()))
          .with("positioned", event.getPositioned()).with("recoverable", event.getRecoverable())
          .with("recovered", event.getRecovered()).with("wasRecovering", event.wasRecovering())
          .tell();
    }

    @Override
    public void onUnsubscribed(Subscription subscription, UnsubscribedEvent event) {
      event("unsubscribed", subscription).with("code", event.getCode()).with("reason", event.getReason()).tell();
    }

    @Override
    public void onPublication(Subscription subscription, PublicationEvent event) {
      event("publication", subscription).with("data", value(event.getData())).offset(event.getOffset()).tell();
    }

    @Override
    public void onError(Subscription subscription, SubscriptionErrorEvent event) {
      event("error", subscription).with("message", String.valueOf(event.getError())).tell();
    }
  }
}
