import com.aliyuncs.AcsResponse;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.RpcAcsRequest;
import com.aliyuncs.auth.SignatureVersion;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The older core: request classes of live, signed with HMAC-SHA1 in the query; CommonRequest where there is none. */
final class OlderCore implements Clients.Client {
  /** Answers are objects with fields; their wire names are the fields' in upper camel case. */
  private static final Gson WIRE_NAMES = new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE).create();

  private final Map<String, DefaultAcsClient> kept = new HashMap<>();

  @Override
  public Object call(Clients.Request request) throws Exception {
    DefaultAcsClient client = kept.get(request.account());
    if (client == null) {
      client = new DefaultAcsClient(request.securityToken == null
          ? DefaultProfile.getProfile("cn-shanghai", request.accessKeyId, request.accessKeySecret)
          : DefaultProfile.getProfile("cn-shanghai", request.accessKeyId, request.accessKeySecret, request.securityToken));
      if ("V3".equals(request.signature)) {
        client.setSignatureVersion(SignatureVersion.V3);
      }
      kept.put(request.account(), client);
    }
    ProtocolType protocol = "https".equals(request.scheme) ? ProtocolType.HTTPS : ProtocolType.HTTP;
    RpcAcsRequest<?> typed = request.product.equals("live") ? typed(request) : null;
    if (typed == null) {
      return Clients.JSON.fromJson(client.getCommonResponse(common(request, protocol)).getData(), Map.class);
    }
    typed.setSysProtocol(protocol);
    typed.setSysEndpoint(request.authority);
    AcsResponse answer = client.getAcsResponse(typed);
    return WIRE_NAMES.toJsonTree(answer);
  }

  private static CommonRequest common(Clients.Request request, ProtocolType protocol) {
    CommonRequest common = new CommonRequest();
    common.setSysProtocol(protocol);
    common.setSysDomain(request.authority);
    common.setSysVersion(request.version);
    common.setSysAction(request.action);
    common.setSysMethod(MethodType.POST);
    request.params.forEach((name, value) -> common.putQueryParameter(
        name, value instanceof Map || value instanceof List ? Clients.JSON.toJson(value) : String.valueOf(value)));
    return common;
  }

  /** The request of an operation that has a class; null of one that was withdrawn before it had any. */
  private static RpcAcsRequest<?> typed(Clients.Request request) throws ReflectiveOperationException {
    String name = "com.aliyuncs.live.model.v" + request.version.replace("-", "") + "." + request.action + "Request";
    Class<?> known;
    try {
      known = Class.forName(name);
    } catch (ClassNotFoundException withdrawn) {
      return null;
    }
    RpcAcsRequest<?> typed = (RpcAcsRequest<?>) known.getConstructor().newInstance();
    for (Map.Entry<String, Object> parameter : request.params.entrySet()) {
      setter(typed, parameter.getKey()).ifPresentOrElse(
          set -> call(set, typed, parameter.getValue()),
          () -> { throw new IllegalArgumentException(name + " has no " + parameter.getKey()); });
    }
    return typed;
  }

  private static Optional<Method> setter(RpcAcsRequest<?> typed, String name) {
    return Arrays.stream(typed.getClass().getMethods())
        .filter(method -> method.getName().equals("set" + name) && method.getParameterCount() == 1).findFirst();
  }

  private static void call(Method set, RpcAcsRequest<?> typed, Object value) {
    Object given = value;
    Class<?> type = set.getParameterTypes()[0];
    if (type == Integer.class) {
      given = Integer.valueOf(String.valueOf(value));
    } else if (type == Long.class) {
      given = Long.valueOf(String.valueOf(value));
    } else if (type == String.class) {
      given = String.valueOf(value);
    }
    try {
      set.invoke(typed, given);
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException(error);
    }
  }

  @Override
  public Map<String, Object> describe(Throwable error) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("class", error.getClass().getSimpleName());
    fields.put("message", error.getMessage());
    if (error instanceof ClientException refused) {
      fields.put("code", refused.getErrCode());
      fields.put("message", refused.getErrMsg());
      fields.put("requestId", refused.getRequestId());
      fields.put("accessDenied", refused.getAccessDeniedDetail());
    }
    return fields;
  }
}
