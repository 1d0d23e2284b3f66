// What the jobs of Flink share: where lines come from, what stands in them, and one slot in one JVM.

import java.io.*;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;

/** All lines of a place but a header. */
record Lines(Place from) implements SourceFunction<String> {
    /** A file, or a port of this host. */
    record Place(boolean tcp, String name) implements Serializable {
        InputStream in() throws IOException {
            return tcp ? new Socket("127.0.0.1", Integer.parseInt(name)).getInputStream() : new FileInputStream(name);
        }

        OutputStream out() throws IOException {
            return tcp ? new Socket("127.0.0.1", Integer.parseInt(name)).getOutputStream() : new FileOutputStream(name);
        }
    }

    public void run(SourceContext<String> to) throws Exception {
        try (var lines = new BufferedReader(new InputStreamReader(from.in(), StandardCharsets.US_ASCII), 1 << 16)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.charAt(0) <= '9') to.collect(line);
            }
        }
    }

    public void cancel() {}

    static StreamExecutionEnvironment oneSlot() {
        Configuration one = new Configuration();
        one.setString("taskmanager.numberOfTaskSlots", "1");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, one);
        env.getConfig().enableObjectReuse();
        return env;
    }

    /** Milliseconds since 1970 of `2013-01-01T00:00:00.000Z`, read where its digits stand. */
    static long time(String line, int from) {
        long y = number(line, from, 4), m = number(line, from + 5, 2), d = number(line, from + 8, 2);
        long year = m <= 2 ? y - 1 : y, era = year / 400, of = year - era * 400;
        long day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
        long days = era * 146097 + of * 365 + of / 4 - of / 100 + day - 719468;
        long seconds = number(line, from + 11, 2) * 3600 + number(line, from + 14, 2) * 60 + number(line, from + 17, 2);
        return (days * 86400 + seconds) * 1000 + number(line, from + 20, 3);
    }

    static long number(String line, int from, int digits) {
        long number = 0;
        for (int i = from; i < from + digits; i++) number = number * 10 + line.charAt(i) - '0';
        return number;
    }
}
