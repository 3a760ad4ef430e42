import java.io.File;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/** Says what HdrHistogram's own reader finds in a log: a line a histogram. */
public class ReadLog {
    public static void main(String[] args) throws Exception {
        HistogramLogReader log = new HistogramLogReader(new File(args[0]));
        for (Histogram h; (h = (Histogram) log.nextIntervalHistogram()) != null; ) {
            System.out.printf("%s %d %d %d %d %d %d %d %d%n", h.getTag(), h.getStartTimeStamp(), h.getEndTimeStamp(),
                h.getTotalCount(), h.getMaxValue(), h.getValueAtPercentile(50), h.getValueAtPercentile(90),
                h.getValueAtPercentile(95), h.getValueAtPercentile(99));
        }
    }
}
