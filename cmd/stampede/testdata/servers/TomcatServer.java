import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.Session;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.File;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.util.ServerInfo;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsSci;

/**
 * The Tomcat of the live tests, embedded. Its first argument is a folder of its own; a certificate
 * and its key, PEM files, may follow, and it then speaks TLS. It prints {"port": N, "version": "…"}
 * when it listens. When its standard input ends it waits for the connections to end, prints what it
 * counted and exits, so it never outlives the test.
 */
public final class TomcatServer {
  private static final long LAST_CONNECTIONS = 5_000; // ms for them to end once we are to stop

  private static final Logger TOMCAT = Logger.getLogger("org.apache"); // held, or it may be forgotten
  private static final Map<Integer, Integer> closed = new TreeMap<>(); // ended, by close code
  private static int upgrades; // requests to upgrade
  private static int established; // answered with 101
  private static int open;

  public static void main(String[] args) throws Exception {
    TOMCAT.setLevel(Level.WARNING);
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(args[0]);
    tomcat.setConnector(connector(args));
    Context app = tomcat.addContext("", new File(args[0]).getAbsolutePath());
    app.addServletContainerInitializer(new WsSci(), null);
    Tomcat.addServlet(app, "default", new DefaultServlet());
    app.addServletMappingDecoded("/", "default", false);
    tomcat.start();
    ServerContainer sockets =
        (ServerContainer) app.getServletContext().getAttribute(ServerContainer.class.getName());
    sockets.addEndpoint(
        ServerEndpointConfig.Builder.create(Welcome.class, "/ws").configurator(new Counting()).build());
    System.out.printf(
        "{\"port\": %d, \"version\": \"%s\"}%n",
        tomcat.getConnector().getLocalPort(), ServerInfo.getServerNumber());
    System.in.transferTo(OutputStream.nullOutputStream());
    System.out.println(report());
    System.exit(0);
  }

  private static Connector connector(String[] args) {
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("acceptCount", "4096");
    if (args.length < 3) {
      return connector;
    }
    SSLHostConfig tls = new SSLHostConfig();
    SSLHostConfigCertificate pair =
        new SSLHostConfigCertificate(tls, SSLHostConfigCertificate.Type.UNDEFINED);
    pair.setCertificateFile(args[1]);
    pair.setCertificateKeyFile(args[2]);
    tls.addCertificate(pair);
    connector.addSslHostConfig(tls);
    connector.setScheme("https");
    connector.setSecure(true);
    connector.setProperty("SSLEnabled", "true");
    return connector;
  }

  /** Waits for the connections to end, and tells what was counted. */
  private static synchronized String report() throws InterruptedException {
    long deadline = System.currentTimeMillis() + LAST_CONNECTIONS;
    for (long left; open > 0 && (left = deadline - System.currentTimeMillis()) > 0; ) {
      TomcatServer.class.wait(left);
    }
    String codes =
        closed.entrySet().stream()
            .map(e -> "\"" + e.getKey() + "\": " + e.getValue())
            .collect(Collectors.joining(", "));
    return String.format(
        "{\"upgrades\": %d, \"established\": %d, \"closed\": {%s}, \"open\": %d}",
        upgrades, established, codes, open);
  }

  private static synchronized void upgraded() {
    upgrades++;
  }

  private static synchronized void opened() {
    established++;
    open++;
  }

  private static synchronized void ended(int code) {
    closed.merge(code, 1, Integer::sum);
    open--;
    TomcatServer.class.notifyAll();
  }

  /** Counts requests to upgrade. */
  public static final class Counting extends ServerEndpointConfig.Configurator {
    @Override
    public void modifyHandshake(
        ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
      upgraded();
    }
  }

  /** Takes everyone in and says nothing. */
  public static final class Welcome extends Endpoint {
    @Override
    public void onOpen(Session session, EndpointConfig config) {
      opened();
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
      ended(reason.getCloseCode().getCode());
    }
  }
}
