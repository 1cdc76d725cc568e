import java.io.ByteArrayInputStream;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXParseException;

/**
 * Parses and validates one message over and over with javax.xml.validation, and prints one line of figures.
 *
 * <p>{@code Jdk SCHEMA MESSAGE SECONDS WARM_UP_SECONDS}. The schema is compiled once and the validator is used again;
 * passes before the warm-up ends are not counted.
 */
public final class Jdk {
    private Jdk() {}

    public static void main(String[] arguments) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(arguments[1]));
        double wantedMs = Double.parseDouble(arguments[2]) * 1e3;
        double warmUpMs = Double.parseDouble(arguments[3]) * 1e3;

        long begun = System.nanoTime();
        Schema schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(arguments[0]));
        double compileMs = milliseconds(begun);

        Validator validator = schema.newValidator();
        validator.setErrorHandler(new Strict());
        for (long start = System.nanoTime(); milliseconds(start) < warmUpMs; ) {
            check(validator, bytes);
        }
        double[] passes = new double[1_000_000];
        int done = 0;
        double cpu = cpuMilliseconds();
        for (long start = System.nanoTime(); done < passes.length && milliseconds(start) < wantedMs; done++) {
            long one = System.nanoTime();
            check(validator, bytes);
            passes[done] = milliseconds(one);
        }
        cpu = (cpuMilliseconds() - cpu) / done;
        Arrays.sort(passes, 0, done);
        System.out.printf(Locale.ROOT, "%.4f %.4f %.3f %d%n", passes[done / 2], cpu, compileMs, peakKilobytes());
    }

    private static void check(Validator validator, byte[] bytes) throws Exception {
        validator.validate(new StreamSource(new ByteArrayInputStream(bytes)));
    }

    private static double milliseconds(long since) {
        return (System.nanoTime() - since) / 1e6;
    }

    /** Processor time of this process: the collector and the compiler included. */
    private static double cpuMilliseconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e6;
    }

    /** The most memory this process ever held. */
    private static long peakKilobytes() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    /** Any fault ends the run. */
    private static final class Strict implements ErrorHandler {
        @Override
        public void warning(SAXParseException fault) throws SAXParseException {
            throw fault;
        }

        @Override
        public void error(SAXParseException fault) throws SAXParseException {
            throw fault;
        }

        @Override
        public void fatalError(SAXParseException fault) throws SAXParseException {
            throw fault;
        }
    }
}
