import com.aliyun.auth.credentials.Credential;
import com.aliyun.auth.credentials.provider.RamRoleArnCredentialProvider;
import com.aliyun.core.http.HttpMethod;
import com.aliyun.sdk.gateway.pop.clients.CommonAsyncClient;
import com.aliyuncs.AcsRequest;
import com.aliyuncs.AcsResponse;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.AlibabaCloudCredentialsProvider;
import com.aliyuncs.auth.BasicCredentials;
import com.aliyuncs.auth.STSAssumeRoleSessionCredentialsProvider;
import com.aliyuncs.auth.StaticCredentialsProvider;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import darabonba.core.client.ClientOverrideConfiguration;
import java.util.Map;

/**
 * The credential providers of the two Java clients, and a call with what each gives: a program of its own, since they speak
 * TLS and trust what the machine is started with. What is asked for stands as JSON in the environment, under ASK; the argument
 * names the client.
 */
public final class RamRole {
  private static final String ACTION = "ListLiveMessageApps";
  private static final String VERSION = "2016-11-01";
  private static final String REGION = "cn-shanghai";

  /** What is asked for. */
  static final class Ask {
    String id;
    String secret;
    String role;
    String authority;
    String externalId;
  }

  private RamRole() {}

  public static void main(String[] arguments) throws Exception {
    Ask ask = Clients.JSON.fromJson(System.getenv("ASK"), Ask.class);
    Map<String, Object> told = switch (arguments[0]) {
      case "asynchronous" -> asynchronous(ask);
      case "older" -> older(ask);
      default -> throw new IllegalArgumentException(arguments[0]);
    };
    System.out.println(Clients.JSON.toJson(told));
  }

  private static Map<String, Object> asynchronous(Ask ask) {
    RamRoleArnCredentialProvider provider = RamRoleArnCredentialProvider.builder()
        .credential(Credential.builder().accessKeyId(ask.id).accessKeySecret(ask.secret).build())
        .roleArn(ask.role).roleSessionName("java").externalId(ask.externalId).stsEndpoint(ask.authority)
        .build();
    try (CommonAsyncClient client = CommonAsyncClient.builder()
        .region(REGION).credentialsProvider(provider)
        .overrideConfiguration(ClientOverrideConfiguration.create().setProtocol("HTTPS").setEndpointOverride(ask.authority))
        .build()) {
      var call = com.aliyun.sdk.gateway.pop.models.CommonRequest.builder()
          .product("live").version(VERSION).action(ACTION).path("/").httpMethod(HttpMethod.POST).responseBodyType("json")
          .putQueryParameters("SortType", 1);
      return Map.of("body", client.callApi(call.build()).join().getBody(), "key", provider.getCredentials().accessKeyId());
    }
  }

  private static Map<String, Object> older(Ask ask) throws Exception {
    DefaultProfile profile = DefaultProfile.getProfile(REGION, ask.id, ask.secret);
    AlibabaCloudCredentialsProvider provider = STSAssumeRoleSessionCredentialsProvider.builder()
        .credentialsProvider(new StaticCredentialsProvider(new BasicCredentials(ask.id, ask.secret)))
        .roleArn(ask.role).roleSessionName("java").externalId(ask.externalId)
        .build()
        .withSTSClient(at(ask.authority, profile));
    CommonRequest request = new CommonRequest();
    request.setSysProtocol(ProtocolType.HTTPS);
    request.setSysDomain(ask.authority);
    request.setSysVersion(VERSION);
    request.setSysAction(ACTION);
    request.setSysMethod(MethodType.POST);
    request.putQueryParameter("SortType", "1");
    String body = new DefaultAcsClient(profile, provider).getCommonResponse(request).getData();
    return Map.of("body", Clients.JSON.fromJson(body, Map.class), "key", provider.getCredentials().getAccessKeyId());
  }

  /** A client whose typed calls go to one server: the provider chooses the cloud's, and lets nobody say another. */
  private static DefaultAcsClient at(String authority, DefaultProfile profile) {
    return new DefaultAcsClient(profile) {
      @Override
      public <T extends AcsResponse> T getAcsResponse(AcsRequest<T> request) throws ClientException {
        request.setSysEndpoint(authority);
        return super.getAcsResponse(request);
      }
    };
  }
}
