// The join of the bench as a job of Flink, in one JVM and one slot: `LEFT RIGHT APART PACE`, the last two
// in milliseconds: how far apart partners are, and how often there is a watermark. It says how many pairs it found.

import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.*;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.ProcessJoinFunction;
import org.apache.flink.streaming.api.functions.sink.legacy.RichSinkFunction;
import org.apache.flink.util.Collector;

public class Pairs {
    /** A record: its number, its key, its time. */
    private static final TypeInformation<Tuple3<Long, Long, Long>> RECORD =
        Types.TUPLE(Types.LONG, Types.LONG, Types.LONG);
    private static final TypeInformation<Tuple5<Long, Long, Long, Long, Long>> PAIR =
        Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG);

    /** Both records of a pair in one. */
    static final class Found
            extends ProcessJoinFunction<
                Tuple3<Long, Long, Long>, Tuple3<Long, Long, Long>, Tuple5<Long, Long, Long, Long, Long>> {
        @Override
        public void processElement(
                Tuple3<Long, Long, Long> left, Tuple3<Long, Long, Long> right, Context of,
                Collector<Tuple5<Long, Long, Long, Long, Long>> out) {
            out.collect(Tuple5.of(left.f0, left.f1, left.f2, right.f0, right.f2));
        }
    }

    static final class Count extends RichSinkFunction<Tuple5<Long, Long, Long, Long, Long>> {
        private long pairs;

        @Override
        public void invoke(Tuple5<Long, Long, Long, Long, Long> pair, Context context) {
            pairs++;
        }

        @Override
        public void close() {
            System.out.println(pairs);
        }
    }

    private static KeyedStream<Tuple3<Long, Long, Long>, Long> side(StreamExecutionEnvironment env, String file) {
        return env.addSource(new Lines(new Lines.Place(false, file)), Types.STRING)
            .map(line -> {
                int first = line.indexOf(','), second = line.indexOf(',', first + 1);
                long number = Long.parseLong(line, 0, first, 10);
                long key = Long.parseLong(line, first + 1, second, 10);
                return Tuple3.of(number, key, Lines.time(line, second + 1));
            })
            .returns(RECORD)
            .assignTimestampsAndWatermarks(
                WatermarkStrategy.<Tuple3<Long, Long, Long>>forBoundedOutOfOrderness(Duration.ZERO)
                    .withTimestampAssigner((record, before) -> record.f2))
            .keyBy(record -> record.f1, Types.LONG);
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = Lines.oneSlot();
        env.getConfig().setAutoWatermarkInterval(Long.parseLong(args[3]));
        Duration apart = Duration.ofMillis(Long.parseLong(args[2]));
        side(env, args[0])
            .intervalJoin(side(env, args[1]))
            .between(apart.negated(), apart)
            .process(new Found(), PAIR)
            .addSink(new Count());
        env.execute();
    }
}
