import com.aliyun.auth.credentials.Credential;
import com.aliyun.auth.credentials.provider.StaticCredentialProvider;
import com.aliyun.core.http.HttpMethod;
import com.aliyun.sdk.gateway.pop.clients.CommonAsyncClient;
import com.aliyun.sdk.gateway.pop.exception.PopClientException;
import com.aliyun.sdk.gateway.pop.exception.PopServerException;
import com.aliyun.sdk.gateway.pop.models.CommonRequest;
import darabonba.core.client.ClientOverrideConfiguration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** The asynchronous runtime, used generically: signed with ACS3-HMAC-SHA256, which it does not let cover the Host. */
final class AsyncRuntime implements Clients.Client {
  private final Map<String, CommonAsyncClient> kept = new HashMap<>();

  @Override
  public Object call(Clients.Request request) {
    CommonRequest.Builder call = CommonRequest.builder()
        .product(request.product).version(request.version).action(request.action)
        .path("/").httpMethod(HttpMethod.POST).responseBodyType("json");
    request.params.forEach((name, value) -> {
      if (request.inForm()) {
        call.requestBodyType("formData").isFormData(true).putBodyParameters(name, text(value));
      } else {
        call.putQueryParameters(name, text(value));
      }
    });
    return kept.computeIfAbsent(request.account(), account -> client(request)).callApi(call.build()).join().getBody();
  }

  private static CommonAsyncClient client(Clients.Request request) {
    Credential key = Credential.builder().accessKeyId(request.accessKeyId).accessKeySecret(request.accessKeySecret)
        .securityToken(request.securityToken).build();
    return CommonAsyncClient.builder()
        .region("cn-shanghai")
        .credentialsProvider(StaticCredentialProvider.create(key))
        .overrideConfiguration(ClientOverrideConfiguration.create()
            .setProtocol(request.scheme.toUpperCase()).setEndpointOverride(request.authority))
        .build();
  }

  /** Lists of plain values as comma text, structures as JSON text, as the request classes of this runtime write them. */
  private static Object text(Object value) {
    if (value instanceof List<?> list && list.stream().noneMatch(item -> item instanceof Map)) {
      return list.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return value instanceof List || value instanceof Map ? Clients.JSON.toJson(value) : value;
  }

  @Override
  public Map<String, Object> describe(Throwable error) {
    Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("class", cause.getClass().getSimpleName());
    fields.put("message", cause.getMessage());
    if (cause instanceof PopClientException refused) {
      fields.put("status", refused.getStatusCode());
      fields.put("code", refused.getErrCode());
      fields.put("message", refused.getErrMessage());
      fields.put("requestId", refused.getRequestId());
      fields.put("accessDenied", refused.getAccessDeniedDetail());
    } else if (cause instanceof PopServerException failed) {
      fields.put("status", failed.getStatusCode());
      fields.put("code", failed.getErrCode());
      fields.put("message", failed.getErrMessage());
      fields.put("requestId", failed.getRequestId());
    }
    return fields;
  }
}
