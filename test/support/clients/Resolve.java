import java.net.InetAddress;
import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.directory.InitialDirContext;

/** Resolve host NAME: addresses, one a line. Resolve srv NAME: targets and ports, through JNDI. */
public class Resolve {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("srv")) {
      Hashtable<String, String> environment = new Hashtable<>();
      environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
      var all = new InitialDirContext(environment).getAttributes("dns:/" + args[1], new String[] {"SRV"}).get("SRV");
      for (int i = 0; i < all.size(); i++) {
        String[] words = all.get(i).toString().split(" ");
        System.out.println(words[3] + " " + words[2]);
      }
      return;
    }
    for (InetAddress one : InetAddress.getAllByName(args[1])) System.out.println(one.getHostAddress());
  }
}
