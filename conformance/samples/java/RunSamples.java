import com.aliyun.tea.TeaException;
import com.google.gson.GsonBuilder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs the programs named, one after the other: a line of JSON for each. */
public final class RunSamples {
  private RunSamples() {}

  public static void main(String[] names) throws Exception {
    PrintStream told = System.out;
    for (String name : names) {
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
      String error = null;
      try {
        Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
      } catch (InvocationTargetException failed) {
        Throwable cause = failed.getCause();
        error = cause instanceof TeaException refused ? refused.getCode() + ": " + refused.getMessage() : String.valueOf(cause);
      }
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("name", name);
      result.put("output", output.toString(StandardCharsets.UTF_8));
      result.put("error", error);
      told.println(new GsonBuilder().serializeNulls().create().toJson(result));
    }
    System.exit(0);
  }
}
