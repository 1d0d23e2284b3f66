// The windows of the bench as a job of Flink, in one JVM and one slot: `file IN OUT`, or `tcp IN OUT PACE` with two
// ports, where PACE is `usual` (nothing set) or `eager` (a watermark with each record, nothing held in buffers).

import java.io.*;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.*;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.*;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.legacy.RichSinkFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

public class Windows {
    private static final TypeInformation<Tuple3<Long, Long, Double>> RECORD =
        Types.TUPLE(Types.LONG, Types.LONG, Types.DOUBLE);
    private static final TypeInformation<Tuple3<Long, Double, Double>> SUMS =
        Types.TUPLE(Types.LONG, Types.DOUBLE, Types.DOUBLE);

    static final class Out extends RichSinkFunction<String> {
        private final Lines.Place to;
        private transient Writer writer;

        Out(Lines.Place to) {
            this.to = to;
        }

        @Override
        public void invoke(String line, Context context) throws Exception {
            if (writer == null) {
                writer = new OutputStreamWriter(new BufferedOutputStream(to.out(), 1 << 16), StandardCharsets.US_ASCII);
            }
            writer.write(line);
            if (to.tcp()) writer.flush();
        }

        @Override
        public void close() throws Exception {
            if (writer != null) writer.close();
        }
    }

    static final class Sums
            implements AggregateFunction<
                Tuple3<Long, Long, Double>, Tuple3<Long, Double, Double>, Tuple3<Long, Double, Double>> {
        public Tuple3<Long, Double, Double> createAccumulator() {
            return Tuple3.of(0L, 0.0, Double.NEGATIVE_INFINITY);
        }

        public Tuple3<Long, Double, Double> add(Tuple3<Long, Long, Double> record, Tuple3<Long, Double, Double> sums) {
            sums.f0 += 1;
            sums.f1 += record.f2;
            sums.f2 = Math.max(sums.f2, record.f2);
            return sums;
        }

        public Tuple3<Long, Double, Double> getResult(Tuple3<Long, Double, Double> sums) {
            return sums;
        }

        public Tuple3<Long, Double, Double> merge(Tuple3<Long, Double, Double> a, Tuple3<Long, Double, Double> b) {
            return Tuple3.of(a.f0 + b.f0, a.f1 + b.f1, Math.max(a.f2, b.f2));
        }
    }

    static final class Rows extends ProcessWindowFunction<Tuple3<Long, Double, Double>, String, Long, TimeWindow> {
        @Override
        public void process(Long key, Context of, Iterable<Tuple3<Long, Double, Double>> all, Collector<String> out) {
            Tuple3<Long, Double, Double> sums = all.iterator().next();
            out.collect(of.window().getEnd() + "," + key + "," + sums.f0 + "," + sums.f1 + "," + sums.f2 + "\n");
        }
    }

    /** A watermark with each record that is later than all before it. */
    static final class Eager implements WatermarkGenerator<Tuple3<Long, Long, Double>> {
        private long latest = Long.MIN_VALUE;

        public void onEvent(Tuple3<Long, Long, Double> record, long at, WatermarkOutput out) {
            if (at > latest) {
                latest = at;
                out.emitWatermark(new Watermark(at - 1));
            }
        }

        public void onPeriodicEmit(WatermarkOutput out) {}
    }

    public static void main(String[] args) throws Exception {
        boolean tcp = args[0].equals("tcp"), eager = tcp && args[3].equals("eager");
        StreamExecutionEnvironment env = Lines.oneSlot();
        if (eager) env.setBufferTimeout(0);
        WatermarkStrategy<Tuple3<Long, Long, Double>> watermarks = eager
            ? WatermarkStrategy.forGenerator(context -> new Eager())
            : WatermarkStrategy.forBoundedOutOfOrderness(Duration.ZERO);
        env.addSource(new Lines(new Lines.Place(tcp, args[1])), Types.STRING)
            .map(line -> {
                int first = line.indexOf(','), second = line.indexOf(',', first + 1);
                long key = Long.parseLong(line, 0, first, 10);
                return Tuple3.of(key, Lines.time(line, first + 1), Double.parseDouble(line.substring(second + 1)));
            })
            .returns(RECORD)
            .assignTimestampsAndWatermarks(watermarks.withTimestampAssigner((record, before) -> record.f1))
            .keyBy(record -> record.f0, Types.LONG)
            .window(TumblingEventTimeWindows.of(tcp ? Duration.ofSeconds(1) : Duration.ofHours(1)))
            .aggregate(new Sums(), new Rows(), SUMS, SUMS, Types.STRING)
            .addSink(new Out(new Lines.Place(tcp, args[2])));
        env.execute();
    }
}
