package dev.quorate.simulation;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Loads core, store and simulation once more, with some lines of the shipped sources replaced: a bug can be put in
 * without a seam for it in what is shipped.
 */
final class PatchedClasses extends ClassLoader {
    private static final List<String> OWN =
            List.of("dev.quorate.protocol.", "dev.quorate.store.", "dev.quorate.simulation.");

    private final Map<String, byte[]> patched;

    /**
     * One replacement.
     *
     * @param type a class under {@code dev.quorate}, such as {@code protocol.Election}
     * @param shipped text that occurs in its source exactly once, white space aside
     * @param instead what stands in its place
     */
    record Patch(String type, String shipped, String instead) {}

    PatchedClasses(List<Patch> patches) throws IOException {
        super(PatchedClasses.class.getClassLoader());
        this.patched = compile(patches);
    }

    /** As {@link SimRun#search}, among the patched classes. */
    String search(Flaw flaw, long firstSeed, int seeds) throws ReflectiveOperationException {
        return (String) loadClass(SimRun.class.getName())
                .getMethod("search", String.class, long.class, int.class)
                .invoke(null, flaw.name(), firstSeed, seeds);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            if (OWN.stream().noneMatch(name::startsWith)) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = patched.get(name);
        if (bytes == null) {
            bytes = shipped(name);
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] shipped(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- compiling -------------------------------------------------------------------------------------------------

    private static Map<String, byte[]> compile(List<Patch> patches) throws IOException {
        Map<String, String> sources = new LinkedHashMap<>();
        for (Patch patch : patches) {
            String source = sources.get(patch.type());
            sources.put(patch.type(), replace(source == null ? read(patch.type()) : source, patch));
        }
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((type, text) -> units.add(new Source(type, text)));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (Classes classes = new Classes(compiler.getStandardFileManager(null, null, null))) {
            List<String> options = List.of("-proc:none", "-nowarn", "-cp", classPath());
            if (!compiler.getTask(said, classes, null, options, null, units).call()) {
                throw new IllegalStateException("a patched source does not compile:\n" + said);
            }
            return classes.bytes();
        }
    }

    private static String read(String type) throws IOException {
        return Files.readString(Path.of("src/main/java/dev/quorate", type.replace('.', '/') + ".java"));
    }

    /** White space is as the formatter likes it, and says nothing. */
    static String replace(String source, Patch patch) {
        String anySpace = Arrays.stream(patch.shipped().split("\\s+", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("\\s+"));
        Matcher matcher = Pattern.compile(anySpace).matcher(source);
        if (matcher.results().count() != 1) {
            throw new IllegalStateException("not exactly once in " + patch.type() + ": " + patch.shipped());
        }
        return matcher.replaceFirst(Matcher.quoteReplacement(patch.instead()));
    }

    private static String classPath() {
        List<String> places = new ArrayList<>();
        for (Class<?> type : List.of(dev.quorate.protocol.ReplicaCore.class, SimRun.class, Nullable.class)) {
            places.add(Path.of(URI.create(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toString()))
                    .toString());
        }
        return String.join(java.io.File.pathSeparator, places);
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String type, String text) {
            super(URI.create("memory:///dev/quorate/" + type.replace('.', '/') + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** Keeps what the compiler writes. */
    private static final class Classes extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();

        Classes(JavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, @Nullable FileObject sibling) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            written.put(className, bytes);
            return new SimpleJavaFileObject(URI.create("memory:///" + className.replace('.', '/')), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return bytes;
                }
            };
        }

        Map<String, byte[]> bytes() {
            Map<String, byte[]> bytes = new LinkedHashMap<>();
            written.forEach((name, out) -> bytes.put(name, out.toByteArray()));
            return bytes;
        }
    }
}
